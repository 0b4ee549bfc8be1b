-- Vectors for a text and for a list of texts, by a tiny model with random weights.
-- expect: 32 1.0
-- expect: 2 true
-- expect: 0
-- expect: bert
-- expect: LocalLLM.embed: text 1 has 32 tokens, the model reads at most 24 at once: cut it into parts, or use a model with a larger context
-- expect: LocalLLM.embed: text: expected string or list of string, got integer
-- expect: LocalLLM.embed: wisp is a model that writes text; for vectors take an embedding model such as bge-small-en:v1.5
local model = "runtime/inference/tests/fixtures/bert/tiny.gguf"
local function product(a, b)
  local sum = 0
  for i = 1, #a do sum = sum + a[i] * b[i] end
  return sum
end
local cat = LocalLLM.embed("the cat", { model = model })
print(#cat .. " " .. string.format("%.1f", product(cat, cat)))
local both = LocalLLM.embed({ "the cat", "the dog" }, { model = model })
print(#both .. " " .. tostring(product(cat, both[1]) > product(cat, both[2])))
print(#LocalLLM.embed({}, { model = model }))
print(LocalLLM.info(model).architecture)
local function problem(...)
  local _, message = pcall(LocalLLM.embed, ...)
  print((message:gsub("^.-:%d+: ", "")))
end
problem(("the "):rep(30), { model = model })
problem(5)
problem("the cat", { model = "wisp" })
