-- Agents with contexts of their own share one model; options of a turn go before the agent's.
-- expect: 100 1
-- expect: 512
-- expect: 200
-- expect: 2
local small = Agent.create({ context_size = 100, max_tokens = 2, on_overflow = "drop_oldest" })
local large = Agent.create({ max_tokens = 2 })
local reply = small:execute("Hello!")
large:execute("Hello!")
local candle = LocalLLM.status().candle
print(reply.metadata.context_size .. " " .. candle.loads)
print(large:execute("Again.").metadata.context_size)
print(small:execute({ text = "More.", context_size = 200 }).metadata.context_size)
-- Its first turn gives way to a long one; what it remembers stays.
local room = 100 - LocalLLM.count_tokens("Hello! More. ") - 40
local words = ""
while LocalLLM.count_tokens(words) < room do words = words .. " word" end
small:reset()
small:execute("Hello! More. And" .. words)
print(small:execute(words).metadata.dropped_messages)
