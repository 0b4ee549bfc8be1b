local function work()
  error("the child fails")
end

Task.start(work):join()
