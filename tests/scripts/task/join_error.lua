-- An error reaches whoever joins, who may catch it.
-- expect: caught true
local t = Task.start(function() error("no luck") end)
local ok, message = pcall(function() return t:join() end)
print("caught " .. tostring(not ok and message:find("no luck") ~= nil))
