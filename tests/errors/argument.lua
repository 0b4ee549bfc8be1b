Agent.create({ temperature = "hot" })
