-- A reply tells how likely each of its tokens was, and a stream tells it beside the text.
-- expect: one for each token: true
-- expect: their texts are the text: true
-- expect: none above 0: true
-- expect: greedy takes the likeliest: true
-- expect: three in each place: true
-- expect: likeliest first: true
-- expect: temperature changes nothing: true
-- expect: not asked for: nothing
-- expect: in a stream the same: true
-- expect: the last chunk has the end: true
local options = { temperature = 0, logprobs = true, top_logprobs = 3 }
local reply = Agent.create(options):execute("Who are you?")
local tokens = reply.logprobs
print("one for each token: " .. tostring(#tokens == reply.metadata.tokens.completion))
local text, below, greedy, three, sorted = "", true, true, true, true
for i, t in ipairs(tokens) do
  if i < #tokens then text = text .. t.token end
  below = below and t.logprob <= 0
  greedy = greedy and t.top[1].id == t.id and t.top[1].logprob == t.logprob
  three = three and #t.top == 3
  sorted = sorted and t.top[1].logprob >= t.top[2].logprob and t.top[2].logprob >= t.top[3].logprob
end
print("their texts are the text: " .. tostring(text == reply.text))
print("none above 0: " .. tostring(below))
print("greedy takes the likeliest: " .. tostring(greedy))
print("three in each place: " .. tostring(three))
print("likeliest first: " .. tostring(sorted))
local hot = Agent.create({ temperature = 5, top_k = 1, logprobs = true }):execute("Who are you?")
print("temperature changes nothing: " .. tostring(hot.logprobs[1].logprob == tokens[1].logprob))
print("not asked for: " .. tostring(Agent.create({ temperature = 0 }):execute("Who are you?").logprobs or "nothing"))
local count, last, beside = 0, nil, true
for chunk in Agent.create(options):execute_streaming("Who are you?") do
  last = chunk.content
  for _, t in ipairs(last.logprobs) do
    count = count + 1
    beside = beside and t.id == tokens[count].id and t.logprob == tokens[count].logprob
  end
end
print("in a stream the same: " .. tostring(beside and count == #tokens))
print("the last chunk has the end: " .. tostring(last.type == "done" and #last.logprobs == 1))
