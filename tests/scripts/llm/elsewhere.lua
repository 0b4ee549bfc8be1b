-- What models in this process cannot do is an error that says so, and so is what is no such option.
-- expect: Agent.create: format: candle has no such option; models of Ollama and of remote providers may have it
-- expect: Agent.create: think: candle has no such option; models of Ollama and of remote providers may have it
-- expect: Agent:execute: images: candle has no such option; models of Ollama and of remote providers may have it
-- expect: Agent.create: base_url: candle has no such option; models of Ollama and of remote providers may have it
-- expect: Agent.create: options.format: expected "json" or map of any, got "yaml"
-- expect: Agent.create: options.think: expected boolean or "low" or "medium" or "high", got "deep"
-- expect: LocalLLM.remove: wisp: candle cannot delete what it has not downloaded
-- expect: complete 100 true
-- expect: true
local function problem(f, ...)
  local _, message = pcall(f, ...)
  return (message:gsub("^.-:%d+: ", ""))
end
print(problem(Agent.create, { format = "json" }))
print(problem(Agent.create, { think = true }))
print(problem(function() Agent.create():execute({ text = "Hi", images = { "a.png" } }) end))
print(problem(Agent.create, { base_url = "http://127.0.0.1:1" }))
print(problem(Agent.create, { format = "yaml" }))
print(problem(Agent.create, { think = "deep" }))
print(problem(LocalLLM.remove, "wisp"))
for progress in LocalLLM.pull_streaming("wisp") do
  print(progress.status .. " " .. math.floor(progress.percent_complete) .. " " .. tostring(progress.total_bytes > 0))
end
local known = {}
for _, model in ipairs(LocalLLM.available("candle")) do known[model.name] = model end
print(known["llama3.2:3b"].recommended and #known["llama3.2:3b"].quantizations > 1)
