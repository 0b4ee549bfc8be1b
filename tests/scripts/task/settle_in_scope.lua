-- Settling inside a scope sees every error, so the scope does not.
-- expect: 2
Task.scope(function()
  local r = Task.settle({ function() Task.sleep(0.01) end, function() error("x") end })
  print(r.n)
end)
