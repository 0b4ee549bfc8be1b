-- What is no JSON, or cannot be, says why.
-- expect: JSON.parse: expected value at line 1 column 2
-- expect: JSON.stringify: a: expected a value that JSON can hold, got function
-- expect: JSON.stringify: options: unknown option "prety"; did you mean "pretty"?
-- expect: JSON.stringify: options.indent: with pretty = false there is nothing to indent; leave one of them out
local function problem(f, ...)
  local _, message = pcall(f, ...)
  print((message:gsub("^.-:%d+: ", "")))
end
problem(JSON.parse, "[}")
problem(JSON.stringify, { a = function() end })
problem(JSON.stringify, 1, { prety = true })
problem(JSON.stringify, 1, { pretty = false, indent = 2 })
