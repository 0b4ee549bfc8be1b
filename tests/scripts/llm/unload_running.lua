-- Unloading lets a running answer come to its end; what comes after loads the model again.
-- expect: true
-- expect: 0
-- expect: true
-- expect: 2
local options = { max_tokens = 60, temperature = 0 }
local whole = LocalLLM.generate("Once upon a time", options).text
local stream = LocalLLM.generate_streaming("Once upon a time", options)
local text = stream:next().content.text
print(LocalLLM.status().candle.loaded_models[1].idle_seconds == nil)
LocalLLM.unload("wisp")
print(LocalLLM.status().candle.loaded)
for chunk in stream do text = text .. (chunk.content.text or "") end
print(text == whole and LocalLLM.generate("Once upon a time", options).text == whole)
print(LocalLLM.status().candle.loads)
