-- What two tasks use in turn stays whole when a time slice ends in the middle of it.
-- expect: 100000
local next_id = coroutine.wrap(function()
  local i = 0
  while true do
    i = i + 1
    coroutine.yield(i)
  end
end)
local function work()
  local n
  for _ = 1, 20000 do n = next_id() end
  return n
end
local tasks = {}
for i = 1, 5 do tasks[i] = Task.start(work) end
local last = 0
for _, n in ipairs(Task.all(tasks)) do last = math.max(last, n) end
print(last)
