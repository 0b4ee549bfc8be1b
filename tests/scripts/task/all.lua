-- Results come in order, also nothing at all.
-- expect: first nothing third
-- expect: 3
local r = Task.all({
  function() Task.sleep(0.02) return "first" end,
  function() return nil end,
  function() return "third" end,
})
print(r[1] .. " " .. (r[2] or "nothing") .. " " .. r[3])
print(r.n)
