//! What the providers' published references say about requests, and answers in their shape.

pub mod anthropic;
pub mod gemini;
pub mod openai;

use serde_json::Value;

/// Looks for fields that the reference does not have.
fn known(place: &str, object: &Value, fields: &[&str]) -> Result<(), String> {
    let object = object
        .as_object()
        .ok_or(format!("{place}: expected an object"))?;
    match object.keys().find(|key| !fields.contains(&key.as_str())) {
        Some(key) => Err(format!("{place}: unknown field {key}")),
        None => Ok(()),
    }
}

fn expect(holds: bool, problem: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem.into()) }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
