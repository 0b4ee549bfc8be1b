-- A closed channel refuses to send and ends for whoever receives.
-- expect: Channel:send: the channel is closed
-- expect: Channel:send: value: expected a value, got nothing, which marks the end of a channel
-- expect: nothing
local ch = Channel.create()
local function problem(f)
  local _, message = pcall(f)
  print((message:gsub("^.-:%d+: ", "")))
end
local open = Channel.create()
ch:close()
problem(function() ch:send(1) end)
problem(function() open:send(nil) end)
print(ch:receive() or "nothing")
