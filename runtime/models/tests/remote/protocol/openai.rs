//! OpenAI API reference, "Chat": requests as in "Create chat completion", answers as in "The chat completion
//! chunk object"; "Embeddings" and "Models".

use serde_json::{Value, json};

use super::{expect, known, list};
use crate::server::{Received, Reply};

/// The fields of "Create chat completion" that are not deprecated, and `max_tokens`.
const FIELDS: &[&str] = &[
    "model",
    "messages",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "seed",
    "logprobs",
    "top_logprobs",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "tools",
    "tool_choice",
    "response_format",
    "reasoning_effort",
];

/// Beyond those: vLLM's "Extra parameters" for chat, and llama-server's `repeat_penalty`.
const EXTRA: &[&str] = &[
    "top_k",
    "min_p",
    "repetition_penalty",
    "repeat_penalty",
    "chat_template_kwargs",
];

pub fn check(request: &Received) -> Result<(), String> {
    let key = request.header("authorization").strip_prefix("Bearer ");
    expect(
        key.is_some_and(|key| !key.is_empty()),
        "You didn't provide an API key.",
    )?;
    check_body(request, FIELDS)
}

/// A server without keys that speaks as OpenAI does.
pub fn check_compatible(request: &Received) -> Result<(), String> {
    check_body(request, &[FIELDS, EXTRA].concat())
}

fn check_body(request: &Received, fields: &[&str]) -> Result<(), String> {
    let (method, path) = (request.method.as_str(), request.path.as_str());
    match (method, path) {
        ("GET", "/v1/models") => return Ok(()),
        ("POST", "/v1/embeddings") => return check_embedding(&request.body),
        ("POST", "/v1/chat/completions") => {}
        _ => return Err(format!("Invalid URL ({method} {path})")),
    }
    let body = &request.body;
    known("body", body, fields)?;
    expect(
        body["model"].is_string(),
        "you must provide a model parameter",
    )?;
    expect(body["stream"] == true, "this test streams")?;
    expect(
        !list(body, "messages").is_empty(),
        "[] is too short - 'messages'",
    )?;
    let mut calls = Vec::new();
    for message in list(body, "messages") {
        check_message(message, &mut calls)?;
    }
    list(body, "tools").iter().try_for_each(check_tool)
}

fn check_message(message: &Value, calls: &mut Vec<Value>) -> Result<(), String> {
    match message["role"].as_str() {
        Some("system" | "user") => check_content(&message["content"]),
        Some("assistant") => {
            for call in list(message, "tool_calls") {
                let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
                let arguments: Result<Value, _> = serde_json::from_str(arguments);
                expect(call["type"] == "function", "a call's type is function")?;
                expect(arguments.is_ok(), "arguments are JSON in a string")?;
                calls.push(call["id"].clone());
            }
            let has_calls = !list(message, "tool_calls").is_empty();
            expect(
                has_calls || message["content"].is_string(),
                "an assistant says something",
            )
        }
        Some("tool") => {
            expect(
                message["content"].is_string(),
                "a tool's content is a string",
            )?;
            let known = calls.contains(&message["tool_call_id"]);
            expect(
                known,
                "messages with role 'tool' must be a response to 'tool_calls'",
            )
        }
        _ => Err(format!("Invalid value: {}", message["role"])),
    }
}

fn check_content(content: &Value) -> Result<(), String> {
    let part = |part: &Value| match part["type"].as_str() {
        Some("text") => expect(part["text"].is_string(), "a text part has text"),
        Some("image_url") => {
            let url = part["image_url"]["url"].as_str().unwrap_or_default();
            expect(url.starts_with("data:image/"), "an image is a data URL")
        }
        _ => Err(format!("Invalid part: {part}")),
    };
    match content {
        Value::String(_) => Ok(()),
        Value::Array(parts) => parts.iter().try_for_each(part),
        _ => Err("content is text or parts".to_owned()),
    }
}

fn check_tool(tool: &Value) -> Result<(), String> {
    expect(tool["type"] == "function", "a tool's type is function")?;
    let function = &tool["function"];
    known(
        "function",
        function,
        &["name", "description", "parameters", "strict"],
    )?;
    expect(
        function["parameters"]["type"] == "object",
        "parameters are an object",
    )
}

fn check_embedding(body: &Value) -> Result<(), String> {
    known(
        "body",
        body,
        &["input", "model", "encoding_format", "dimensions", "user"],
    )?;
    expect(!list(body, "input").is_empty(), "'input' cannot be empty")
}

/// A stream of chunks and its end.
pub fn stream(chunks: impl IntoIterator<Item = Value>) -> Reply {
    let event = |chunk: Value| format!("data: {chunk}\n\n");
    let events = chunks.into_iter().map(event);
    Reply::events(events.chain(["data: [DONE]\n\n".to_owned()]))
}

pub fn chunk(delta: Value, finish_reason: Value) -> Value {
    json!({
        "id": "chatcmpl-123", "object": "chat.completion.chunk", "created": 1694268190,
        "model": "gpt-4o-mini", "system_fingerprint": "fp_44709d6fcb",
        "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason}],
    })
}

/// The chunk that `stream_options.include_usage` asks for.
pub fn usage(prompt: u64, completion: u64, cached: u64) -> Value {
    json!({
        "id": "chatcmpl-123", "object": "chat.completion.chunk", "created": 1694268190,
        "model": "gpt-4o-mini", "choices": [],
        "usage": {
            "prompt_tokens": prompt, "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    })
}

/// An answer of pieces of text.
pub fn says(pieces: &[&str]) -> Reply {
    let start = chunk(json!({"role": "assistant", "content": ""}), Value::Null);
    let text = pieces
        .iter()
        .map(|piece| chunk(json!({ "content": piece }), Value::Null));
    let end = [chunk(json!({}), json!("stop")), usage(11, 5, 4)];
    stream([start].into_iter().chain(text).chain(end))
}
