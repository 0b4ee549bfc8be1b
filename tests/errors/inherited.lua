local shared = { __index = { model = "wisp" } }
Agent.create(setmetatable({ max_tokens = 2 }, shared))
