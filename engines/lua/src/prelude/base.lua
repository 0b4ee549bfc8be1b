-- The basic functions that differ from stock Lua, and the body that every task runs in.

local native, raw = ...

local getmetatable, pcall, rawequal, rawget = getmetatable, pcall, rawequal, rawget
local match = string.match
local tostring, type = tostring, type
local raw_xpcall, raw_setmetatable, raw_load = raw.xpcall, raw.setmetatable, raw.load
local raw_collectgarbage = raw.collectgarbage
local doomed, raise = native.doomed, native.raise

local function bad_argument(index, name, expected, got)
  raise("bad argument #" .. index .. " to '" .. name .. "' (" .. expected .. " expected, got " .. type(got) .. ")")
end

_G.getmetatable = native.getmetatable

-- A task that must end runs no error handler: it would run with the instruction hook off.
function xpcall(f, handler, ...)
  if type(handler) ~= "function" then bad_argument(2, "xpcall", "function", handler) end
  return raw_xpcall(f, function(err)
    if doomed() then return err end
    return handler(err)
  end, ...)
end

-- Finalizers run at any time, of any task, with the instruction hook off. Lua finalizes an object
-- only if its metatable has `__gc` when it is set, so that checking here covers a `__gc` that is
-- added later too: it never runs.
function setmetatable(t, metatable)
  if type(t) ~= "table" then bad_argument(1, "setmetatable", "table", t) end
  if type(metatable) == "table" then
    if rawget(metatable, "__gc") ~= nil then
      raise("__gc is not available: use a <close> variable, or release the resource in a function")
    end
  elseif metatable ~= nil then
    bad_argument(2, "setmetatable", "nil or table", metatable)
  end
  local old = getmetatable(t)
  if old ~= nil and type(old) ~= "table" then raise("cannot change a protected metatable") end
  return raw_setmetatable(t, metatable)
end

-- Text only: nothing checks that bytecode is sane.
function load(chunk, name, mode, ...)
  if type(chunk) ~= "string" and type(chunk) ~= "function" then
    bad_argument(1, "load", "string or function", chunk)
  elseif name ~= nil and type(name) ~= "string" then
    bad_argument(2, "load", "string", name)
  elseif name and match(name, "^[^\0]*") == "=[llmspell]" then -- it ends before a zero
    raise("load: the name =[llmspell] is taken") -- its code is never interrupted
  elseif mode ~= nil and mode ~= "t" and mode ~= "bt" then
    raise('load: only text can be loaded, so the mode must be "t"')
  end
  return raw_load(chunk, name, "t", ...)
end

function collectgarbage(option)
  option = option or "collect"
  if option ~= "collect" and option ~= "step" and option ~= "count" then
    raise('collectgarbage: expected "collect", "step" or "count"')
  end
  return raw_collectgarbage(option)
end

local write = native.shim(native.write)

function print(...)
  write(native.show(...) .. "\n")
end

io = { write = native.shim(native.write_all), read = native.shim(native.read) }

debug = {}

function debug.traceback(...)
  local co, message, level = ...
  if type(co) ~= "thread" then
    co, message, level = nil, ...
  end
  if message ~= nil and type(message) ~= "string" and type(message) ~= "number" then
    return message
  end
  return native.traceback(co, message, level)
end

local function description(err)
  if type(err) == "string" then return err end
  local metatable = getmetatable(err)
  if type(metatable) == "table" and rawget(metatable, "__tostring") then
    local ok, text = pcall(tostring, err)
    if ok then return text end
  end
  return "error value: " .. native.display(err)
end

local function ended(last, ok, ...)
  if ok then return nil, ... end
  local err, trace = ..., nil
  if rawequal(err, last.err) then trace = last.trace end
  return true, err, description(err), trace
end

-- Runs `f` as a task's main function: gives nil and its results, or true, what it threw, that as
-- text, and its stack. What is thrown stays as it is, for variables that close on the way.
function native.body(f, ...)
  native.enter()
  local last = {} -- the last error here that no function caught, and its stack
  return ended(last, raw_xpcall(f, function(err)
    if not doomed() then last.err, last.trace = err, native.trace() end
    return err
  end, ...))
end

function native.noop() end
