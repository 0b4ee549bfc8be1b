-- A channel captured by several closures works while another task waits on it.
-- expect: got 1
-- expect: got 2
-- expect: ended
local ch = Channel.create()
local reader = Task.start(function()
  for value in ch do print("got " .. value) end
  print("ended")
end)
Task.start(function() ch:send(1) end):join()
Task.start(function() ch:send(2) ch:close() end)
reader:join()
