-- A thousand requests at once are all answered by one model, within its memory.
-- expect: 1000 1
-- expect: true
local asked = {}
for i = 1, 1000 do
  asked[i] = function() return Agent.create({ max_tokens = 4 }):execute("Number " .. i) end
end
local answered = 0
for _, reply in ipairs(Task.all(asked)) do
  local completion = reply.metadata.tokens.completion
  if completion >= 1 and completion <= 4 then answered = answered + 1 end
end
local candle = LocalLLM.status().candle
print(answered .. " " .. candle.loads)
print(candle.memory_bytes <= candle.loaded_models[1].reserved_bytes)
