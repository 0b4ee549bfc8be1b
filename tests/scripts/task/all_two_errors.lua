-- The first error is raised; that of another task, which has failed as well, needs nobody to join it.
-- expect: a
-- expect: 1
local ok, problem = pcall(Task.all, {
  function() error("a", 0) end,
  function() error("b", 0) end,
})
print(problem)
print(Task.race({
  function() return 1 end,
  function() error("b", 0) end,
}))
