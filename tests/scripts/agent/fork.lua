-- A fork has the conversation so far and goes on by itself; what is known to both was computed once.
-- expect: 2 4 4
-- expect: true true
-- expect: true
local options = { system_prompt = ("Answer kindly. "):rep(8), max_tokens = 6, temperature = 0 }
local agent = Agent.create(options)
local first = agent:execute("Who are you?")
local one, other = agent:fork(), agent:fork()
local replies = { one:execute("Where are you?"), other:execute("How are you?") }
print(#agent:history() .. " " .. #one:history() .. " " .. #other:history())
local shared = first.metadata.tokens.total - 1
print(tostring(replies[1].metadata.tokens.cached >= shared) .. " "
  .. tostring(replies[2].metadata.tokens.cached >= shared))
-- The same turn gives the same answer in a fork and without one.
print(agent:execute("How are you?").text == replies[2].text)
