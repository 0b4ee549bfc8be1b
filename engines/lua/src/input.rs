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

/// What was read.
enum Found {
    Text(Vec<u8>),
    /// The text of a number.
    Numeral(Vec<u8>),
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

fn several(lua: &Lua, shared: &Shared, results: Vec<Option<Found>>) -> Result<Value, Error> {
    let to_lua = |result| match result {
        Some(Found::Text(text)) => lua.create_string(text).map(LuaValue::String),
        Some(Found::Numeral(text)) => number(lua, &text),
        None => Ok(LuaValue::Nil),
    };
    let values: mlua::Result<Vec<LuaValue>> = results.into_iter().map(to_lua).collect();
    let values = values.map_err(|error| Error::Raise(error.to_string()))?;
    Ok(Value::Any(shared.hold(Values::Many(values))))
}

/// What Lua makes of a numeral.
fn number(lua: &Lua, text: &[u8]) -> mlua::Result<LuaValue> {
    let hex = text.iter().any(|b| matches!(b, b'x' | b'X'));
    let float =
        |b: &u8| *b == b'.' || matches!((hex, b), (true, b'p' | b'P') | (false, b'e' | b'E'));
    let numeral = || lua.create_string(text).map(LuaValue::String);
    if !text.iter().any(float)
        && let Some(integer) = lua.coerce_integer(numeral()?)?
    {
        return Ok(LuaValue::Integer(integer));
    }
    let number = lua.coerce_number(numeral()?)?;
    Ok(number.map_or(LuaValue::Nil, LuaValue::Number))
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
    async fn read(&self, cx: &Cx, format: Format) -> Result<Option<Found>, Error> {
        let take = |text: &mut Vec<u8>, ended| {
            self.ended.set(self.ended.get() || ended);
            self.take(text, format)
        };
        cx.console().read(cx, take).await
    }

    /// What was asked for, if enough text is there.
    fn take(&self, text: &mut Vec<u8>, format: Format) -> Option<Option<Found>> {
        let ended = self.ended.get();
        if let Format::Number = format {
            return self.take_number(text, ended);
        }
        let end = match format {
            Format::Line { .. } => text.iter().position(|b| *b == b'\n').map(|i| i + 1),
            Format::Bytes(count) => Some(count).filter(|n| *n <= text.len() && !text.is_empty()),
            Format::Number | Format::All => None,
        };
        let end = end.or(ended.then_some(text.len()))?;
        let all = matches!(format, Format::All);
        if text.is_empty() || all {
            self.ended.set(false); // a terminal may go on after its end of input
        }
        if text.is_empty() && !all {
            return Some(None);
        }
        let mut taken: Vec<u8> = text.drain(..end).collect();
        if let Format::Line { keep_end: false } = format {
            taken.pop_if(|last| *last == b'\n');
        }
        Some(Some(Found::Text(taken)))
    }

    fn take_number(&self, text: &mut Vec<u8>, ended: bool) -> Option<Option<Found>> {
        let space = text.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let (length, whole) = numeral(&text[space..]);
        let end = space + length;
        if end == text.len() && !ended {
            return None; // it may go on
        }
        if text.is_empty() {
            self.ended.set(false);
        }
        let taken: Vec<u8> = text.drain(..end).skip(space).collect();
        Some(whole.then_some(Found::Numeral(taken)))
    }
}

/// How much of a text stock Lua reads for `"n"` (`l_read_number` of `liolib.c`), and whether that is a numeral.
fn numeral(text: &[u8]) -> (usize, bool) {
    const LONGEST: usize = 200;
    let at = |index: usize| text.get(index).copied().unwrap_or(0);
    let digits = |from: usize, is: fn(&u8) -> bool| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|b| is(b)).count()
    };
    let mut end = usize::from(matches!(at(0), b'+' | b'-'));
    let hex = at(end) == b'0' && matches!(at(end + 1), b'x' | b'X');
    end += if hex { 2 } else { 0 };
    let is_digit: fn(&u8) -> bool = match hex {
        true => u8::is_ascii_hexdigit,
        false => u8::is_ascii_digit,
    };
    let mut count = digits(end, is_digit);
    end += count;
    if at(end) == b'.' {
        let fraction = digits(end + 1, is_digit);
        end += 1 + fraction;
        count += fraction;
    }
    let exponent = if hex { b'p' } else { b'e' };
    let mut whole = count > 0;
    if whole && at(end).eq_ignore_ascii_case(&exponent) {
        end += 1;
        end += usize::from(matches!(at(end), b'+' | b'-'));
        let exponent = digits(end, u8::is_ascii_digit);
        end += exponent;
        whole = exponent > 0;
    }
    (end, whole && end <= LONGEST)
}
