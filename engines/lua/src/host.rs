//! Declared functions as Lua functions.

use std::rc::Rc;

use llmspell_core::spec::{FunctionSpec, ParamSpec, Ty};
use llmspell_core::{Args, Handle, Value, suggest};
use mlua::{Function, Lua, LuaString, MultiValue, Table, Value as LuaValue};

use crate::convert::{to_host, untouched};
use crate::handle::HandleRef;
use crate::reply::{self, Reply};
use crate::shared::Shared;

/// Functions by name, for the prelude's shims: those that give something, and those that do not.
pub fn functions(
    lua: &Lua,
    shared: &Rc<Shared>,
    specs: &'static [FunctionSpec],
) -> mlua::Result<(Table, Table)> {
    let (giving, silent) = (lua.create_table()?, lua.create_table()?);
    for spec in specs {
        let table = match spec.returns {
            Ty::Nil => &silent,
            _ => &giving,
        };
        table.raw_set(spec.name, function(lua, shared, spec)?)?;
    }
    Ok((giving, silent))
}

fn function(lua: &Lua, shared: &Rc<Shared>, spec: &'static FunctionSpec) -> mlua::Result<Function> {
    let host = Host {
        shared: shared.clone(),
        spec,
        least: nothing_is_an_argument(spec),
    };
    // The arguments of most functions need no allocation, in what is left is one too many.
    match (
        spec.variadic(),
        spec.params.len() + usize::from(spec.method),
    ) {
        (false, 0 | 1) => lua.create_function(move |lua, (a, rest): (LuaValue, MultiValue)| {
            Ok(host.few(lua, [a], rest))
        }),
        (false, 2) => {
            lua.create_function(move |lua, (a, b, rest): (LuaValue, LuaValue, MultiValue)| {
                Ok(host.few(lua, [a, b], rest))
            })
        }
        (false, 3) => lua.create_function(
            move |lua, (a, b, c, rest): (LuaValue, LuaValue, LuaValue, MultiValue)| {
                Ok(host.few(lua, [a, b, c], rest))
            },
        ),
        _ => lua.create_function(move |lua, args: MultiValue| Ok(host.call(lua, args.into_iter()))),
    }
}

/// A declared function of one engine.
struct Host {
    shared: Rc<Shared>,
    spec: &'static FunctionSpec,
    least: usize,
}

/// How many places hold an argument even if it is nil. Past them, one that is nil counts as not
/// given, as it does in Lua.
fn nothing_is_an_argument(spec: &FunctionSpec) -> usize {
    let any = |param: &ParamSpec| matches!(param.ty, Ty::Any | Ty::Value);
    let last = spec.params.iter().rposition(any);
    last.map_or(0, |i| i + 1) + usize::from(spec.method)
}

impl Host {
    fn few<const N: usize>(&self, lua: &Lua, args: [LuaValue; N], rest: MultiValue) -> Reply {
        if !rest.is_empty() {
            return self.call(lua, args.into_iter().chain(rest));
        }
        let given = args
            .iter()
            .rposition(|arg| !arg.is_nil())
            .map_or(0, |i| i + 1);
        self.call(lua, args.into_iter().take(given.max(self.least)))
    }

    fn call(&self, lua: &Lua, mut args: impl Iterator<Item = LuaValue>) -> Reply {
        let this = match self.spec.method {
            true => match args.next().and_then(handle) {
                None => return reply::raise(lua, &dot_for_colon(self.spec)),
                this => this,
            },
            false => None,
        };
        let mut args = args.peekable();
        if let Some(LuaValue::Table(first)) = args.peek()
            && !self.spec.method
            && self.shared.namespace(first) == Some(self.spec.owner)
        {
            return reply::raise(lua, &colon_for_dot(self.spec));
        }
        let mut converted = Args::new();
        for (index, arg) in args.enumerate() {
            match argument(&self.shared, self.spec, index, arg) {
                Ok(value) => converted.push(value),
                Err(problem) => return reply::raise(lua, &problem),
            }
        }
        let flow = self
            .shared
            .cx
            .call(self.spec, this.as_ref(), &mut converted);
        reply::flow(lua, &self.shared, flow)
    }
}

/// `agent.execute(…)` where `agent:execute(…)` is meant.
fn dot_for_colon(spec: &FunctionSpec) -> String {
    let (path, name) = (spec.path(), spec.name);
    format!("{path}: methods are called with a colon: object:{name}(…), not object.{name}(…)")
}

/// `Agent:create(…)` where `Agent.create(…)` is meant.
fn colon_for_dot(spec: &FunctionSpec) -> String {
    let path = spec.path();
    format!("{path}: call it with a dot, as in {path}(…), not with a colon")
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
    let ty = spec.params.get(index).map_or(Ty::Value, |param| param.ty);
    to_host(shared, value, ty).map_err(|problem| {
        let problem = match spec.params.get(index) {
            Some(param) => problem.at(param.name),
            None => problem,
        };
        format!("{}: {problem}", spec.path())
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
