-- A conversation is written as the model was trained to read it.
-- expect: true
local text = LocalLLM.apply_template({ { role = "user", content = "Hi" } })
print(text:find("<|im_start|>user\nHi<|im_end|>", 1, true) ~= nil)
