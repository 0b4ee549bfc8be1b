//! Values as people read them: `print`, interpolation, `to_string`, error messages.

use std::any::TypeId;
use std::fmt::Write;

use llmspell_core::Value;
use rhai::{Dynamic, Engine, FnPtr};

use crate::convert::{CLOSURE, Kept, Namespace, Object};
use crate::limits::VALUE_DEPTH;

/// Makes `print`, interpolation, `to_string` and `to_debug` show handles and nested values.
pub fn register(engine: &mut Engine) {
    let types = [
        TypeId::of::<Object>(),
        TypeId::of::<Namespace>(),
        TypeId::of::<FnPtr>(),
        TypeId::of::<rhai::Array>(),
        TypeId::of::<rhai::Map>(),
        TypeId::of::<rhai::Blob>(),
    ];
    for ty in types {
        for name in ["to_string", "to_debug", "print", "debug"] {
            engine.register_raw_fn(name, [ty], |_, args| Ok(quoted(args[0])));
        }
    }
}

/// What `debug` writes: strings in quotes.
pub fn quoted(value: &Dynamic) -> String {
    let mut out = String::new();
    write_dynamic(&mut out, value, 0);
    out
}

fn write_dynamic(out: &mut String, value: &Dynamic, depth: usize) {
    if depth > VALUE_DEPTH {
        out.push('…');
    } else if value.is_locked() {
        out.push_str("<in use>");
    } else if let Ok(items) = value.as_array_ref() {
        write_list(out, items.iter(), |out, item| {
            write_dynamic(out, item, depth + 1)
        });
    } else if let Ok(map) = value.as_map_ref() {
        write_map(
            out,
            map.iter().map(|(k, v)| (k.as_str(), v)),
            |out, item| write_dynamic(out, item, depth + 1),
        );
    } else {
        write_scalar(out, value);
    }
}

fn write_scalar(out: &mut String, value: &Dynamic) {
    if let Some(object) = value.read_lock::<Object>() {
        let _ = write!(out, "{}", object.0);
    } else if let Some(namespace) = value.read_lock::<Namespace>() {
        out.push_str(namespace.0.name);
    } else if let Some(function) = value.read_lock::<FnPtr>() {
        write_function(out, function.fn_name());
    } else if value.is_unit() {
        out.push_str("()");
    } else if value.is_string() {
        let _ = write!(out, "{value:?}");
    } else if let Ok(letter) = value.as_char() {
        let _ = write!(out, "{letter:?}");
    } else if let Ok(bytes) = value.as_blob_ref() {
        let _ = write!(out, "<{} bytes>", bytes.len());
    } else {
        let _ = write!(out, "{value}");
    }
}

fn write_function(out: &mut String, name: &str) {
    match name.starts_with(CLOSURE) {
        true => out.push_str("<function>"),
        false => {
            let _ = write!(out, "<function {name}>");
        }
    }
}

fn write_list<T>(out: &mut String, items: impl Iterator<Item = T>, write: impl Fn(&mut String, T)) {
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
    out.push(']');
}

fn write_map<'a, T>(
    out: &mut String,
    entries: impl Iterator<Item = (&'a str, T)>,
    write: impl Fn(&mut String, T),
) {
    out.push_str("#{");
    for (index, (key, item)) in entries.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        match rhai::is_valid_identifier(key) {
            true => out.push_str(key),
            false => {
                let _ = write!(out, "{key:?}");
            }
        }
        out.push_str(": ");
        write(out, item);
    }
    out.push('}');
}

/// A value as a REPL shows a result, with strings in quotes.
pub fn value(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

fn write_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        _ if depth > VALUE_DEPTH => out.push('…'),
        Value::List(items) => write_list(out, items.iter(), |out, item| {
            write_value(out, item, depth + 1)
        }),
        Value::Map(map) => write_map(
            out,
            map.iter().map(|(k, v)| (k.as_str(), v)),
            |out, item| write_value(out, item, depth + 1),
        ),
        Value::Nil => out.push_str("()"),
        Value::Callback(opaque) | Value::Any(opaque) => match opaque.get::<Kept>() {
            Some(kept) => write_dynamic(out, &kept.value, depth),
            None => out.push_str("<value of another language>"),
        },
        other => {
            let _ = write!(out, "{other:?}");
        }
    }
}
