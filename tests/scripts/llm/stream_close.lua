-- A closed stream gives nothing more.
-- expect: nothing
local stream = LocalLLM.generate_streaming("Once upon a time", { max_tokens = 50 })
stream:next()
stream:close()
print(stream:next() or "nothing")
