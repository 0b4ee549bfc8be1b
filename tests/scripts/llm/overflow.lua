-- A prompt that does not fit says how many tokens there are and how many fit.
-- expect: true
-- expect: LocalLLM.chat: messages: expected at least one, got none
local _, message = pcall(LocalLLM.chat, { { role = "user", content = string.rep("word ", 2000) } })
print(message:find("tokens, the context holds 512", 1, true) ~= nil)
_, message = pcall(LocalLLM.chat, {})
print((message:gsub("^.-:%d+: ", "")))
