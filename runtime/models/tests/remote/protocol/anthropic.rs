//! Anthropic API reference, "Messages": requests as in "Create a Message", answers as in "Streaming messages".

use serde_json::{Value, json};

use super::{expect, known, list};
use crate::server::{Received, Reply};

const FIELDS: &[&str] = &[
    "model",
    "messages",
    "max_tokens",
    "system",
    "temperature",
    "top_k",
    "top_p",
    "stop_sequences",
    "stream",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
];

pub fn check(request: &Received) -> Result<(), String> {
    expect(
        !request.header("x-api-key").is_empty(),
        "x-api-key header is required",
    )?;
    let version = request.header("anthropic-version");
    expect(
        version == "2023-06-01",
        "anthropic-version: header is required",
    )?;
    if request.method == "GET" {
        return expect(request.path.starts_with("/v1/models"), "Not found");
    }
    expect(request.path == "/v1/messages", "Not found")?;
    let body = &request.body;
    known("body", body, FIELDS)?;
    expect(
        body["max_tokens"].as_u64() > Some(0),
        "max_tokens: Field required",
    )?;
    expect(body["stream"] == true, "this test streams")?;
    let mut calls = Vec::new();
    for message in list(body, "messages") {
        let role = message["role"].as_str();
        expect(
            matches!(role, Some("user" | "assistant")),
            "messages: Unexpected role",
        )?;
        let mut parts = list(message, "content").iter();
        parts.try_for_each(|part| check_part(part, &mut calls))?;
    }
    let schema = |tool: &Value| tool["input_schema"]["type"] == "object";
    expect(
        list(body, "tools").iter().all(schema),
        "tools: input_schema is required",
    )
}

fn check_part(part: &Value, calls: &mut Vec<Value>) -> Result<(), String> {
    match part["type"].as_str() {
        Some("text") => expect(part["text"] != "", "text content blocks must be non-empty"),
        Some("image") => expect(part["source"]["type"] == "base64", "image: unknown source"),
        Some("thinking") => expect(
            part["signature"].is_string(),
            "thinking.signature: Field required",
        ),
        Some("tool_use") => {
            expect(
                part["input"].is_object(),
                "tool_use.input: expected an object",
            )?;
            calls.push(part["id"].clone());
            Ok(())
        }
        Some("tool_result") => expect(
            calls.contains(&part["tool_use_id"]),
            "unexpected `tool_use_id` found in `tool_result` blocks",
        ),
        _ => Err(format!("content: unknown {part}")),
    }
}

/// Named events, whose names are their types.
pub fn stream(events: impl IntoIterator<Item = Value>) -> Reply {
    let event = |event: Value| {
        let name = event["type"].as_str().expect("a type").to_owned();
        format!("event: {name}\ndata: {event}\n\n")
    };
    Reply::events(events.into_iter().map(event))
}

pub fn start() -> Value {
    json!({"type": "message_start", "message": {
        "id": "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY", "type": "message", "role": "assistant", "content": [],
        "model": "claude-sonnet-4-5-20250929", "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 25, "cache_read_input_tokens": 7, "output_tokens": 1},
    }})
}

/// A content block: its start, its pieces, its end.
pub fn block(index: u64, block: Value, deltas: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut events =
        vec![json!({"type": "content_block_start", "index": index, "content_block": block})];
    let delta = |delta| json!({"type": "content_block_delta", "index": index, "delta": delta});
    events.extend(deltas.into_iter().map(delta));
    events.push(json!({"type": "content_block_stop", "index": index}));
    events
}

pub fn text(index: u64, pieces: &[&str]) -> Vec<Value> {
    let delta = |text: &&str| json!({"type": "text_delta", "text": text});
    block(
        index,
        json!({"type": "text", "text": ""}),
        pieces.iter().map(delta),
    )
}

pub fn end(stop_reason: &str) -> Vec<Value> {
    vec![
        json!({"type": "message_delta", "delta": {"stop_reason": stop_reason, "stop_sequence": null},
            "usage": {"output_tokens": 15}}),
        json!({"type": "message_stop"}),
    ]
}

/// An answer of pieces of text.
pub fn says(pieces: &[&str]) -> Reply {
    let ping = json!({"type": "ping"});
    stream([vec![start(), ping], text(0, pieces), end("end_turn")].concat())
}
