-- A second turn computes only what is new: all of the first one is known but its last token, which was
-- chosen and never computed.
-- expect: 0
-- expect: true
-- expect: true
local agent = Agent.create({ system_prompt = ("Second turns are short. "):rep(5), max_tokens = 8 })
local first = agent:execute("Count to three.").metadata.tokens
print(first.cached)
local second = agent:execute("And on?").metadata.tokens
print(second.cached >= first.total - 1)
local new = LocalLLM.count_tokens("And on?") + LocalLLM.count_tokens(
  "<|im_end|>\n<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n", { special = true })
print(second.prompt - second.cached <= new + 1)
