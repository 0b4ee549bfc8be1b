//! The `tojson` filter as chat templates know it: Python's `json.dumps`, nothing escaped for HTML.

use std::fmt::Write;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};

use super::guard::MARKS;
use super::{methods, python};

/// `value | tojson(indent=2)`, with the options of `json.dumps`: `ensure_ascii` (false here),
/// `separators` and `sort_keys`.
pub fn tojson(value: &Value, indent: Option<Value>, options: Kwargs) -> Result<String, Error> {
    let indent = match indent {
        Some(indent) => Some(indent),
        None => options.get::<Option<Value>>("indent")?,
    };
    let mut dump = Dump::new(indent.filter(|indent| !indent.is_none()))?;
    dump.ensure_ascii = options
        .get::<Option<bool>>("ensure_ascii")?
        .unwrap_or(false);
    dump.sort_keys = options.get::<Option<bool>>("sort_keys")?.unwrap_or(false);
    if let Some(separators) = options.get::<Option<Vec<String>>>("separators")? {
        let Ok([items, keys]) = <[String; 2]>::try_from(separators) else {
            return Err(methods::invalid("tojson: separators are two texts"));
        };
        (dump.item_separator, dump.key_separator) = (items, keys);
    }
    options.assert_all_used()?;
    dump.value(value, 0)?;
    Ok(dump.out)
}

struct Dump {
    /// What a level of nesting is set in by; `None`: all in one line.
    indent: Option<String>,
    item_separator: String,
    key_separator: String,
    ensure_ascii: bool,
    sort_keys: bool,
    out: String,
}

impl Dump {
    fn new(indent: Option<Value>) -> Result<Self, Error> {
        let indent = match indent {
            None => None,
            Some(text) if text.kind() == ValueKind::String => Some(text.to_string()),
            // A bound for what hostile templates write.
            Some(width) => Some(" ".repeat(usize::try_from(width)?.min(64))),
        };
        Ok(Self {
            item_separator: if indent.is_some() { "," } else { ", " }.to_owned(),
            key_separator: ": ".to_owned(),
            indent,
            ensure_ascii: false,
            sort_keys: false,
            out: String::new(),
        })
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        python::check_size(&self.out, depth)?;
        match value.kind() {
            ValueKind::String => self.string(value.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => self.list(value, depth)?,
            ValueKind::Map => self.map(value, depth)?,
            _ => self.out += &scalar(value)?,
        }
        Ok(())
    }

    fn list(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        self.out.push('[');
        let mut count = 0;
        for item in value.try_iter()? {
            self.next(count, depth + 1);
            self.value(&item, depth + 1)?;
            count += 1;
        }
        self.end(count, depth);
        self.out.push(']');
        Ok(())
    }

    fn map(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        let mut keys = value.try_iter()?.collect::<Vec<_>>();
        if self.sort_keys {
            keys.sort();
        }
        self.out.push('{');
        for (index, key) in keys.iter().enumerate() {
            self.next(index, depth + 1);
            match key.as_str() {
                Some(text) => self.string(text),
                None => self.string(&scalar(key)?),
            }
            self.out += &self.key_separator;
            self.value(&value.get_item(key)?, depth + 1)?;
        }
        self.end(keys.len(), depth);
        self.out.push('}');
        Ok(())
    }

    fn next(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.out += &self.item_separator;
        }
        self.line(depth);
    }

    fn end(&mut self, count: usize, depth: usize) {
        if count > 0 {
            self.line(depth);
        }
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            self.out += &indent.repeat(depth);
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                c if MARKS.contains(&c) => self.out.push(c), // it is dropped, whatever is around it
                c if c < ' ' || (self.ensure_ascii && c > '~') => self.escape(c),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn escape(&mut self, c: char) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(self.out, "\\u{unit:04x}");
        }
    }
}

fn scalar(value: &Value) -> Result<String, Error> {
    Ok(match value.kind() {
        ValueKind::None => "null".to_owned(),
        ValueKind::Bool => value.is_true().to_string(),
        ValueKind::Number => match python::number(value).as_str() {
            "inf" => "Infinity".to_owned(),
            "-inf" => "-Infinity".to_owned(),
            "nan" => "NaN".to_owned(),
            number => number.to_owned(),
        },
        kind => {
            let reason = format!("a value that is {kind} is not JSON serializable");
            return Err(Error::new(ErrorKind::BadSerialization, reason));
        }
    })
}
