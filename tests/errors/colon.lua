Agent:create({ temperature = 0 })
