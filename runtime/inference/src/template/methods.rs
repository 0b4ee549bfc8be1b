//! Python's methods of strings, as far as the engine's own lack or differ.

use minijinja::value::{Kwargs, Tuple, from_args};
use minijinja::{Error, ErrorKind, State, Value, filters};
use minijinja_contrib::pycompat;

use super::python;

/// A method of a string, list or dictionary.
pub fn call(
    state: &mut State,
    value: &Value,
    name: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    let Some(text) = value.as_str() else {
        return pycompat::unknown_method_callback(state, value, name, arguments);
    };
    match name {
        "split" => split(value, arguments),
        "rsplit" => rsplit(text, arguments),
        "partition" => partition(text, arguments, str::split_once, [0, 1, 2]),
        "rpartition" => partition(text, arguments, str::rsplit_once, [2, 1, 0]),
        "removeprefix" => remove(text, arguments, str::strip_prefix),
        "removesuffix" => remove(text, arguments, str::strip_suffix),
        "index" => index(state, value, arguments),
        "format" => {
            check_format(text)?;
            pycompat::unknown_method_callback(state, value, name, arguments)
        }
        "replace" => {
            let (old, new, most) = from_args(arguments)?;
            replace(text, old, new, most)
        }
        "join" => join(text, arguments),
        "title" => title(text, arguments),
        _ => pycompat::unknown_method_callback(state, value, name, arguments),
    }
}

/// `(sep=None, maxsplit=-1)`
fn split_arguments(arguments: &[Value]) -> Result<(Option<String>, Option<i64>), Error> {
    let (separator, most, options): (Option<String>, Option<i64>, Kwargs) = from_args(arguments)?;
    let separator = match separator {
        Some(separator) => Some(separator),
        None => options.get("sep")?,
    };
    let most = match most {
        Some(most) => Some(most),
        None => options.get("maxsplit")?,
    };
    options.assert_all_used()?;
    if separator.as_deref() == Some("") {
        return Err(invalid("empty separator"));
    }
    Ok((separator, most.filter(|&most| most >= 0)))
}

fn split(value: &Value, arguments: &[Value]) -> Result<Value, Error> {
    let (separator, most) = split_arguments(arguments)?;
    filters::split(value, separator.map(Into::into), most)
}

fn rsplit(text: &str, arguments: &[Value]) -> Result<Value, Error> {
    let (separator, most) = split_arguments(arguments)?;
    let most = most.map_or(usize::MAX, |most| most as usize + 1);
    let mut parts: Vec<&str> = match &separator {
        Some(separator) => text.rsplitn(most, separator.as_str()).collect(),
        None => text.trim().rsplitn(most, char::is_whitespace).collect(),
    };
    if separator.is_none() {
        parts = parts
            .iter()
            .map(|part| part.trim())
            .filter(|part| !part.is_empty())
            .collect();
    }
    parts.reverse();
    Ok(parts.into_iter().map(Value::from).collect())
}

/// `places` says where in the result the text goes that has no separator, the other two being empty.
fn partition<'t>(
    text: &'t str,
    arguments: &'t [Value],
    split: impl Fn(&'t str, &'t str) -> Option<(&'t str, &'t str)>,
    places: [usize; 3],
) -> Result<Value, Error> {
    let (separator,): (&str,) = from_args(arguments)?;
    let mut parts = ["", "", ""];
    match split(text, separator) {
        Some((before, after)) => parts = [before, separator, after],
        None => parts[places[0]] = text,
    }
    Ok(Tuple::from(parts.map(Value::from)).into())
}

fn remove<'t>(
    text: &'t str,
    arguments: &'t [Value],
    strip: impl Fn(&'t str, &'t str) -> Option<&'t str>,
) -> Result<Value, Error> {
    let (affix,): (&str,) = from_args(arguments)?;
    Ok(strip(text, affix).unwrap_or(text).into())
}

fn index(state: &mut State, value: &Value, arguments: &[Value]) -> Result<Value, Error> {
    let found = pycompat::unknown_method_callback(state, value, "find", arguments)?;
    match found.as_i64() {
        Some(-1) => Err(invalid("substring not found")),
        _ => Ok(found),
    }
}

/// Widths of more than four digits are nothing that a prompt needs.
pub fn check_format(format: &str) -> Result<(), Error> {
    let mut numbers = format.split(|c: char| !c.is_ascii_digit());
    match numbers.any(|number| number.len() > 4) {
        true => Err(invalid("a format is too wide")),
        false => Ok(()),
    }
}

/// A negative count is all.
pub fn replace(text: &str, old: &str, new: &str, most: Option<i64>) -> Result<Value, Error> {
    let most = usize::try_from(most.unwrap_or(-1)).unwrap_or(usize::MAX);
    check_length(text.matches(old).count().min(most), new)?;
    Ok(text.replacen(old, new, most).into())
}

fn join(text: &str, arguments: &[Value]) -> Result<Value, Error> {
    let (values,): (&Value,) = from_args(arguments)?;
    let mut parts = Vec::new();
    for (index, value) in values.try_iter()?.enumerate() {
        match value.as_str() {
            Some(part) => parts.push(part.to_owned()),
            None => return Err(invalid(format!("join: item {index} is no string"))),
        }
    }
    check_length(parts.len(), text)?;
    Ok(parts.join(text).into())
}

/// The engine charges for a text that it has; this refuses one that it should never have.
pub fn check_length(count: usize, text: &str) -> Result<(), Error> {
    match count.saturating_mul(text.len()) > python::MAX_TEXT {
        true => Err(invalid("a text becomes too long")),
        false => Ok(()),
    }
}

/// Upper case after whatever is no letter.
fn title(text: &str, arguments: &[Value]) -> Result<Value, Error> {
    let () = from_args(arguments)?;
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match inside {
            true => out.extend(c.to_lowercase()),
            false => out.extend(c.to_uppercase()),
        }
        inside = c.is_alphabetic();
    }
    Ok(out.into())
}

pub fn invalid(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason.into())
}
