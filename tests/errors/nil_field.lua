local door = {}
door.open()
