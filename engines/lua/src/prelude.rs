//! Sets up the Lua side: the allow-listed library, what replaces parts of it, namespaces, globals.

use std::ffi::c_void;
use std::rc::Rc;

use llmspell_core::{Registry, Value, suggest};
use mlua::{LightUserData, Lua, LuaString, Table, Thread, Value as LuaValue};

use crate::shared::{Prelude, Shared};
use crate::trace::{self, PRELUDE, Trace};
use crate::{convert, handle, hook, host, input, modules};

/// What stays of the basic library; the prelude adds what it replaces.
const BASE: &[&str] = &[
    "_G",
    "_VERSION",
    "assert",
    "error",
    "getmetatable",
    "ipairs",
    "math",
    "next",
    "os",
    "pairs",
    "pcall",
    "rawequal",
    "rawget",
    "rawlen",
    "rawset",
    "select",
    "setmetatable",
    "string",
    "table",
    "tonumber",
    "tostring",
    "type",
    "utf8",
];

/// What stays of `os`.
const OS: &[&str] = &["clock", "date", "difftime", "time"];

/// What of stock Lua's `os` and `io` scripts do not have.
const WITHHELD: &[&str] = &[
    "close",
    "execute",
    "exit",
    "getenv",
    "input",
    "lines",
    "open",
    "output",
    "popen",
    "remove",
    "rename",
    "setlocale",
    "stderr",
    "stdin",
    "stdout",
    "tmpfile",
    "tmpname",
    "type",
];

/// What to say of a nil value in a line of a script, if stock Lua has something there that scripts do not have;
/// `kind` is `global` or `field`.
pub fn withheld(kind: &str, name: &str, line: &str) -> Option<String> {
    let read_from = |library: &str| {
        let whole = format!("{library}.{name}");
        let part = |c: char| c.is_alphanumeric() || "_.".contains(c);
        let mut uses = line.match_indices(&whole);
        uses.any(|(at, _)| !line[..at].ends_with(part))
    };
    if let Some(planned) = suggest::planned(name).filter(|_| kind == "global") {
        return Some(planned);
    }
    match (kind, name) {
        ("global", "dofile" | "loadfile" | "package") => {
            Some(format!("scripts have no `{name}`; `require` loads modules"))
        }
        ("global", "unpack") => Some("it is table.unpack".to_owned()),
        ("global", "loadstring") => Some("it is load".to_owned()),
        ("field", _) if WITHHELD.contains(&name) && (read_from("os") || read_from("io")) => {
            let os: Vec<String> = OS.iter().map(|name| format!("os.{name}")).collect();
            Some(format!(
                "of stock Lua's `os` and `io`, scripts have {}, io.read and io.write",
                os.join(", ")
            ))
        }
        _ => None,
    }
}

/// Builds everything that scripts see.
pub fn install(
    lua: &Lua,
    shared: &Rc<Shared>,
    registry: &Registry,
    globals: &[(&str, Value)],
) -> mlua::Result<()> {
    let raw = copy(lua, &lua.globals())?;
    name_functions(lua, "_G", &raw)?;
    restrict(&lua.globals(), BASE)?;
    restrict(&raw.raw_get("os")?, OS)?;
    raw.raw_get::<Table>("string")?.raw_remove("dump")?;
    let native = native(lua, shared)?;
    let prelude = run(lua, &native, &raw)?;
    shared.prelude.get_or_init(|| prelude);
    namespaces(lua, shared, registry, &native)?;
    for (name, value) in globals {
        let value = convert::to_lua(lua, shared, value.clone())?;
        lua.globals().raw_set(*name, value)?;
    }
    Ok(())
}

fn copy(lua: &Lua, table: &Table) -> mlua::Result<Table> {
    let entries: mlua::Result<Vec<(LuaValue, LuaValue)>> = table.pairs().collect();
    lua.create_table_from(entries?)
}

/// Lua's own messages look for a function's name here: the stock functions keep theirs, although
/// scripts call them through replacements.
fn name_functions(lua: &Lua, library: &str, functions: &Table) -> mlua::Result<()> {
    let loaded: Table = lua.named_registry_value("_LOADED")?;
    loaded.raw_set(library, functions)
}

/// Removes every name that is not on the list.
fn restrict(table: &Table, names: &[&str]) -> mlua::Result<()> {
    let keys: mlua::Result<Vec<String>> = table
        .pairs::<String, LuaValue>()
        .map(|pair| Ok(pair?.0))
        .collect();
    for key in keys? {
        if !names.contains(&key.as_str()) {
            table.raw_remove(key)?;
        }
    }
    Ok(())
}

