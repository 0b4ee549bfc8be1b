-- Tools, calls and results go into the text as the template writes them, whatever order a table has.
-- expect: true
-- expect: true
-- expect: true
-- expect: LocalLLM.apply_template: options.tools.item 1: expected map, got string
-- expect: LocalLLM.apply_template: messages.item 1.role: expected string, got nothing
local tool = {
  type = "function",
  ["function"] = {
    name = "get_time",
    description = "The time.",
    parameters = { type = "object", properties = { zone = { type = "string" } } },
  },
}
local request = { type = "function", ["function"] = { name = "get_time", arguments = { zone = "UTC" } } }
local text = LocalLLM.apply_template({
  { role = "user", content = "What time is it?" },
  { role = "assistant", tool_calls = { request } },
  { role = "tool", name = "get_time", content = "12:00" },
}, { tools = { tool } })
local function at(part)
  return text:find(part, 1, true)
end
print(at("get_time") < at("The time."))
print(at("UTC") > at("What time is it?"))
print(at("12:00") > at("UTC"))
local function problem(...)
  local _, message = pcall(LocalLLM.apply_template, ...)
  return (message:gsub("^.-:%d+: ", ""))
end
print(problem({ { role = "user", content = "Hello!" } }, { tools = { "get_time" } }))
print(problem({ { content = "Hello!" } }))
