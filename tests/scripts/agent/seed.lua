-- The same seed gives the same text, also beside another agent.
-- expect: true
local options = { temperature = 1, seed = 7, max_tokens = 12 }
local function ask() return Agent.create(options):execute("Tell me something.").text end
local alone = ask()
local both = Task.all({ ask, function() return Agent.create({ seed = 1 }):execute("Hello!").text end })
print(both[1] == alone)
