-- Settling never raises.
-- expect: false true 2
-- expect: 7
local r = Task.settle({ function() error({ code = 7 }) end, function() return 2 end })
print(tostring(r[1].ok) .. " " .. tostring(r[2].ok) .. " " .. r[2].value)
print(r[1].error.code)
