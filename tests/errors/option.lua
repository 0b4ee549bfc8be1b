Agent.create({ temprature = 0.5 })
