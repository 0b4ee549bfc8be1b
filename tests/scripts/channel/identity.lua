-- What goes through a channel is the same value, not a copy.
-- expect: 2
local ch = Channel.create()
local box = { count = 1 }
ch:send(box)
local same = ch:receive()
same.count = same.count + 1
print(box.count)
