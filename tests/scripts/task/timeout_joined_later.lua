-- An error inside Task.timeout can still be joined after it.
-- expect: late
local kept
Task.timeout(60, function()
  kept = Task.start(function() error("late", 0) end)
  Task.sleep(0.01)
end)
local _, problem = pcall(kept.join, kept)
print(problem)
