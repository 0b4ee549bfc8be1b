-- What a function started ends with its time limit.
-- expect: end
pcall(Task.timeout, 0.01, function()
  Task.start(function() Task.sleep(0.03) print("never") end)
  Task.sleep(60)
end)
Task.sleep(0.05)
print("end")
