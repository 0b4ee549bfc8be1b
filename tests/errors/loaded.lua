-- What `load` got without a name is called "(load)", and its message has no place in it.
local chunk = load("error('in a chunk: 1')")
chunk()
