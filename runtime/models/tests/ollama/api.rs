//! What Ollama's published API lets a request have: `docs/api.md` and `docs/openapi.yaml` of
//! <https://github.com/ollama/ollama>, and `api/types.go` for what only the server's own types tell.

use serde_json::Value;

use crate::server::Asked;

/// What a field may hold.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Texts,
    Flag,
    Integer,
    Number,
    /// "Format can be `json` or a JSON schema."
    Format,
    /// A boolean, or `high`, `medium`, `low`.
    Think,
    /// A number of seconds, or a duration such as `5m`.
    KeepAlive,
    TextOrTexts,
    Object(&'static [Field]),
    Objects(&'static [Field]),
    /// An object with any names.
    AnyObject,
}

struct Field {
    name: &'static str,
    kind: Kind,
    required: bool,
}

const fn must(name: &'static str, kind: Kind) -> Field {
    let required = true;
    Field {
        name,
        kind,
        required,
    }
}

const fn may(name: &'static str, kind: Kind) -> Field {
    let required = false;
    Field {
        name,
        kind,
        required,
    }
}

/// `Options` and `Runner` in `api/types.go`; a selection of them in `docs/openapi.yaml`, `ModelOptions`.
const OPTIONS: &[Field] = &[
    may("num_keep", Kind::Integer),
    may("seed", Kind::Integer),
    may("num_predict", Kind::Integer),
    may("top_k", Kind::Integer),
    may("top_p", Kind::Number),
    may("min_p", Kind::Number),
    may("typical_p", Kind::Number),
    may("repeat_last_n", Kind::Integer),
    may("temperature", Kind::Number),
    may("repeat_penalty", Kind::Number),
    may("presence_penalty", Kind::Number),
    may("frequency_penalty", Kind::Number),
    may("stop", Kind::Texts),
    may("num_ctx", Kind::Integer),
    may("num_batch", Kind::Integer),
    may("num_gpu", Kind::Integer),
    may("main_gpu", Kind::Integer),
    may("use_mmap", Kind::Flag),
    may("num_thread", Kind::Integer),
];

/// `docs/openapi.yaml`, `GenerateRequest`; the last two are in `api/types.go` alone.
const GENERATE: &[Field] = &[
    must("model", Kind::Text),
    may("prompt", Kind::Text),
    may("suffix", Kind::Text),
    may("images", Kind::Texts),
    may("format", Kind::Format),
    may("system", Kind::Text),
    may("stream", Kind::Flag),
    may("think", Kind::Think),
    may("raw", Kind::Flag),
    may("keep_alive", Kind::KeepAlive),
    may("options", Kind::Object(OPTIONS)),
    may("logprobs", Kind::Flag),
    may("top_logprobs", Kind::Integer),
    may("truncate", Kind::Flag),
    may("shift", Kind::Flag),
];

/// `docs/openapi.yaml`, `ToolCall`; `id` is in `api/types.go` alone.
const TOOL_CALL: &[Field] = &[
    may("id", Kind::Text),
    must(
        "function",
        Kind::Object(&[must("name", Kind::Text), may("arguments", Kind::AnyObject)]),
    ),
];

/// `docs/openapi.yaml`, `ChatMessage`; `thinking` and `tool_name` are in `docs/api.md`, "Generate a chat
/// completion", and `tool_call_id` in `api/types.go`.
const MESSAGE: &[Field] = &[
    must("role", Kind::Text),
    must("content", Kind::Text),
    may("images", Kind::Texts),
    may("tool_calls", Kind::Objects(TOOL_CALL)),
    may("thinking", Kind::Text),
    may("tool_name", Kind::Text),
    may("tool_call_id", Kind::Text),
];

/// `docs/openapi.yaml`, `ToolDefinition`.
const TOOL: &[Field] = &[
    must("type", Kind::Text),
    must(
        "function",
        Kind::Object(&[
            must("name", Kind::Text),
            may("description", Kind::Text),
            must("parameters", Kind::AnyObject),
        ]),
    ),
];

/// `docs/openapi.yaml`, `ChatRequest`; the last two are in `api/types.go` alone.
const CHAT: &[Field] = &[
    must("model", Kind::Text),
    must("messages", Kind::Objects(MESSAGE)),
    may("tools", Kind::Objects(TOOL)),
    may("format", Kind::Format),
    may("options", Kind::Object(OPTIONS)),
    may("stream", Kind::Flag),
    may("think", Kind::Think),
    may("keep_alive", Kind::KeepAlive),
    may("logprobs", Kind::Flag),
    may("top_logprobs", Kind::Integer),
    may("truncate", Kind::Flag),
    may("shift", Kind::Flag),
];

/// `docs/openapi.yaml`, `EmbedRequest`.
const EMBED: &[Field] = &[
    must("model", Kind::Text),
    must("input", Kind::TextOrTexts),
    may("truncate", Kind::Flag),
    may("dimensions", Kind::Integer),
    may("keep_alive", Kind::KeepAlive),
    may("options", Kind::Object(OPTIONS)),
];

/// `docs/api.md`, "Show Model Information".
const SHOW: &[Field] = &[must("model", Kind::Text), may("verbose", Kind::Flag)];

/// `docs/api.md`, "Pull a Model".
const PULL: &[Field] = &[
    must("model", Kind::Text),
    may("insecure", Kind::Flag),
    may("stream", Kind::Flag),
];

/// `docs/api.md`, "Delete a Model".
const DELETE: &[Field] = &[must("model", Kind::Text)];

/// In what a request is not as the API wants it.
pub fn problems(asked: &Asked) -> Vec<String> {
    let mut problems = Vec::new();
    let fields = match asked.line.as_str() {
        "GET /api/version" | "GET /api/tags" | "GET /api/ps" => {
            let quiet = asked.body.is_null();
            problems.extend((!quiet).then(|| format!("{}: has a body", asked.line)));
            return problems;
        }
        "POST /api/generate" => GENERATE,
        "POST /api/chat" => CHAT,
        "POST /api/embed" => EMBED,
        "POST /api/show" => SHOW,
        "POST /api/pull" => PULL,
        "DELETE /api/delete" => DELETE,
        other => return vec![format!("{other}: Ollama has nothing there")],
    };
    if !asked.json {
        problems.push(format!("{}: its body is not announced as JSON", asked.line));
    }
    object(&asked.line, fields, &asked.body, &mut problems);
    problems
}

fn object(place: &str, fields: &[Field], value: &Value, problems: &mut Vec<String>) {
    let Value::Object(object) = value else {
        problems.push(format!("{place}: {value} is no object"));
        return;
    };
    for field in fields.iter().filter(|field| field.required) {
        if !object.contains_key(field.name) {
            problems.push(format!("{place}: {} is missing", field.name));
        }
    }
    for (name, value) in object {
        match fields.iter().find(|field| field.name == name) {
            Some(field) => check(&format!("{place}.{name}"), field.kind, value, problems),
            None => problems.push(format!("{place}: unknown field {name}")),
        }
    }
}

fn check(place: &str, kind: Kind, value: &Value, problems: &mut Vec<String>) {
    let texts = |value: &Value| {
        value
            .as_array()
            .is_some_and(|all| all.iter().all(Value::is_string))
    };
    let fits = match kind {
        Kind::Text => value.is_string(),
        Kind::Texts => texts(value),
        Kind::TextOrTexts => value.is_string() || texts(value),
        Kind::Flag => value.is_boolean(),
        Kind::Integer => value.is_i64() || value.is_u64(),
        Kind::Number => value.is_number(),
        Kind::Format => value == "json" || value.is_object(),
        Kind::Think => {
            value.is_boolean() || ["high", "medium", "low"].iter().any(|level| value == level)
        }
        Kind::KeepAlive => {
            value.is_number()
                || value
                    .as_str()
                    .is_some_and(|text| text.ends_with(['s', 'm', 'h']))
        }
        Kind::AnyObject => value.is_object(),
        Kind::Object(fields) => return object(place, fields, value, problems),
        Kind::Objects(fields) => match value.as_array() {
            Some(objects) => {
                return objects
                    .iter()
                    .for_each(|value| object(place, fields, value, problems));
            }
            None => false,
        },
    };
    if !fits {
        problems.push(format!("{place}: {value} does not fit"));
    }
}

#[test]
fn requests_that_ollama_would_misread_are_found() {
    let problems = |line: &str, body: Value| {
        problems(&Asked {
            line: line.to_owned(),
            body,
            json: true,
        })
    };
    for (line, body) in [
        ("POST /api/chat", serde_json::json!({"model": "m"})),
        (
            "POST /api/chat",
            serde_json::json!({"model": "m", "messages": [{"role": "user"}]}),
        ),
        (
            "POST /api/generate",
            serde_json::json!({"model": "m", "temperature": 1}),
        ),
        (
            "POST /api/generate",
            serde_json::json!({"model": "m", "options": {"mirostat": 2}}),
        ),
        (
            "POST /api/generate",
            serde_json::json!({"model": "m", "think": "a lot"}),
        ),
        (
            "POST /api/embed",
            serde_json::json!({"model": "m", "input": [1]}),
        ),
        ("POST /api/show", serde_json::json!({"name": "m"})),
        ("GET /api/models", Value::Null),
    ] {
        assert!(!problems(line, body.clone()).is_empty(), "{line} {body}");
    }
}
