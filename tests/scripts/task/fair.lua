-- A task that computes does not starve the others.
-- expect: the other ran first
local order = {}
local busy = Task.start(function()
  local n = 0
  for i = 1, 3000000 do n = n + i % 7 end
  order[#order + 1] = "busy"
end)
local other = Task.start(function() order[#order + 1] = "other" end)
Task.all({ busy, other })
print(order[1] == "other" and "the other ran first" or "starved")
