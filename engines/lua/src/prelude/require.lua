-- `require`: modules beside the script. A module's body runs in the coroutine that asks first,
-- and may wait; who asks meanwhile waits for it.

local native = ...

local setmetatable, type = setmetatable, type
local raise = native.raise
local find, wait = native.shim(native.find_module), native.shim(native.wait_for_module)
local ended = native.module_ended

local named = {} -- values, by the name that was asked for
local loaded = {} -- values, by path
local loading = {} -- the task that loads a path

-- Closed when the body has ended, in whatever way.
local mark = {
  __close = function(self)
    loading[self.path] = nil
    ended(self.path)
  end,
}

local function run(body, name, path)
  loading[path] = native.task()
  local _ <close> = setmetatable({ path = path }, mark)
  local value = body(name, path)
  if value == nil then value = true end
  loaded[path] = value
  return value
end

local function settled(name, value)
  named[name] = value
  return value
end

function require(name)
  if type(name) ~= "string" then
    raise("require: expected a module's name, got " .. type(name))
  end
  if named[name] ~= nil then return named[name] end
  local path, body = find(name)
  while loading[path] do
    if loading[path] == native.task() then
      raise('module "' .. name .. '" requires itself, directly or through others')
    end
    wait(path)
  end
  return settled(name, loaded[path] or run(body, name, path))
end
