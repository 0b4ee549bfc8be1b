-- Every sampler changes the text, and an agent's options hold for all turns until one overrides them.
-- expect: plain true
-- expect: top_k true
-- expect: top_p true
-- expect: min_p true
-- expect: typical_p true
-- expect: bias forces true
-- expect: bias bans true
-- expect: repeat_penalty true
-- expect: frequency_penalty true
-- expect: presence_penalty true
-- expect: no window true
-- expect: dry true
-- expect: mirostat true
-- expect: inherited true
-- expect: overridden true
local function say(options)
  local all = { max_tokens = 24, temperature = 0 }
  for name, value in pairs(options) do all[name] = value end
  return LocalLLM.generate("Once upon a time", all).text
end
local greedy = say({})
local again = "one two three one two three one two three one two three one two"
local function continue(options)
  local all = { max_tokens = 4, temperature = 0 }
  for name, value in pairs(options) do all[name] = value end
  return LocalLLM.generate(again, all).text
end
-- A temperature at which chance alone would draw something else.
local hot = { temperature = 3, seed = 3 }
local function with(options)
  for name, value in pairs(hot) do options[name] = value end
  return options
end
print("plain " .. tostring(say(with({ top_k = 0, top_p = 1, min_p = 0 })) ~= greedy))
print("top_k " .. tostring(say(with({ top_k = 1 })) == greedy))
print("top_p " .. tostring(say(with({ top_p = 0 })) == greedy))
print("min_p " .. tostring(say(with({ min_p = 1 })) == greedy))
print("typical_p " .. tostring(say(with({ typical_p = 0.1 })) ~= say(hot)))
local x = LocalLLM.tokenize("x")
print("bias forces " .. tostring(say({ logit_bias = { [x[1]] = 100 }, max_tokens = 3 }):find("x") ~= nil))
local first = LocalLLM.generate("Once upon a time", { max_tokens = 1, temperature = 0, logprobs = true })
local banned = { [first.logprobs[1].id] = -100 }
print("bias bans " .. tostring(say({ logit_bias = banned }) ~= greedy))
local repeated = continue({})
print("repeat_penalty " .. tostring(continue({ repeat_penalty = 10 }) ~= repeated))
print("frequency_penalty " .. tostring(continue({ frequency_penalty = 2 }) ~= repeated))
print("presence_penalty " .. tostring(continue({ presence_penalty = 2 }) ~= repeated))
print("no window " .. tostring(continue({ repeat_penalty = 10, repeat_last_n = 0 }) == repeated))
local forced = { logit_bias = { [x[1]] = 50 }, max_tokens = 8 }
local same = say(forced)
forced.dry_multiplier, forced.dry_allowed_length = 50, 1
print("dry " .. tostring(say(forced) ~= same))
print("mirostat " .. tostring(say({ temperature = 1, mirostat = 2, mirostat_tau = 0.01, mirostat_eta = 1, seed = 1 }) == greedy))
local agent = Agent.create({ temperature = 0, logit_bias = banned, logprobs = true, memory = false, max_tokens = 2 })
print("inherited " .. tostring(agent:execute("Hello!").logprobs ~= nil))
print("overridden " .. tostring(agent:execute({ text = "Hello!", logprobs = false }).logprobs == nil))
