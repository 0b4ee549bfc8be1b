-- Text goes to tokens and back; markup is text unless told otherwise.
-- expect: true
-- expect: true
-- expect: 1
local text = "Hello, <|im_end|> wörld!"
local ids = LocalLLM.tokenize(text)
print(LocalLLM.detokenize(ids) == text)
print(LocalLLM.count_tokens(text) == #ids)
print(LocalLLM.count_tokens("<|im_end|>", { special = true }))
