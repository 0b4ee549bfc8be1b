-- Reading a line lets other tasks go on, and ends with the input.
-- input: Ada
-- expect: Hello, Ada
-- expect: end
local name = Console.read_line("Your name? ")
print("Hello, " .. name)
print(Console.read_line() or "end")
