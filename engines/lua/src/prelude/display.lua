-- How values read: `print`, `tostring` of host results, and the REPL.
--
-- In Lua rather than in Rust, since a `__tostring` metamethod may call print again, and Lua bounds
-- that recursion by itself.

local native = ...

local WIDTH, DEPTH, ENTRIES = 80, 16, 10000

local concat, sort = table.concat, table.sort
local byte, find, format, gsub, rep = string.byte, string.find, string.format, string.gsub, string.rep
local getmetatable, ipairs, math_type = getmetatable, ipairs, math.type
local next, rawget, rawlen = next, rawget, rawlen
local select, tostring, type = select, tostring, type

local RESERVED = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat "
  .. "return then true until while"):gmatch("%a+") do
  RESERVED[word] = true
end

local ESCAPES = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\\"] = "\\\\", ['"'] = '\\"' }

local function quoted(text)
  return '"' .. gsub(text, '[%c\\"]', function(c)
    return ESCAPES[c] or format("\\%03d", byte(c))
  end) .. '"'
end

local RANK = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local ra, rb = RANK[type(a)] or 4, RANK[type(b)] or 4
  if ra ~= rb then return ra < rb end
  if ra <= 2 then return a < b end
  return tostring(a) < tostring(b)
end

local render

local function key(k, state)
  if type(k) == "string" then
    if find(k, "^[%a_][%w_]*$") and not RESERVED[k] then return k end
    return "[" .. quoted(k) .. "]"
  end
  return "[" .. render(k, DEPTH, state) .. "]"
end

-- The entries of a table: its list part in order, then the rest, sorted.
local function entries(t, depth, state)
  local parts, keys, length = {}, {}, rawlen(t)
  local n = getmetatable(t) == native.list and rawget(t, "n")
  if math_type(n) == "integer" and n >= 0 then length = n else n = nil end
  local function add(text)
    parts[#parts + 1] = text
    state.left = state.left - 1
  end
  for i = 1, length do
    if state.left <= 0 then break end
    add(render(rawget(t, i), depth + 1, state))
  end
  local function listed(k)
    return math_type(k) == "integer" and k >= 1 and k <= length
  end
  for k in next, t do
    if #keys >= state.left then break end
    if not listed(k) and not (n and k == "n") then keys[#keys + 1] = k end
  end
  sort(keys, before)
  for _, k in ipairs(keys) do
    if state.left <= 0 then break end
    add(key(k, state) .. " = " .. render(rawget(t, k), depth + 1, state))
  end
  if state.left <= 0 then parts[#parts + 1] = "…" end
  return parts
end

local function wide(parts, depth)
  local width = 2 * depth + 2
  for _, part in ipairs(parts) do
    width = width + #part + 2
    if width > WIDTH or find(part, "\n", 1, true) then return true end
  end
  return false
end

local function render_table(t, depth, state)
  if state.open[t] then return "<cycle>" end
  if depth >= DEPTH then return "{…}" end
  state.open[t] = true
  local parts = entries(t, depth, state)
  state.open[t] = nil
  if #parts == 0 then return "{}" end
  if not wide(parts, depth) then return "{" .. concat(parts, ", ") .. "}" end
  local indent = "\n" .. rep("  ", depth + 1)
  return "{" .. indent .. concat(parts, "," .. indent) .. "\n" .. rep("  ", depth) .. "}"
end

-- Whether a table with this metatable has a text of its own. A protected metatable is no table.
local function speaks_for_itself(metatable)
  if type(metatable) ~= "table" then return metatable ~= nil end
  local own = rawget(metatable, "__tostring")
  return own ~= nil and own ~= native.display
end

function render(value, depth, state)
  local kind = type(value)
  if kind == "string" then return quoted(value) end
  if kind ~= "table" then return tostring(value) end
  if speaks_for_itself(getmetatable(value)) then return tostring(value) end
  return render_table(value, depth, state)
end

-- A value with its quotes.
function native.display(value)
  return render(value, 0, { open = {}, left = ENTRIES })
end

-- A value as print writes it.
local function text(value)
  if type(value) == "table" then return native.display(value) end
  return tostring(value)
end

local function line(show, ...)
  local parts = {}
  for i = 1, select("#", ...) do
    parts[i] = show((select(i, ...)))
  end
  return concat(parts, "\t")
end

-- Values as print writes them, and as the REPL shows results.
function native.show(...) return line(text, ...) end
function native.show_quoted(...) return line(native.display, ...) end
