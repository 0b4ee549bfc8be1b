-- A task that cancels itself ends there, and nothing catches it.
-- expect: cancelled
local t
t = Task.start(function()
  pcall(function() t:cancel() end)
  print("never")
end)
pcall(function() t:join() end)
print(t:status())
