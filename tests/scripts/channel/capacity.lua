-- A full channel makes its senders wait, and they go in order.
-- expect: done running running
-- expect: 1 2 3
-- expect: cancelled
local ch = Channel.create(1)
local senders = {}
for i = 1, 3 do
  senders[i] = Task.start(function() ch:send(i) end)
end
local late = Task.start(function() ch:send(4) end)
Task.sleep(0.001)
print(senders[1]:status() .. " " .. senders[2]:status() .. " " .. senders[3]:status())
late:cancel()
print(ch:receive() .. " " .. ch:receive() .. " " .. ch:receive())
print(late:status())
