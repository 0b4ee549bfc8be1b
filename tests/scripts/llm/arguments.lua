-- ARGS holds the arguments of the command line.
-- expect: one two
print(ARGS[1] .. " " .. ARGS[2])
