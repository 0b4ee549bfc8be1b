//! Filters and tests that Jinja2 defines otherwise than the engine.

use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value, filters};

use super::methods::invalid;
use super::{json, methods, python, source};

pub fn install(environment: &mut Environment) {
    environment.set_formatter(python::format);
    environment.set_unknown_method_callback(methods::call);
    environment.add_filter("tojson", json::tojson);
    environment.add_filter("string", python::text);
    environment.add_filter(source::EACH, each);
    environment.add_filter("list", list);
    environment.add_filter("format", format);
    environment.add_filter("indent", indent);
    environment.add_filter("join", join);
    environment.add_filter("replace", replace);
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment.add_filter("int", int);
    environment.add_filter("float", float);
    environment.add_test("sequence", is_sequence);
    environment.add_test("iterable", is_iterable);
    environment.add_test("callable", is_callable);
}

/// The value itself; undefined is empty, none is an error.
fn each(value: Value) -> Result<Value, Error> {
    if value.is_none() {
        return Err(invalid("none is not iterable"));
    }
    Ok(value)
}

fn list(value: Value) -> Result<Value, Error> {
    Ok(each(value)?.try_iter()?.collect())
}

fn format(
    state: &mut State,
    value: &Value,
    arguments: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    methods::check_format(value.as_str().unwrap_or_default())?;
    filters::format(state, value, arguments)
}

/// `indent(width=4, first=false, blank=false)`; the width may be a text.
fn indent(
    text: &str,
    width: Option<Value>,
    first: Option<bool>,
    blank: Option<bool>,
    options: Kwargs,
) -> Result<String, Error> {
    let width = width.map_or_else(|| options.get("width"), |width| Ok(Some(width)))?;
    let first = first.map_or_else(|| options.get("first"), |first| Ok(Some(first)))?;
    let blank = blank.map_or_else(|| options.get("blank"), |blank| Ok(Some(blank)))?;
    options.assert_all_used()?;
    let indent = match width {
        Some(width) if width.kind() == ValueKind::String => width.to_string(),
        Some(width) => " ".repeat(usize::try_from(width)?.min(python::MAX_TEXT)),
        None => " ".repeat(4),
    };
    let lines: Vec<&str> = text.split('\n').collect();
    methods::check_length(lines.len(), &indent)?;
    let indented = |(number, line): (usize, &&str)| {
        let first = number > 0 || first == Some(true);
        let filled = !line.is_empty() || blank == Some(true) || number == 0;
        let indent = if first && filled { indent.as_str() } else { "" };
        format!("{indent}{line}")
    };
    Ok(lines
        .iter()
        .enumerate()
        .map(indented)
        .collect::<Vec<_>>()
        .join("\n"))
}

/// `join(separator="", attribute=none)`
fn join(
    state: &mut State,
    values: Value,
    separator: Option<String>,
    attribute: Option<Value>,
    options: Kwargs,
) -> Result<String, Error> {
    let separator = separator.map_or_else(|| options.get("d"), |d| Ok(Some(d)))?;
    let attribute = attribute.map_or_else(|| options.get("attribute"), |name| Ok(Some(name)))?;
    options.assert_all_used()?;
    let separator = separator.unwrap_or_default();
    let values = match attribute {
        Some(name) => state.apply_filter(
            "map",
            &[values, Kwargs::from_iter([("attribute", name)]).into()],
        )?,
        None => values,
    };
    let texts: Vec<String> = each(values)?
        .try_iter()?
        .map(|value| python::text(&value))
        .collect::<Result<_, _>>()?;
    methods::check_length(texts.len(), &separator)?;
    Ok(texts.join(&separator))
}

fn replace(text: &Value, old: &Value, new: &Value, count: Option<i64>) -> Result<Value, Error> {
    let text = python::text(text)?;
    methods::replace(&text, &python::text(old)?, &python::text(new)?, count)
}

fn default(
    value: Value,
    other: Option<Value>,
    boolean: Option<bool>,
    options: Kwargs,
) -> Result<Value, Error> {
    let boolean = match boolean {
        Some(boolean) => boolean,
        None => options.get::<Option<bool>>("boolean")?.unwrap_or(false),
    };
    let other = match other {
        Some(other) => Some(other),
        None => options.get("default_value")?,
    };
    options.assert_all_used()?;
    let absent = value.is_undefined() || (boolean && !value.is_true());
    Ok(if absent {
        other.unwrap_or_else(|| "".into())
    } else {
        value
    })
}

/// `int(value)`, or the default where that is an error.
fn int(value: Value, default: Option<i64>) -> Value {
    let number = match value.as_str() {
        Some(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| whole(text.parse().ok()?))
        }
        None if value.kind() == ValueKind::Bool => Some(value.is_true().into()),
        None if value.is_integer() => return value,
        None => f64::try_from(value).ok().and_then(whole),
    };
    number.or(default).unwrap_or(0).into()
}

fn whole(float: f64) -> Option<i64> {
    float.is_finite().then_some(float as i64)
}

/// `float(value)`, or the default where that is an error.
fn float(value: Value, default: Option<f64>) -> f64 {
    let number = match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None => f64::try_from(value).ok(),
    };
    number.or(default).unwrap_or(0.0)
}

/// Whatever has a length and items by number or key.
fn is_sequence(value: &Value) -> bool {
    let kinds = [
        ValueKind::Seq,
        ValueKind::Map,
        ValueKind::String,
        ValueKind::Undefined,
    ];
    kinds.contains(&value.kind())
}

fn is_iterable(value: &Value) -> bool {
    !value.is_none() && value.try_iter().is_ok()
}

fn is_callable(value: &Value) -> bool {
    value.kind() == ValueKind::Plain
}
