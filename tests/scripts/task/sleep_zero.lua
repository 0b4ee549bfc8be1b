-- Sleeping for no time lets the others run.
-- expect: other
-- expect: main
Task.start(function() print("other") end)
Task.sleep(0)
print("main")
