-- Arguments of the wrong type are named, with what was expected.
-- expect: Task.start: function: expected function, got integer
-- expect: Task.sleep: seconds: expected a number of seconds from 0 on, got -1
-- expect: Task.all: tasks.item 2: expected function or Task, got string
-- expect: Task:join: expected no arguments, got 1; it is called as Task:join()
local function problem(f, ...)
  local _, message = pcall(f, ...)
  print((message:gsub("^.-:%d+: ", "")))
end
problem(Task.start, 5)
problem(Task.sleep, -1)
problem(Task.all, { function() end, "x" })
local t = Task.start(function() end)
problem(function() t:join(1) end)
