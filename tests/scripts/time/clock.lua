-- Times are seconds, written in UTC.
-- expect: true
-- expect: 2001-09-09 01:46:40
-- expect: 00.001
-- expect: Sun Sep  9 01:46:40 2001
-- expect: Time.format: time: expected a time from -9999-01-03 to 9999-12-30, got 1e300
print(Time.now() > 1.7e9 and Time.monotonic() <= Time.monotonic())
print(Time.format(1000000000, "%Y-%m-%d %H:%M:%S"))
print(Time.format(1.001, "%M.%3f"))
print(Time.format(1000000000, "%c"))
local _, problem = pcall(Time.format, 1e300, "%Y")
print((problem:gsub("^.-:%d+: ", "")))
