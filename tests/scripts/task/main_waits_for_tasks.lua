-- A run ends when its last task has ended.
-- expect: main is done
-- expect: task is done
Task.start(function()
  Task.sleep(0.01)
  print("task is done")
end)
print("main is done")
