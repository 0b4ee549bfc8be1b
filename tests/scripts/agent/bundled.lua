-- The bundled model answers under its short name and under its full one.
-- expect: 1 + 1 = 2.
-- expect: true
local short = Agent.create({ model = "wisp" }):execute("What is 1 + 1?")
local full = Agent.create({ model = "local/wisp" }):execute("What is 1 + 1?")
print(full.text)
print(full.text == short.text and full.metadata.model == short.metadata.model)
