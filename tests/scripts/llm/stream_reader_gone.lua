-- A stream whose reader was cancelled has ended.
-- expect: Stream(ended)
-- expect: nothing
local stream = Agent.create({ temperature = 0 }):execute_streaming("Tell me a joke.")
local reader = Task.start(function()
  for _ in stream do end
end)
Task.sleep(0)
reader:cancel()
print(stream)
print(stream:next() or "nothing")
