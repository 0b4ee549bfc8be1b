-- Pretty text is indented.
-- expect: {
-- expect:   "a": 1
-- expect: }
print(JSON.stringify({ a = 1 }, { pretty = true }))
