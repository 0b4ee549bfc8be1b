-- The first to finish wins; the others are cancelled.
-- expect: quick
-- expect: cancelled
local slow = Task.start(function() Task.sleep(60) return "slow" end)
print(Task.race({ slow, function() Task.sleep(0.01) return "quick" end }))
print(slow:status())
