-- If the main script fails, its tasks are cancelled.
-- error: main gave up
Task.start(function()
  Task.sleep(60)
  print("never")
end)
error("main gave up")