/// The functions that the prelude calls.
fn native(lua: &Lua, shared: &Rc<Shared>) -> mlua::Result<Table> {
    static WAITING: u8 = 1;
    static YIELD: u8 = 2;
    let native = lua.create_table()?;
    native.raw_set("WAITING", unique(&WAITING))?;
    native.raw_set("YIELD", unique(&YIELD))?;
    let own = shared.clone();
    let doomed = move |_: &Lua, ()| Ok(hook::doomed(&own));
    native.raw_set("doomed", lua.create_function(doomed)?)?;
    let own = shared.clone();
    let forget = move |_: &Lua, ()| {
        own.cx.forget();
        Ok(())
    };
    native.raw_set("forget", lua.create_function(forget)?)?;
    let place = |lua: &Lua, ()| lua.create_string(trace::place(lua));
    native.raw_set("where", lua.create_function(place)?)?;
    let own = shared.clone();
    let rejoining = move |lua: &Lua, ()| {
        trace::rejoining(lua, &own);
        Ok(())
    };
    native.raw_set("rejoining", lua.create_function(rejoining)?)?;
    let trace = |lua: &Lua, ()| lua.create_any_userdata(Trace(trace::stack(lua)));
    native.raw_set("trace", lua.create_function(trace)?)?;
    native.raw_set("traceback", lua.create_function(traceback)?)?;
    input::add(lua, shared, &native)?;
    modules::add(lua, shared, &native)?;
    host::add_handle_functions(lua, shared, &native)?;
    Ok(native)
}

/// A value that no script can have.
fn unique(place: &'static u8) -> LightUserData {
    LightUserData(std::ptr::from_ref(place).cast_mut().cast::<c_void>())
}

/// `debug.traceback`. The stack of a coroutine that does not run cannot be told.
fn traceback(
    lua: &Lua,
    (other, message, level): (Option<Thread>, Option<LuaString>, Option<i64>),
) -> mlua::Result<LuaString> {
    let message = message.map(|message| message.to_string_lossy());
    if other.is_some_and(|other| other != lua.current_thread()) {
        let head = message.map_or(String::new(), |message| message + "\n");
        return lua.create_string(format!("{head}stack traceback:\n\t(another coroutine)"));
    }
    // The prelude's own function stands between the script and this one.
    let level = level.unwrap_or(1).clamp(0, 1_000_000) as usize + 1;
    let traceback = lua.traceback(message.as_deref(), level)?.to_string_lossy();
    let own = |line: &&str| !line.starts_with("\t[llmspell]:");
    let lines: Vec<&str> = traceback.lines().filter(own).collect();
    lua.create_string(lines.join("\n"))
}

/// Runs the Lua part of the prelude.
fn run(lua: &Lua, native: &Table, raw: &Table) -> mlua::Result<Prelude> {
    let load = |text: &str| lua.load(text).set_name(PRELUDE).into_function();
    let coroutines: Table = raw.raw_get("coroutine")?;
    let suspend = load(include_str!("prelude/suspend.lua"))?;
    let coroutines: Table = suspend.call((native, coroutines))?;
    lua.globals().raw_set("coroutine", coroutines)?;
    load(include_str!("prelude/display.lua"))?.call::<()>(native)?;
    load(include_str!("prelude/objects.lua"))?.call::<()>(native)?;
    load(include_str!("prelude/base.lua"))?.call::<()>((native, raw))?;
    load(include_str!("prelude/require.lua"))?.call::<()>(native)?;
    lua.set_type_metatable::<Thread>(native.raw_get("coroutine_metatable")?);
    lua.set_named_registry_value(handle::METATABLE, native.raw_get::<Table>("handle")?)?;
    Ok(Prelude {
        body: native.raw_get("body")?,
        noop: native.raw_get("noop")?,
        show: native.raw_get("show")?,
        show_quoted: native.raw_get("show_quoted")?,
        list: native.raw_get("list")?,
        map: native.raw_get("map")?,
    })
}

fn namespaces(
    lua: &Lua,
    shared: &Rc<Shared>,
    registry: &Registry,
    native: &Table,
) -> mlua::Result<()> {
    let known = registry.namespaces.clone();
    let unknown = move |_: &Lua, (owner, name): (String, LuaValue)| {
        let functions = known.iter().filter(|spec| spec.name == owner);
        let functions = functions.flat_map(|spec| spec.functions);
        let names = functions.map(|function| function.name);
        Ok(host::unknown(&owner, "function", &name, names))
    };
    native.raw_set("unknown_function", lua.create_function(unknown)?)?;
    let make: mlua::Function = native.raw_get("namespace")?;
    let mut made = Vec::new();
    for spec in &registry.namespaces {
        let (giving, silent) = host::functions(lua, shared, spec.functions)?;
        let (namespace, functions): (Table, Table) = make.call((spec.name, giving, silent))?;
        lua.globals().raw_set(spec.name, &namespace)?;
        made.push((namespace, spec.name));
        name_functions(lua, spec.name, &functions)?;
    }
    shared.namespaces.get_or_init(|| made);
    Ok(())
}
