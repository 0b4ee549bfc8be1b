//! Script messages and tools as chat templates read them.

use llmspell_core::{Mismatch, Value};
use serde_json::{Map, Value as Json};

use crate::json::to_json;

/// Keys in the order that models were trained on. Script tables have no order of their own, and a template
/// may write a tool out as it is.
const ORDER: &[&str] = &[
    "role",
    "content",
    "id",
    "type",
    "function",
    "name",
    "description",
    "parameters",
    "arguments",
    "properties",
    "required",
];

/// A conversation, each of whose messages is a map with a `role`.
pub fn messages(messages: Vec<Value>) -> Result<Vec<Map<String, Json>>, Mismatch> {
    let message = |(index, value)| message(value).map_err(|e: Mismatch| e.at_index(index));
    messages.into_iter().enumerate().map(message).collect()
}

fn message(value: Value) -> Result<Map<String, Json>, Mismatch> {
    match json(value)? {
        Json::Object(fields) if fields.get("role").is_some_and(Json::is_string) => Ok(fields),
        Json::Object(_) => Err(Mismatch::new("a string", "nil").at("role")),
        _ => Err(Mismatch::new("a message", "another value")),
    }
}

/// A value whose maps have their keys in the usual order, the others behind by name.
pub fn json(value: Value) -> Result<Json, Mismatch> {
    Ok(in_order(to_json(value)?))
}

fn in_order(json: Json) -> Json {
    match json {
        Json::Array(items) => items.into_iter().map(in_order).collect(),
        Json::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by_key(|(key, _)| place(key));
            let inner = fields
                .into_iter()
                .map(|(key, value)| (key, in_order(value)));
            Json::Object(inner.collect())
        }
        other => other,
    }
}

fn place(key: &str) -> usize {
    let known = ORDER.iter().position(|known| *known == key);
    known.unwrap_or(ORDER.len())
}
