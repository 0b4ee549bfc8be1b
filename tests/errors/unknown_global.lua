Agnet.create()
