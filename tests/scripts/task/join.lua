-- A task gives its result to whoever joins it.
-- expect: 3
-- expect: done
local t = Task.start(function(a, b) return a + b end, 1, 2)
print(t:join())
print(t:status())
