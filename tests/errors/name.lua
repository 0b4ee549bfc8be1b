Agent.creat({})
