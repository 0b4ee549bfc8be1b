-- Suspension: host functions that wait, and coroutines that let a task's suspension through.
--
-- A task runs as a coroutine. When it waits, or when its time slice is over, it yields to the
-- scheduler, through every coroutine that the script itself has put in between:
--
--   raw_yield(WAITING)      it waits; the scheduler answers with (tag, value) as `settle` takes them
--   raw_yield()             its slice is over (this is also what the instruction hook does)
--   raw_yield(YIELD, ...)   the script's own yield, for the script's own resume
--
-- A task that must end (`native.doomed()`) yields like one whose slice is over and is not resumed.

local native, raw = ...

local RAISE, THROW, WAIT, RESULTS, DOOMED = 1, 2, 3, 4, 5
local WAITING, YIELD = native.WAITING, native.YIELD

local error, setmetatable, type, unpack = error, setmetatable, type, table.unpack
local raw_create, raw_resume, raw_yield = raw.create, raw.resume, raw.yield
local raw_status, raw_close, raw_running = raw.status, raw.close, raw.running
local raw_isyieldable = raw.isyieldable
local doomed, forget, where = native.doomed, native.forget, native.where

local CANNOT_WAIT = "cannot wait inside table.sort's comparator or string.gsub's replacement: "
  .. "Lua cannot suspend a function that C code has called "
  .. "(the same holds for __tostring, __close and error handlers); "
  .. "collect what is needed first, then sort or replace"

-- Coroutines that only the scheduler may resume: the main one of each task, and those of a script
-- through which a task is suspended.
local busy = setmetatable({}, { __mode = "k" })

-- What `busy` has for a coroutine through which a task is suspended because its slice is over.
local SLICED = "sliced"

-- For a coroutine through which a task is suspended: the next one inside. For the innermost coroutine
-- of a task that gives way until another task's slice has left a coroutine: that one.
local inside = setmetatable({}, { __mode = "k" })
local wanted = setmetatable({}, { __mode = "k" })

-- An error at the line of the script that runs. Levels of `error` would count the functions of this
-- prelude, and miss what was called last in a function.
local function raise(message)
  error(where() .. message, 0)
end

native.raise = raise

-- Ends the task. In a place that cannot yield, the error unwinds as far as one that can.
local function finish(message)
  if raw_isyieldable() then raw_yield() end
  error(message, 0)
end

-- What a host function's reply means.
local function settle(tag, detail)
  if tag == nil then
    return detail
  elseif tag == WAIT then
    if not raw_isyieldable() then
      forget()
      raise(CANNOT_WAIT)
    end
    return settle(raw_yield(WAITING))
  elseif tag == RAISE then
    raise(detail)
  elseif tag == RESULTS then
    return unpack(detail, 1, detail.n)
  elseif tag == DOOMED then
    finish(detail)
  end
  native.rejoining()
  error(detail, 0)
end

-- The function that scripts call for a host function, which replies with (tag, value).
function native.shim(host)
  return function(...)
    local tag, result = host(...)
    if tag == nil then return result end
    return settle(tag, result)
  end
end

-- The same for a host function whose only result is that it is done.
function native.silent_shim(host)
  return function(...)
    local tag, result = host(...)
    if tag ~= nil then settle(tag, result) end
  end
end

local pass

-- Suspends the task that runs `co`, until the scheduler goes on with it.
local function suspend(co, tag)
  local outer = raw_running()
  busy[co], inside[outer] = tag == nil and SLICED or true, co
  local _ <close> = co -- closed with the task, if that ends meanwhile
  local function resumed(...)
    busy[co], inside[outer] = nil, nil
    return ...
  end
  if tag == nil then return resumed(raw_yield()) end
  return resumed(raw_yield(tag))
end

-- `co` has stopped for the sake of the whole task.
local function pass_on(co, tag)
  if doomed() then finish("the task has ended") end
  if raw_isyieldable() then
    return pass(co, raw_resume(co, suspend(co, tag)))
  elseif tag == nil then
    return pass(co, raw_resume(co)) -- the slice simply runs on
  end
  forget()
  return pass(co, raw_resume(co, RAISE, CANNOT_WAIT))
end

local function untagged(ok, _, ...)
  return ok, ...
end

-- Takes what `raw_resume(co)` gave: for the script, or for the scheduler.
function pass(co, ...)
  local ok, tag = ...
  if tag == YIELD then
    return untagged(...)
  elseif not ok then
    if doomed() then finish(tag) end
  elseif (tag == nil or tag == WAITING) and raw_status(co) == "suspended" then
    return pass_on(co, tag)
  end
  return ...
end

-- Whether the task that is suspended inside `co` wants to resume a coroutine of the running task.
local function wants_ours(co)
  while true do
    while inside[co] do co = inside[co] end
    co = wanted[co]
    if not co then return false end
    local status = raw_status(co)
    if status == "normal" or status == "running" then return true end
  end
end

-- Gives way while the slice of another task is over inside `co`: that task goes on by itself.
local function give_way(co)
  local running = raw_running()
  wanted[running] = co
  repeat raw_yield() until busy[co] ~= SLICED
  wanted[running] = nil
end

local function resume(co, ...)
  if busy[co] then
    if busy[co] == SLICED and raw_isyieldable() and not wants_ours(co) then give_way(co) end
    if busy[co] then return false, "cannot resume a coroutine whose task waits" end
  end
  return pass(co, raw_resume(co, ...))
end

local function expect(value, kind, expected, name)
  if type(value) ~= kind then
    raise("bad argument #1 to '" .. name .. "' (" .. expected .. " expected, got " .. type(value) .. ")")
  end
end

local function unwrapped(co, ok, ...)
  if ok then return ... end
  if raw_status(co) == "dead" then raw_close(co) end
  error((...), 0)
end

local coroutine = { create = raw_create }

function coroutine.resume(co, ...)
  expect(co, "thread", "coroutine", "resume")
  return resume(co, ...)
end

function coroutine.wrap(f)
  expect(f, "function", "function", "wrap")
  local co = raw_create(f)
  return function(...) return unwrapped(co, resume(co, ...)) end
end

function coroutine.yield(...)
  if busy[raw_running()] then raise("attempt to yield from outside a coroutine") end
  return raw_yield(YIELD, ...)
end

function coroutine.status(co)
  expect(co, "thread", "coroutine", "status")
  local status = raw_status(co)
  if status == "suspended" and busy[co] then return "normal" end
  return status
end

function coroutine.running()
  local co = raw_running()
  return co, busy[co] == true
end

function coroutine.isyieldable()
  return raw_isyieldable() and not busy[raw_running()]
end

function coroutine.close(co)
  expect(co, "thread", "coroutine", "close")
  if busy[co] then raise("cannot close a coroutine whose task waits") end
  local status = raw_status(co)
  if status ~= "suspended" and status ~= "dead" then raise("cannot close a " .. status .. " coroutine") end
  return raw_close(co)
end

-- The metatable of coroutines: see `suspend`.
native.coroutine_metatable = {
  __metatable = false,
  __close = function(co)
    if busy[co] then
      busy[co] = nil
      raw_close(co)
    end
  end,
}

-- Marks the coroutine that runs as the main one of a task.
function native.enter()
  busy[raw_running()] = true
end

return coroutine
