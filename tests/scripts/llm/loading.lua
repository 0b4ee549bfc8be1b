-- A model is loaded and let go as told, and the status says what is there.
-- expect: 0 0 0
-- expect: 1 wisp 0 f16 60.0
-- expect: true true true
-- expect: 0 1 0
-- expect: 0 2
-- expect: 100 100 50
local function candle() return LocalLLM.status().candle end
local before = candle()
print(before.loaded .. " " .. before.loads .. " " .. before.memory_bytes)
LocalLLM.load("wisp", { keep_alive = 60 })
local after = candle()
local wisp = after.loaded_models[1]
print(after.loaded .. " " .. wisp.name .. " " .. wisp.queued .. " " .. wisp.cache_type .. " " .. wisp.keep_alive)
print(tostring(after.memory_bytes == wisp.memory_bytes) .. " "
  .. tostring(wisp.memory_bytes < wisp.reserved_bytes) .. " "
  .. tostring(wisp.reserved_bytes < after.memory_budget_bytes))
LocalLLM.unload("wisp")
after = candle()
print(after.loaded .. " " .. after.loads .. " " .. after.memory_bytes)
-- Kept for no time, it goes with its last answer.
LocalLLM.generate("Once", { max_tokens = 1, keep_alive = 0 })
after = candle()
print(after.loaded .. " " .. after.loads)
-- What it is loaded for holds for whoever does not say.
LocalLLM.load("wisp", { context_size = 100 })
local function context(options) return LocalLLM.generate("Once", options).metadata.context_size end
print(candle().loaded_models[1].context_size .. " " .. context({ max_tokens = 1 }) .. " "
  .. context({ max_tokens = 1, context_size = 50 }))
