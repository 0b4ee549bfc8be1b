-- A task that its own race cancels ends there.
-- expect: false cancelled
local me
me = Task.start(function()
  Task.sleep(0)
  Task.race({ me, function() return 1 end })
  print("never")
end)
local ended = Task.settle({ me })
print(tostring(ended[1].ok) .. " " .. me:status())
