-- Values come out in the order in which they went in.
-- expect: 1
-- expect: 2
-- expect: 3
local ch = Channel.create(1)
Task.start(function()
  for i = 1, 3 do ch:send(i) end
  ch:close()
end)
for value in ch do print(value) end
