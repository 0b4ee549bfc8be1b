-- A conversation that is too long loses its oldest turns if that is wanted, never its system prompt or
-- last message; otherwise it is an error with both counts.
-- expect: 0
-- expect: 4 true
-- expect: true
-- expect: 0
-- expect: true
-- expect: true
local messages = { { role = "system", content = "Be brief." } }
local function say(role, content) messages[#messages + 1] = { role = role, content = content } end
for i = 1, 4 do
  say("user", "Question " .. i .. (" word"):rep(20))
  say("assistant", "Answer " .. i)
end
say("user", "The last one.")
local options = { max_tokens = 4, on_overflow = "drop_oldest" }
local whole = LocalLLM.chat(messages, options).metadata
print(whole.dropped_messages)
-- Room for all but two turns.
local kept = { messages[1], table.unpack(messages, 6) }
local prompt = LocalLLM.chat(kept, { max_tokens = 1 }).metadata.tokens.prompt
options.context_size = prompt + 3
local short = LocalLLM.chat(messages, options).metadata
print(short.dropped_messages .. " " .. tostring(short.tokens.prompt == prompt))
-- Room for an answer of a quarter of the context, when nobody says how long it may be.
local context = whole.tokens.prompt
local open = LocalLLM.chat(messages, { context_size = context, on_overflow = "drop_oldest" }).metadata
print(open.dropped_messages > 0 and open.tokens.prompt <= context - context // 4 + 1)
-- A limit of the answer is no reason to leave out a short conversation.
local few = { messages[2], messages[3], messages[#messages] }
print(LocalLLM.chat(few, { max_tokens = 10000, on_overflow = "drop_oldest" }).metadata.dropped_messages)
-- What must stay does not fit.
local function problem(options)
  local _, message = pcall(LocalLLM.chat, messages, options)
  return message
end
options.context_size = 8
print(problem(options):find("tokens, the context holds 8:", 1, true) ~= nil)
options = { context_size = prompt }
local counts = "the prompt has " .. whole.tokens.prompt .. " tokens, the context holds " .. prompt
print(problem(options):find(counts, 1, true) ~= nil)
