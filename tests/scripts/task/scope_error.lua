-- An error inside a scope cancels the rest of it.
-- expect: raised
-- expect: cancelled
local slow
local ok = pcall(Task.scope, function()
  slow = Task.start(function() Task.sleep(60) end)
  Task.start(function() error("inside") end)
  Task.sleep(60)
end)
print(ok and "missed" or "raised")
print(slow:status())
