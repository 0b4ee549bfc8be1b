-- The first token of one agent, and of 64 more, after the same system prompt of about 1,000 tokens.
local words = {}
for i = 1, 250 do words[i] = "w" .. (i * 7919 % 1000) end
local system = table.concat(words, " ")
local model = ARGS[1]
local function agent() return Agent.create({ model = model, system_prompt = system, max_tokens = 1, temperature = 0 }) end
LocalLLM.load(model)
local start = Time.monotonic()
local one = LocalLLM.generate(system .. " x", { model = model, max_tokens = 1, temperature = 0 })
print(("one: %d prompt tokens, %.1f s"):format(one.metadata.tokens.prompt, Time.monotonic() - start))
start = Time.monotonic()
local tasks = {}
for i = 1, 64 do tasks[i] = function() return LocalLLM.generate(system .. " y" .. i, { model = model, max_tokens = 1, temperature = 0 }) end end
local all = Task.all(tasks)
local computed = 0
for i = 1, 64 do local t = all[i].metadata.tokens computed = computed + t.prompt - t.cached end
print(("64 more: %.1f s, %d tokens computed"):format(Time.monotonic() - start, computed))
