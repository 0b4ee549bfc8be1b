local agent = Agent.create()
agent.execute("Hello!")
