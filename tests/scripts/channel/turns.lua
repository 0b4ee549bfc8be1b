-- Whoever comes goes behind those who wait, also behind one whose turn has come.
-- expect: ababab
local lock, order = Channel.create(1), {}
lock:send(true)
local function work(name)
  return Task.start(function()
    for _ = 1, 3 do
      lock:receive()
      Task.sleep(0)
      order[#order + 1] = name
      lock:send(true)
    end
  end)
end
Task.all({ work("a"), work("b") })
print(table.concat(order))
