//! Values as Python prints them, which templates were written against.

use std::fmt::Write;

use minijinja::value::ValueKind;
use minijinja::{Error, Output, State, Value};

use super::methods::invalid;

/// Values inside values; Python ends at about a thousand.
pub const MAX_DEPTH: usize = 100;
/// Bytes of one text: few values that contain each other many times can spell a very long one.
pub const MAX_TEXT: usize = 16 << 20;

pub fn check_size(text: &str, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(invalid("a value nests too deep"));
    }
    if text.len() > MAX_TEXT {
        return Err(invalid("a text becomes too long"));
    }
    Ok(())
}

/// The environment's formatter: `{{ value }}`.
pub fn format(out: &mut Output, _state: &mut State, value: &Value) -> Result<(), Error> {
    Ok(out.write_str(&text(value)?)?)
}

/// `str(value)`.
pub fn text(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Undefined => Ok(String::new()),
        ValueKind::String => Ok(value.as_str().unwrap_or_default().to_owned()),
        _ => {
            let mut out = String::new();
            push_repr(value, 0, &mut out)?;
            Ok(out)
        }
    }
}

/// Appends `repr(value)`.
fn push_repr(value: &Value, depth: usize, out: &mut String) -> Result<(), Error> {
    check_size(out, depth)?;
    match value.kind() {
        ValueKind::None => out.push_str("None"),
        ValueKind::Bool => out.push_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::String => push_quoted(value.as_str().unwrap_or_default(), out),
        ValueKind::Number => out.push_str(&number(value)),
        ValueKind::Seq | ValueKind::Iterable => push_items(value, depth + 1, out)?,
        ValueKind::Map => {
            out.push('{');
            for (index, key) in value.try_iter()?.enumerate() {
                separate(index, out);
                push_repr(&key, depth + 1, out)?;
                out.push_str(": ");
                push_repr(&value.get_item(&key)?, depth + 1, out)?;
            }
            out.push('}');
        }
        _ => out.push_str(&value.to_string()),
    }
    Ok(())
}

fn push_items(value: &Value, depth: usize, out: &mut String) -> Result<(), Error> {
    let [open, close] = if value.is_tuple() {
        ['(', ')']
    } else {
        ['[', ']']
    };
    out.push(open);
    let mut count = 0;
    for item in value.try_iter()? {
        separate(count, out);
        push_repr(&item, depth, out)?;
        count += 1;
    }
    if value.is_tuple() && count == 1 {
        out.push(',');
    }
    out.push(close);
    Ok(())
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push_str(", ");
    }
}

/// `repr` of a number, which JSON shares but for infinities.
pub fn number(value: &Value) -> String {
    match f64::try_from(value.clone()) {
        Ok(float) if !value.is_integer() => float_repr(float),
        _ => value.to_string(),
    }
}

/// The shortest digits that read back as the same number, with an exponent outside 1e-4 to 1e16.
fn float_repr(float: f64) -> String {
    if !float.is_finite() {
        return float.to_string().to_lowercase();
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific
        .split_once('e')
        .expect("the format has an exponent");
    let exponent: i32 = exponent.parse().expect("exponents are small integers");
    if (-4..16).contains(&exponent) {
        return format!("{float:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Python prefers single quotes, and double quotes where that saves an escape.
fn push_quoted(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
}
