-- A task that cancels the owner of its scope ends there, and starts nothing more.
-- expect: cancelled
local job
job = Task.start(function()
  Task.timeout(5, function()
    pcall(job.cancel, job)
    print("goes on")
    Task.start(function() print("orphan") end)
  end)
end)
pcall(job.join, job)
Task.sleep(0.01)
print(job:status())
