Task.start(function()
  error("nobody listens")
end)
