-- What is written is text, or bytes as they are.
-- expect: a b
-- expect: Console.write: text: expected string or bytes, got integer
Console.write("a ")
Console.write("b\n")
local _, problem = pcall(Console.write, 5)
print((problem:gsub("^.-:%d+: ", "")))
