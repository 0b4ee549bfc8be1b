//! Declared functions as Lua functions.

use std::rc::Rc;

use llmspell_core::spec::FunctionSpec;
use llmspell_core::{Args, Handle, Value, suggest};
use mlua::{Function, Lua, LuaString, MultiValue, Table, Value as LuaValue};

use crate::convert::{to_host, untouched};
use crate::handle::HandleRef;
use crate::reply::{self, Reply};
use crate::shared::Shared;

/// Functions by name, for the prelude's shims.
pub fn functions(
    lua: &Lua,
    shared: &Rc<Shared>,
    specs: &'static [FunctionSpec],
) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, specs.len())?;
    for spec in specs {
        table.raw_set(spec.name, function(lua, shared, spec)?)?;
    }
    Ok(table)
}

fn function(lua: &Lua, shared: &Rc<Shared>, spec: &'static FunctionSpec) -> mlua::Result<Function> {
    let shared = shared.clone();
    lua.create_function(move |lua, args: MultiValue| Ok(call(lua, &shared, spec, args)))
}

fn call(lua: &Lua, shared: &Rc<Shared>, spec: &FunctionSpec, mut args: MultiValue) -> Reply {
    let this = match spec.method {
        true => args.pop_front().and_then(handle),
        false => None,
    };
    let mut converted = Args::new();
    for (index, arg) in args.into_iter().enumerate() {
        match argument(shared, spec, index, arg) {
            Ok(value) => converted.push(value),
            Err(problem) => return reply::raise(lua, &problem),
        }
    }
    let flow = shared.cx.call(spec, this.as_ref(), &mut converted);
    reply::flow(lua, shared, flow)
}

fn argument(
    shared: &Shared,
    spec: &FunctionSpec,
    index: usize,
    value: LuaValue,
) -> Result<Value, String> {
    if spec.passes_through(index) {
        return Ok(untouched(shared, value));
    }
    to_host(shared, value).map_err(|problem| match spec.params.get(index) {
        Some(param) => format!("{}: {}: {problem}", spec.path(), param.name),
        None => format!("{}: {problem}", spec.path()),
    })
}

fn handle(value: LuaValue) -> Option<Handle> {
    match value {
        LuaValue::UserData(object) => object.borrow_scoped(HandleRef::handle).ok(),
        _ => None,
    }
}

/// What the prelude needs to know of a handle.
pub fn add_handle_functions(lua: &Lua, shared: &Rc<Shared>, native: &Table) -> mlua::Result<()> {
    let kind = |_: &Lua, value: LuaValue| {
        let handle = known(value)?;
        let iterator = handle.spec().iterator().map(|method| method.name);
        Ok((handle.spec().name, iterator))
    };
    native.raw_set("kind", lua.create_function(kind)?)?;
    let own = shared.clone();
    let all = move |lua: &Lua, value: LuaValue| functions(lua, &own, known(value)?.spec().methods);
    native.raw_set("methods", lua.create_function(all)?)?;
    let same = |_: &Lua, (a, b): (LuaValue, LuaValue)| Ok(same(handle(a), handle(b)));
    native.raw_set("same", lua.create_function(same)?)?;
    let text = |lua: &Lua, value: LuaValue| match handle(value) {
        Some(handle) => Ok(reply::value(LuaValue::String(
            lua.create_string(handle.to_string())?,
        ))),
        None => Ok(reply::raise(lua, "not a handle")),
    };
    native.raw_set("handle_text", lua.create_function(text)?)?;
    let unknown = |_: &Lua, (value, name): (LuaValue, LuaValue)| {
        let spec = known(value)?.spec();
        let names = spec.methods.iter().map(|method| method.name);
        Ok(unknown(spec.name, "method", &name, names))
    };
    native.raw_set("unknown_method", lua.create_function(unknown)?)
}

fn known(value: LuaValue) -> mlua::Result<Handle> {
    handle(value).ok_or_else(|| mlua::Error::runtime("not a handle"))
}

fn same(a: Option<Handle>, b: Option<Handle>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Rc::ptr_eq(&a, &b),
        _ => false,
    }
}

/// The message for a function that is not there.
pub fn unknown<'a>(
    owner: &str,
    what: &str,
    name: &LuaValue,
    known: impl Iterator<Item = &'a str> + Clone,
) -> String {
    match name.as_string().map(LuaString::to_string_lossy) {
        Some(name) => {
            let hint = suggest::hint(&name, known);
            format!("{owner} has no {what} \"{name}\"{hint}")
        }
        None => format!("{owner} has no {what} of that name: a name is a string"),
    }
}
