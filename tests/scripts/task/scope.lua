-- A scope waits for everything that was started inside it.
-- expect: inside
-- expect: body
-- expect: after
print(Task.scope(function()
  Task.start(function() print("inside") end)
  Task.sleep(0.01)
  return "body"
end))
print("after")
