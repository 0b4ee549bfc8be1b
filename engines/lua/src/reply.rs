//! What a host function replies to the shim that called it: a tag and a value, which
//! `prelude/suspend.lua` takes apart.
//!
//! Errors go back as values rather than as `mlua::Error`, so that `pcall` sees plain strings and
//! the values that scripts threw.

use std::rc::Rc;

use llmspell_core::{Cx, Error, Fault, Flow, LocalFuture, ScriptError, Value, Waiting};
use mlua::{Lua, Value as LuaValue};

use crate::convert::to_lua;
use crate::hook;
use crate::shared::{Shared, Values};

// The tags, as the prelude names them.
const RAISE: i64 = 1;
const THROW: i64 = 2;
const WAIT: i64 = 3;
const RESULTS: i64 = 4;
const DOOMED: i64 = 5;

/// A tag and a value.
pub type Reply = (LuaValue, LuaValue);

fn tagged(tag: i64, value: LuaValue) -> Reply {
    (LuaValue::Integer(tag), value)
}

/// Replies with a result.
pub fn value(value: LuaValue) -> Reply {
    (LuaValue::Nil, value)
}

/// Raises an error at the script's line.
pub fn raise(lua: &Lua, message: &str) -> Reply {
    match lua.create_string(message) {
        Ok(message) => tagged(RAISE, LuaValue::String(message)),
        Err(error) => tagged(THROW, LuaValue::Error(Box::new(error))),
    }
}

/// Raises an error whose message says where it happened.
pub fn raise_placed(lua: &Lua, message: &str) -> Reply {
    let (_, message) = raise(lua, message);
    tagged(THROW, message)
}

/// Replies with what a host function does next.
pub fn flow(lua: &Lua, shared: &Rc<Shared>, flow: Result<Flow, Error>) -> Reply {
    match flow {
        Ok(Flow::Done(value)) => done(lua, shared, Ok(value)),
        Ok(Flow::Wait(future)) => wait(lua, shared, future),
        Err(error) => done(lua, shared, Err(error)),
    }
}

fn wait(lua: &Lua, shared: &Rc<Shared>, future: LocalFuture<Result<Value, Error>>) -> Reply {
    match shared.cx.wait(future) {
        Waiting::Ready(result) => done(lua, shared, result),
        Waiting::Pending => tagged(WAIT, LuaValue::Nil),
    }
}

/// Replies with what `make` gives later.
pub fn later<F>(lua: &Lua, shared: &Rc<Shared>, make: impl FnOnce(Cx) -> F) -> Reply
where
    F: Future<Output = Result<Value, Error>> + 'static,
{
    wait(lua, shared, Box::pin(make(shared.cx.clone())))
}

/// Replies with a result or an error.
pub fn done(lua: &Lua, shared: &Rc<Shared>, result: Result<Value, Error>) -> Reply {
    match result {
        Ok(value) => result_of(lua, shared, value),
        Err(Error::Raise(message)) => raise(lua, &message),
        Err(Error::Script(error)) => rejoin(lua, shared, error),
        Err(Error::Fault(fault)) => doomed(lua, shared, fault),
    }
}

fn result_of(lua: &Lua, shared: &Rc<Shared>, result: Value) -> Reply {
    if let Value::Any(opaque) = &result
        && let Some(Values::Many(values)) = shared.held(opaque)
    {
        return match packed(lua, values) {
            Ok(table) => tagged(RESULTS, table),
            Err(error) => raise(lua, &error.to_string()),
        };
    }
    match to_lua(lua, shared, result) {
        Ok(result) => value(result),
        Err(error) => raise(lua, &format!("this result cannot be given to Lua: {error}")),
    }
}

fn packed(lua: &Lua, values: &[LuaValue]) -> mlua::Result<LuaValue> {
    let table = lua.create_sequence_from(values)?;
    table.raw_set("n", values.len())?;
    Ok(LuaValue::Table(table))
}

/// Raises another task's error again, with the value that it threw.
fn rejoin(lua: &Lua, shared: &Rc<Shared>, error: Rc<ScriptError>) -> Reply {
    let thrown = error.value.as_ref().and_then(|value| shared.held(value));
    let reply = match thrown {
        Some(values) => tagged(THROW, values.first()),
        None => raise(lua, &error.diagnostic.to_string()),
    };
    shared.rejoined.replace(Some(error));
    reply
}

/// Ends the calling task.
fn doomed(lua: &Lua, shared: &Rc<Shared>, fault: Fault) -> Reply {
    let message = lua.create_string(fault.to_string());
    hook::doom(lua, shared, fault);
    let message = message.map_or(LuaValue::Nil, LuaValue::String);
    tagged(DOOMED, message)
}
