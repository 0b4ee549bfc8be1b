-- What many agents are all told is computed once.
-- expect: 64
-- expect: true
-- expect: 1
local told = ""
repeat told = told .. "You answer in few words. " until LocalLLM.count_tokens(told) >= 400
local agents = {}
for i = 1, 64 do
  local agent = Agent.create({ system_prompt = told, max_tokens = 1 })
  agents[i] = function() return agent:execute("Number " .. i).metadata.tokens end
end
local counts, computed, longest = Task.all(agents), 0, 0
for _, tokens in ipairs(counts) do
  computed = computed + tokens.prompt - tokens.cached
  longest = math.max(longest, tokens.prompt)
end
print(#counts)
-- One prompt, and for each of the others its own words and less than a page of 32 tokens.
local own = LocalLLM.count_tokens("Number 64") + 16
print(longest > 400 and computed <= longest + 63 * (own + 32))
print(LocalLLM.status().candle.loads)
