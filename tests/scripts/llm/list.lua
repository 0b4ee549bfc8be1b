-- The bundled model is listed and can be asked about.
-- expect: wisp candle true
-- expect: llama true
local wisp = LocalLLM.list("candle")[1]
print(wisp.name .. " " .. wisp.backend .. " " .. tostring(wisp.bundled))
local info = LocalLLM.info("local/wisp")
print(info.architecture .. " " .. tostring(info.size_bytes == wisp.size_bytes))
