//! `JSON`: text and values.

use llmspell_core::{Error, Map, Mismatch, Value, api};
use serde_json::Value as Json;
use serde_json::ser::{PrettyFormatter, Serializer};

/// JSON for scripts.
pub struct JsonText;

/// How `JSON.stringify` writes.
#[api(options)]
pub struct StringifyOptions {
    /// Whether to break lines and indent.
    pretty: Option<bool>,
    /// How many spaces to indent by, 2 unless told; implies `pretty`, and is an error with `pretty = false`.
    indent: Option<usize>,
}

/// JSON text (RFC 8259).
#[api(namespace = "JSON")]
impl JsonText {
    /// The value that a JSON text stands for; `null` becomes nothing.
    ///
    /// ```lua
    /// assert(JSON.parse('{"a": [1, 2]}').a[2] == 2)
    /// ```
    /// ```rhai
    /// if JSON.parse(`{"a": [1, 2]}`).a[1] != 2 { throw "wrong item" }
    /// ```
    fn parse(text: String) -> Result<Value, Error> {
        let parsed: Result<Json, _> = serde_json::from_str(&text);
        parsed
            .map(from_json)
            .map_err(|e| Error::Raise(format!("JSON.parse: {e}")))
    }

    /// A value as JSON text, with the keys of every map in order.
    ///
    /// ```lua
    /// assert(JSON.stringify({ b = 1, a = { true } }) == '{"a":[true],"b":1}')
    /// ```
    /// ```rhai
    /// if JSON.stringify(#{ b: 1, a: [true] }) != `{"a":[true],"b":1}` { throw "wrong text" }
    /// ```
    fn stringify(value: Value, options: Option<StringifyOptions>) -> Result<String, Error> {
        let problem = |e: Mismatch| Error::Raise(format!("JSON.stringify: {e}"));
        let json = to_json(value).map_err(problem)?;
        let (pretty, indent) = options.map_or((None, None), |o| (o.pretty, o.indent));
        if indent.is_some_and(|n| n > 16) {
            let problem = "options.indent: expected at most 16 spaces";
            return Err(Error::Raise(format!("JSON.stringify: {problem}")));
        }
        if pretty == Some(false) && indent.is_some() {
            let problem = "options.indent: with pretty = false there is nothing to indent; leave one of them out";
            return Err(Error::Raise(format!("JSON.stringify: {problem}")));
        }
        match pretty.unwrap_or(indent.is_some()) {
            false => Ok(json.to_string()),
            true => Ok(indented(&json, indent.unwrap_or(2))),
        }
    }

    /// Marks a list as a JSON array, so that it is written as `[]` even when it is empty.
    ///
    /// ```lua
    /// assert(JSON.stringify({ items = JSON.array({}) }) == '{"items":[]}')
    /// ```
    /// ```rhai
    /// if JSON.stringify(#{ items: JSON.array([]) }) != `{"items":[]}` { throw "wrong text" }
    /// ```
    fn array(list: Vec<Value>) -> Vec<Value> {
        list
    }
}

fn indented(json: &Json, spaces: usize) -> String {
    let indent = " ".repeat(spaces);
    let formatter = PrettyFormatter::with_indent(indent.as_bytes());
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, formatter);
    serde::Serialize::serialize(json, &mut serializer).expect("writing to memory cannot fail");
    String::from_utf8(out).expect("JSON text is UTF-8")
}

/// JSON as a script value.
pub fn from_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Bool(b),
        Json::Number(n) => match n.as_i64() {
            Some(i) => Value::Int(i),
            None => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(s) => Value::Str(s),
        Json::Array(items) => Value::List(items.into_iter().map(from_json).collect()),
        Json::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| (key, from_json(value)));
            Value::Map(Box::new(entries.collect::<Map>()))
        }
    }
}

/// A script value as JSON, or why it has none. Keys of maps come in order.
pub fn to_json(value: Value) -> Result<Json, Mismatch> {
    let refuse = |what: &str| Err(Mismatch::new("a value that JSON can hold", what));
    Ok(match value {
        Value::Nil => Json::Null,
        Value::Bool(b) => Json::Bool(b),
        Value::Int(i) => Json::from(i),
        Value::Float(x) => match serde_json::Number::from_f64(x) {
            Some(number) => Json::Number(number),
            None => return refuse(&x.to_string()),
        },
        Value::Str(s) => Json::String(s),
        Value::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(_) => return refuse("bytes"),
            Err(_) => return refuse("bytes that are not UTF-8"),
        },
        Value::List(items) => {
            let item = |(index, item)| to_json(item).map_err(|e: Mismatch| e.at_index(index));
            Json::Array(
                items
                    .into_iter()
                    .enumerate()
                    .map(item)
                    .collect::<Result<_, _>>()?,
            )
        }
        Value::Map(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            let entry = |(key, value): (String, Value)| match to_json(value) {
                Ok(json) => Ok((key, json)),
                Err(e) => Err(e.at(&key)),
            };
            Json::Object(entries.into_iter().map(entry).collect::<Result<_, _>>()?)
        }
        other => return refuse(other.kind()),
    })
}
