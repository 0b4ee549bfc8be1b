-- Wrong options and models that are not there say what to do.
-- expect: Agent.create: options.temperature: expected number, got string
-- expect: Agent.create: options: unknown option "temprature"; did you mean "temperature"?
-- expect: Agent.create: missing.gguf: no such file; check the path
-- expect: LocalLLM.generate: options.max_tokens: expected integer of at least 0, got -5
-- expect: true
-- expect: LocalLLM.chat: messages.item 1.role: expected "system" or "user" or "assistant" or "tool", got "usr"; did you mean "user"?
local function problem(f, ...)
  local _, message = pcall(f, ...)
  print((message:gsub("^.-:%d+: ", "")))
end
problem(Agent.create, { temperature = "hot" })
problem(Agent.create, { temprature = 1 })
problem(Agent.create, { model = "missing.gguf" })
problem(LocalLLM.generate, "x", { max_tokens = -5 })
local _, unknown = pcall(LocalLLM.generate, "x", { model = "WSIP" })
print(unknown:find('; did you mean "wisp"? If not, look for it with', 1, true) ~= nil)
problem(LocalLLM.chat, { { role = "usr", content = "x" } })
