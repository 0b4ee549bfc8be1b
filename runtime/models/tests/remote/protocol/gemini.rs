//! Gemini API reference, "Generating content": requests as in `models.streamGenerateContent`, answers as in
//! `GenerateContentResponse`; "Embeddings" and "Models".

use serde_json::{Value, json};

use super::{expect, known, list};
use crate::server::{Received, Reply};

const FIELDS: &[&str] = &[
    "contents",
    "tools",
    "toolConfig",
    "safetySettings",
    "systemInstruction",
    "generationConfig",
    "cachedContent",
];

/// Of `GenerationConfig`.
const CONFIG: &[&str] = &[
    "stopSequences",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "candidateCount",
    "maxOutputTokens",
    "temperature",
    "topP",
    "topK",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "responseLogprobs",
    "logprobs",
    "thinkingConfig",
];

pub fn check(request: &Received) -> Result<(), String> {
    expect(
        !request.header("x-goog-api-key").is_empty(),
        "API key not valid.",
    )?;
    expect(
        !request.path.contains("key="),
        "this test wants no key in an address",
    )?;
    if request.method == "GET" {
        return expect(request.path.starts_with("/v1beta/models"), "Not found");
    }
    if request.path.ends_with(":batchEmbedContents") {
        return expect(
            !list(&request.body, "requests").is_empty(),
            "at least one request",
        );
    }
    let path = request
        .path
        .strip_prefix("/v1beta/models/")
        .unwrap_or_default();
    expect(
        path.ends_with(":streamGenerateContent?alt=sse"),
        format!("Not found: {path}"),
    )?;
    let body = &request.body;
    known("body", body, FIELDS)?;
    if !body["generationConfig"].is_null() {
        known("generationConfig", &body["generationConfig"], CONFIG)?;
    }
    for content in list(body, "contents") {
        let role = content["role"].as_str();
        expect(
            matches!(role, Some("user" | "model" | "function")),
            "Please use a valid role",
        )?;
        list(content, "parts").iter().try_for_each(check_part)?;
    }
    expect(
        !list(body, "contents").is_empty(),
        "contents is not specified",
    )
}

fn check_part(part: &Value) -> Result<(), String> {
    let kinds = ["text", "inlineData", "functionCall", "functionResponse"];
    let has = kinds.iter().filter(|kind| !part[**kind].is_null()).count();
    expect(
        has == 1,
        format!("contents.parts must have one initialized field: {part}"),
    )
}

/// Chunks, each a whole response, as `alt=sse` gives them.
pub fn stream(chunks: impl IntoIterator<Item = Value>) -> Reply {
    Reply::events(
        chunks
            .into_iter()
            .map(|chunk| format!("data: {chunk}\r\n\r\n")),
    )
}

pub fn chunk(parts: Value, finish_reason: Option<&str>) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(reason) = finish_reason {
        candidate["finishReason"] = json!(reason);
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 6, "totalTokenCount": 14,
            "cachedContentTokenCount": 2},
        "modelVersion": "gemini-2.5-flash", "responseId": "mAitaLmkHPPlz7IPvtfUqQ4",
    })
}

/// An answer of pieces of text.
pub fn says(pieces: &[&str]) -> Reply {
    let last = pieces.len() - 1;
    let chunk = |(at, text): (usize, &&str)| {
        chunk(json!([{ "text": text }]), (at == last).then_some("STOP"))
    };
    stream(pieces.iter().enumerate().map(chunk))
}
