-- A deadlock inside of a group of tasks is an error too, and ends the group.
-- expect: all true
-- expect: settle true
-- expect: race true
-- expect: scope true
local ch = Channel.create()
local function wait() ch:receive() end
for _, name in ipairs({ "all", "settle", "race", "scope" }) do
  local f = Task[name]
  local ok, message = pcall(f, name == "scope" and wait or { wait })
  print(name .. " " .. tostring(not ok and message:find("deadlock") ~= nil))
end
