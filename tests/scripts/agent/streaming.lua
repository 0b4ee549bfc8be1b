-- The chunks of a stream are the answer, and the last one says how it went.
-- expect: true
-- expect: candle length 6
local options = { temperature = 0, max_tokens = 6 }
local whole = Agent.create(options):execute("Who are you?")
local text, last = "", nil
for chunk in Agent.create(options):execute_streaming("Who are you?") do
  text = text .. (chunk.content.text or "")
  last = chunk.content
end
print(text == whole.text)
print(last.metadata.provider .. " " .. last.metadata.finish_reason .. " " .. last.metadata.tokens.completion)
