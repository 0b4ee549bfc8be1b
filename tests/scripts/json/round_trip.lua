-- JSON goes out as it came in, with keys in order.
-- expect: {"a":[],"b":{"c":[1,2.5,"x",true]}}
-- expect: {"empty":{}}
print(JSON.stringify(JSON.parse('{"b": {"c": [1, 2.5, "x", true]}, "a": []}')))
print(JSON.stringify({ empty = {} }))
