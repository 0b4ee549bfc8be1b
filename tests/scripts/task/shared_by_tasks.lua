-- What two tasks use in turn stays whole when a time slice ends in the middle of it.
-- expect: 40000
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
local a, b = Task.start(work), Task.start(work)
print(math.max(a:join(), b:join()))
