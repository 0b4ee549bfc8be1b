-- Lists, maps and handles print readably.
-- expect: Channel(0 waiting)
-- expect: in text: Channel(0 waiting)
local ch = Channel.create()
print(ch)
print("in text: " .. ch)
