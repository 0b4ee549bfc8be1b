-- An error that nobody joins inside Task.timeout is reported.
-- expect: end
-- error: lost
Task.timeout(60, function()
  Task.start(function() error("lost") end)
  Task.sleep(0.01)
end)
print("end")
