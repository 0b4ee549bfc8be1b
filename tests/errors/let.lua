let names = { "Ada" }
