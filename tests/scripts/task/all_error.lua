-- The first error cancels the others and is raised.
-- expect: raised
-- expect: cancelled
local slow = Task.start(function() Task.sleep(60) end)
local ok = pcall(Task.all, { slow, function() error("broken") end })
print(ok and "missed" or "raised")
print(slow:status())
