-- An agent that answers as it writes, then two agents at the same time.
local agent = Agent.create({ system_prompt = "You are a friendly guide.", temperature = 0 })

Console.write("You:   What is llmspell?\nAgent: ")
for chunk in agent:execute_streaming("What is llmspell?") do
  if chunk.content.type == "text" then
    Console.write(chunk.content.text)
    Console.flush()
  end
end
print()

-- Each function becomes a task; both agents share one loaded model.
local function ask(question)
  return function()
    return Agent.create({ temperature = 0 }):execute(question)
  end
end

local questions = { "What is Lua?", "What is 7 + 5?" }
local replies = Task.all({ ask(questions[1]), ask(questions[2]) })
for i, reply in ipairs(replies) do
  print(questions[i], reply.text)
  print(string.format("  (%d tokens, %.0f a second, %s)", reply.metadata.tokens.completion,
    reply.metadata.tokens_per_second, reply.metadata.model))
end
