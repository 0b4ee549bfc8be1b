-- A stream has one reader at a time; another one is refused and changes nothing.
-- expect: false false false
-- expect: done
local stream = Agent.create({ temperature = 0 }):execute_streaming("Tell me a joke.")
local reader = Task.start(function()
  local last
  for chunk in stream do last = chunk.content.type end
  return last
end)
Task.sleep(0)
local first, second = pcall(stream.next, stream), pcall(stream.next, stream)
print(tostring(first) .. " " .. tostring(second) .. " " .. tostring((pcall(stream.close, stream))))
print(reader:join())
