-- Namespaces and handles.

local native = ...

local next, pairs, select, setmetatable, tostring, type = next, pairs, select, setmetatable, tostring, type
local raise = native.raise

local function copy(t)
  local same = {}
  for key, value in next, t do
    same[key] = value
  end
  return same
end

-- The functions that scripts call for those that give something, and for those that do not.
local function shims(giving, silent)
  local functions = {}
  for name, host in pairs(giving) do
    functions[name] = native.shim(host)
  end
  for name, host in pairs(silent) do
    functions[name] = native.silent_shim(host)
  end
  return functions
end

-- A read-only table of functions.
function native.namespace(name, giving, silent)
  local functions = setmetatable(shims(giving, silent), {
    __index = function(_, key) raise(native.unknown_function(name, key)) end,
  })
  return setmetatable({}, {
    __index = functions,
    __newindex = function(_, key)
      raise("cannot set " .. name .. "." .. tostring(key) .. ": " .. name .. " is read-only")
    end,
    __pairs = function() return next, copy(functions), nil end,
    __tostring = function() return name end,
    __name = name,
    __metatable = false,
  }), functions
end

local kinds = {} -- what the handles of one type share, by its name
local methods_of = setmetatable({}, { __mode = "k" })

local function kind_of(handle)
  local name, iterator = native.kind(handle)
  local kind = kinds[name]
  if not kind then
    local methods = shims(native.methods(handle))
    kind = { methods = methods, iterator = iterator and methods[iterator] }
    kinds[name] = kind
  end
  return kind
end

local function methods(handle)
  local found = kind_of(handle).methods
  methods_of[handle] = found
  return found
end

-- The metatable of handles.
native.handle = {}

function native.handle.__index(handle, key)
  local method = (methods_of[handle] or methods(handle))[key]
  if method ~= nil then return method end
  raise(native.unknown_method(handle, key))
end

function native.handle.__newindex(handle, key)
  raise("cannot set the field " .. tostring(key) .. " of " .. tostring(handle))
end

-- `for x in handle do`
function native.handle.__call(handle)
  local iterator = kind_of(handle).iterator
  if iterator == nil then
    raise("cannot call or iterate over " .. tostring(handle) .. "; its methods are called with a colon")
  end
  return iterator(handle)
end

local function operand(value)
  local kind = type(value)
  if kind == "nil" or kind == "boolean" or kind == "function" then
    raise("attempt to concatenate a " .. kind .. " value")
  end
  return tostring(value)
end

local function joined(a, b)
  local left, right = operand(a), operand(b)
  return left .. right
end

function native.handle.__concat(a, b) return joined(a, b) end
function native.handle.__eq(a, b) return native.same(a, b) end
native.handle.__tostring = native.shim(native.handle_text)

-- The metatables of lists and maps from the host. A list that holds nil has its length in `n`; of
-- any other one, `n` is the length too.
native.list = {
  __name = "list",
  __tostring = native.display,
  __concat = joined,
  __index = function(list, k)
    if k == "n" then return rawlen(list) end
  end,
}
native.map = { __name = "map", __tostring = native.display, __concat = joined }

-- What scripts see of these two, which all lists and maps share: a change there changes nothing.
local seen = { [native.list] = copy(native.list), [native.map] = copy(native.map) }
local raw_getmetatable = getmetatable

function native.getmetatable(...)
  if select("#", ...) == 0 then raise("bad argument #1 to 'getmetatable' (value expected)") end
  local metatable = raw_getmetatable(...)
  return seen[metatable] or metatable
end
