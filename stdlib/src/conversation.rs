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
    let role = match &value {
        Value::Map(fields) => fields.get("role").map_or("nothing", Value::kind),
        other => return Err(Mismatch::new("map", other.kind())),
    };
    match json(value)? {
        Json::Object(fields) if role == "string" => Ok(fields),
        _ => Err(Mismatch::new("string", role).at("role")),
    }
}

/// Tools, each of which is a map.
pub fn tools(tools: Vec<Value>) -> Result<Json, Mismatch> {
    let tool = |(index, tool): (usize, Value)| match tool {
        Value::Map(_) => json(tool).map_err(|e| e.at_index(index)),
        other => Err(Mismatch::new("map", other.kind()).at_index(index)),
    };
    tools.into_iter().enumerate().map(tool).collect()
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
