-- An error inside a scope is raised also when nobody keeps its task.
-- expect: raised
local ok = pcall(Task.scope, function()
  Task.start(function()
    Task.sleep(0)
    error("forgotten")
  end)
  collectgarbage()
  Task.start(function() Task.sleep(60) end)
end)
print(ok and "missed" or "raised")
