-- An error that Task.timeout leaves behind ends the scope around it.
-- expect: lost
local kept
local _, problem = pcall(Task.scope, function()
  Task.timeout(60, function()
    kept = Task.start(function() error("lost", 0) end)
    Task.sleep(0.01)
  end)
  Task.sleep(60)
end)
print(problem)
