-- A task that its own race cancels ends there, also when another has won already.
-- expect: cancelled
local done = Task.start(function() return 1 end)
local me
me = Task.start(function()
  Task.race({ done, me })
  print("never")
end)
Task.settle({ me })
print(me:status())
