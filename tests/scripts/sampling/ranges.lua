-- Values out of range and options that contradict each other are errors, also for one turn.
-- expect: Agent.create: temperature: expected a number of at least 0, got -1
-- expect: Agent.create: temperature: expected a number of at least 0, got NaN
-- expect: Agent.create: top_p: expected a number from 0 to 1, got inf
-- expect: Agent.create: min_p: expected a number from 0 to 1, got 1.5
-- expect: Agent.create: typical_p: expected a number from 0 to 1, got -0.5
-- expect: Agent.create: repeat_penalty: expected a number above 0, got 0
-- expect: Agent.create: frequency_penalty: expected a number from -2 to 2, got 3
-- expect: Agent.create: presence_penalty: expected a number from -2 to 2, got -3
-- expect: Agent.create: repeat_last_n: expected an integer of at least -1, got -2
-- expect: Agent.create: dry_multiplier: expected a number of at least 0, got -1
-- expect: Agent.create: dry_allowed_length: expected at least 1, got 0
-- expect: Agent.create: mirostat: expected 0 or 2, got 1
-- expect: Agent.create: mirostat_eta: expected a number from 0 to 1, got 2
-- expect: Agent.create: temperature: expected a number above 0 beside mirostat, got 0
-- expect: Agent.create: top_p: expected 1 or none beside mirostat, which replaces it, got 0.9
-- expect: Agent.create: mirostat_tau: expected mirostat = 2 beside it, got 5 alone
-- expect: Agent.create: dry_base: expected dry_multiplier beside it, got 2 alone
-- expect: Agent.create: top_logprobs: expected logprobs = true beside it, got 2 alone
-- expect: Agent.create: top_logprobs: expected an integer from 0 to 20, got 21
-- expect: Agent.create: logit_bias: expected numbers from -100 to 100, got 101
-- expect: Agent.create: options.logit_bias: expected integers from 0 as keys, got "the"
-- expect: Agent.create: options.logit_bias.7: expected number, got boolean
-- expect: Agent.create: max_tokens: expected at least 1, got 0
-- expect: Agent.create: stop: expected texts that are not empty, got an empty string
-- expect: Agent.create: context_size: expected at least 1, got 0
-- expect: Agent.create: format: candle has no such option; models of Ollama and of remote providers may have it
-- expect: Agent:execute: temperature: expected a number of at least 0, got -1
-- expect: Agent:execute: top_k: expected 0 or none beside mirostat, which replaces it, got 5
-- expect: LocalLLM.generate: stop: expected texts that are not empty, got an empty string
-- expect: LocalLLM.generate: max_tokens: expected at least 1, got 0
-- expect: LocalLLM.generate: logit_bias: expected tokens that the model has, got token 4000000
local function problem(f, ...)
  local _, message = pcall(f, ...)
  print((message:gsub("^.-:%d+: ", "")))
end
problem(Agent.create, { temperature = -1 })
problem(Agent.create, { temperature = 0 / 0 })
problem(Agent.create, { top_p = math.huge })
problem(Agent.create, { min_p = 1.5 })
problem(Agent.create, { typical_p = -0.5 })
problem(Agent.create, { repeat_penalty = 0 })
problem(Agent.create, { frequency_penalty = 3 })
problem(Agent.create, { presence_penalty = -3 })
problem(Agent.create, { repeat_penalty = 1.1, repeat_last_n = -2 })
problem(Agent.create, { dry_multiplier = -1 })
problem(Agent.create, { dry_multiplier = 1, dry_allowed_length = 0 })
problem(Agent.create, { mirostat = 1 })
problem(Agent.create, { temperature = 1, mirostat = 2, mirostat_eta = 2 })
problem(Agent.create, { temperature = 0, mirostat = 2 })
problem(Agent.create, { temperature = 1, mirostat = 2, top_p = 0.9 })
problem(Agent.create, { mirostat_tau = 5 })
problem(Agent.create, { dry_base = 2 })
problem(Agent.create, { top_logprobs = 2 })
problem(Agent.create, { logprobs = true, top_logprobs = 21 })
problem(Agent.create, { logit_bias = { [7] = 101 } })
problem(Agent.create, { logit_bias = { the = 1 } })
problem(Agent.create, { logit_bias = { [7] = true } })
problem(Agent.create, { max_tokens = 0 })
problem(Agent.create, { stop = "" })
problem(Agent.create, { context_size = 0 })
problem(Agent.create, { format = "json" })
local agent = Agent.create({ temperature = 1, mirostat = 2 })
problem(function() agent:execute({ text = "Hello!", temperature = -1 }) end)
problem(function() agent:execute({ text = "Hello!", top_k = 5 }) end)
problem(LocalLLM.generate, "Hello!", { stop = "" })
problem(LocalLLM.generate, "Hello!", { max_tokens = 0 })
problem(LocalLLM.generate, "Hello!", { logit_bias = { [4000000] = 1 } })
