-- What takes too long is cancelled with an error; what does not gives its result.
-- expect: 42
-- expect: true
print(Task.timeout(60, function() return 42 end))
local ok, message = pcall(Task.timeout, 0.01, function() Task.sleep(60) end)
print(not ok and message:find("not done after 0.01 s", 1, true) ~= nil)
