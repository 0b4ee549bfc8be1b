-- An agent remembers its turns until it is reset.
-- expect: 2 user assistant
-- expect: 4
-- expect: 0
local agent = Agent.create({ temperature = 0, max_tokens = 4 })
agent:execute("Hello!")
local history = agent:history()
print(#history .. " " .. history[1].role .. " " .. history[2].role)
agent:execute("And again.")
print(#agent:history())
agent:reset()
print(#agent:history())
