//! `io.read` and `io.write` over the console.

use std::cell::Cell;
use std::rc::Rc;

use llmspell_core::{Cx, Error, Value};
use mlua::{Lua, MultiValue, Table, Value as LuaValue};

use crate::reply::{self, Reply};
use crate::shared::{Shared, Values};

/// Whether the input has ended, as far as scripts have not been told yet.
#[derive(Default)]
pub struct Input {
    ended: Cell<bool>,
}

/// What to read.
#[derive(Clone, Copy)]
enum Format {
    Line { keep_end: bool },
    Number,
    All,
    Bytes(usize),
}

/// Adds the functions behind the prelude's `print` and `io`.
pub fn add(lua: &Lua, shared: &Rc<Shared>, native: &Table) -> mlua::Result<()> {
    let own = shared.clone();
    let write = move |lua: &Lua, text: mlua::LuaString| Ok(write(lua, &own, &text.as_bytes()));
    native.raw_set("write", lua.create_function(write)?)?;
    let own = shared.clone();
    let write_all = move |lua: &Lua, values: MultiValue| Ok(write_all(lua, &own, values));
    native.raw_set("write_all", lua.create_function(write_all)?)?;
    let own = shared.clone();
    let read = move |lua: &Lua, formats: MultiValue| Ok(read(lua, &own, &formats));
    native.raw_set("read", lua.create_function(read)?)
}

fn write(lua: &Lua, shared: &Rc<Shared>, bytes: &[u8]) -> Reply {
    match shared.cx.console().write(bytes) {
        Ok(()) => reply::value(LuaValue::Boolean(true)),
        Err(error) => reply::done(lua, shared, Err(error)),
    }
}

fn write_all(lua: &Lua, shared: &Rc<Shared>, values: MultiValue) -> Reply {
    let mut bytes = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        let kind = value.type_name();
        match lua.coerce_string(value) {
            Ok(Some(text)) => bytes.extend_from_slice(&text.as_bytes()),
            _ => {
                let place = index + 1;
                let problem = format!("io.write: argument {place}: expected string, got {kind}");
                return reply::raise(lua, &problem);
            }
        }
    }
    write(lua, shared, &bytes)
}

fn read(lua: &Lua, shared: &Rc<Shared>, formats: &MultiValue) -> Reply {
    let formats: Result<Vec<Format>, String> = formats.iter().map(Format::of).collect();
    let mut formats = match formats {
        Ok(formats) => formats,
        Err(problem) => return reply::raise(lua, &problem),
    };
    if formats.is_empty() {
        formats.push(Format::Line { keep_end: false });
    }
    let (input, held, own) = (shared.input.clone(), lua.weak(), shared.clone());
    reply::later(lua, shared, |cx| async move {
        let mut results = Vec::new();
        for format in formats {
            let read = input.read(&cx, format).await?;
            let failed = read.is_none();
            results.push(read);
            if failed {
                break; // as in stock Lua, nothing is read after a failure
            }
        }
        match held.try_upgrade() {
            Some(lua) => several(&lua, &own, results),
            None => Ok(Value::Nil),
        }
    })
}

fn several(lua: &Lua, shared: &Rc<Shared>, results: Vec<Option<Value>>) -> Result<Value, Error> {
    let to_lua =
        |result: Option<Value>| crate::convert::to_lua(lua, shared, result.unwrap_or_default());
    let values: mlua::Result<Vec<LuaValue>> = results.into_iter().map(to_lua).collect();
    let values = values.map_err(|error| Error::Raise(error.to_string()))?;
    Ok(Value::Any(shared.hold(Values::Many(values))))
}

impl Format {
    fn of(value: &LuaValue) -> Result<Self, String> {
        let problem = "io.read: expected \"l\", \"L\", \"n\", \"a\" or a number of bytes";
        if let Some(count) = value.as_usize() {
            return Ok(Self::Bytes(count));
        }
        let Some(name) = value.as_string() else {
            return Err(problem.to_owned());
        };
        let name = name.to_string_lossy();
        match name.strip_prefix('*').unwrap_or(&name).chars().next() {
            Some('l') => Ok(Self::Line { keep_end: false }),
            Some('L') => Ok(Self::Line { keep_end: true }),
            Some('n') => Ok(Self::Number),
            Some('a') => Ok(Self::All),
            _ => Err(problem.to_owned()),
        }
    }
}

impl Input {
    /// Reads one thing; `None` at the end of input.
    async fn read(&self, cx: &Cx, format: Format) -> Result<Option<Value>, Error> {
        let take = |text: &mut Vec<u8>, ended| {
            self.ended.set(self.ended.get() || ended);
            self.take(text, format)
        };
        cx.console().read(cx, take).await
    }

    /// What was asked for, if enough text is there.
    fn take(&self, text: &mut Vec<u8>, format: Format) -> Option<Option<Value>> {
        let end = match format {
            Format::Line { .. } => text.iter().position(|b| *b == b'\n').map(|i| i + 1),
            Format::Bytes(count) => Some(count).filter(|n| *n <= text.len() && !text.is_empty()),
            Format::Number => number_end(text),
            Format::All => None,
        };
        let end = match end {
            Some(end) => end,
            None if self.ended.get() => text.len(),
            None => return None,
        };
        if text.is_empty() && !matches!(format, Format::All) {
            self.ended.set(false); // a terminal may go on after its end of input
            return Some(None);
        }
        let taken: Vec<u8> = text.drain(..end).collect();
        Some(format.value(taken, self))
    }
}

/// Where the first number ends.
fn number_end(text: &[u8]) -> Option<usize> {
    let start = text.iter().position(|b| !b.is_ascii_whitespace())?;
    let rest = text[start..].iter();
    let length = rest.take_while(|b| !b.is_ascii_whitespace()).count();
    (start + length < text.len()).then_some(start + length)
}

impl Format {
    fn value(self, mut taken: Vec<u8>, input: &Input) -> Option<Value> {
        match self {
            Self::Line { keep_end: false } if taken.last() == Some(&b'\n') => drop(taken.pop()),
            Self::Number => return number(&taken),
            Self::All => input.ended.set(false),
            _ => {}
        }
        Some(match String::from_utf8(taken) {
            Ok(text) => Value::Str(text),
            Err(error) => Value::Bytes(error.into_bytes()),
        })
    }
}

fn number(text: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let integer = text.parse().map(Value::Int).ok();
    integer.or_else(|| text.parse().map(Value::Float).ok())
}
