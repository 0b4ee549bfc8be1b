-- An error that nobody joins is reported; the run goes on.
-- expect: after
-- error: nobody listens
Task.start(function() error("nobody listens") end)
Task.sleep(0.01)
print("after")
