//! The body of a request for an answer.

use ollama_rs::generation::parameters::ThinkType;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::ollama::messages::{self, Sent};
use crate::ollama::options::{options, unfit};
use crate::request::{KeepAlive, Overflow, Prompt, Request, Think};

/// `GenerateRequest` or `ChatRequest` of `api/types.go`.
#[derive(Serialize)]
pub struct Body {
    model: String,
    #[serde(flatten)]
    prompt: Asked,
    stream: bool,
    options: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_alive: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<ThinkType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<usize>,
    /// Whether the oldest messages are left out when there are too many, which Ollama does unless told.
    truncate: bool,
    /// Whether the oldest tokens are forgotten when the context is full, which Ollama does unless told.
    shift: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Asked {
    Generate {
        prompt: String,
        /// Without the model's template.
        raw: bool,
    },
    Chat {
        messages: Vec<Sent>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tools: Vec<Value>,
    },
}

impl Body {
    /// The body for a model, by the name that Ollama knows it by.
    pub async fn new(model: &str, request: Request) -> Result<Self, Error> {
        let options = options(&request)?;
        let conversation = matches!(request.prompt, Prompt::Chat(_));
        let logprobs = request.sampling.logprobs;
        Ok(Self {
            model: model.to_owned(),
            stream: true,
            options,
            format: request.format.map(format).transpose()?,
            keep_alive: request.loading.keep_alive.map(keep_alive),
            think: request.think.map(think),
            logprobs,
            top_logprobs: request
                .sampling
                .top_logprobs
                .filter(|_| logprobs == Some(true)),
            truncate: conversation && request.on_overflow == Overflow::DropOldest,
            shift: false,
            prompt: match request.prompt {
                Prompt::Raw(_) if !request.tools.is_empty() => {
                    return Err(unfit("tools", "a conversation beside them", "a raw prompt"));
                }
                Prompt::Raw(prompt) => Asked::Generate { prompt, raw: true },
                Prompt::Chat(sent) => Asked::Chat {
                    messages: messages::sent(sent).await?,
                    tools: request.tools.into_iter().map(messages::tool).collect(),
                },
            },
        })
    }

    /// Where it is sent to.
    pub fn path(&self) -> &'static str {
        match self.prompt {
            Asked::Generate { .. } => "/api/generate",
            Asked::Chat { .. } => "/api/chat",
        }
    }
}

/// How long the model stays loaded, in seconds, or as a text with its unit, since Ollama cuts off fractions; -1 is
/// for ever. Ollama unloads such a model, too, when another needs its memory.
pub fn keep_alive(wanted: KeepAlive) -> Value {
    match wanted {
        KeepAlive::UntilNeeded | KeepAlive::Forever => json!(-1),
        KeepAlive::For(length) if length.subsec_nanos() == 0 => json!(length.as_secs()),
        KeepAlive::For(length) => json!(format!("{}ns", length.as_nanos())),
    }
}

fn format(wanted: Value) -> Result<Value, Error> {
    match wanted {
        Value::Bool(true) => Ok(json!("json")),
        Value::Object(_) => Ok(wanted),
        other => Err(unfit(
            "format",
            "a JSON schema, or true for any JSON",
            other,
        )),
    }
}

fn think(wanted: Think) -> ThinkType {
    match wanted {
        Think::Off => ThinkType::False,
        Think::On => ThinkType::True,
        Think::Low => ThinkType::Low,
        Think::Medium => ThinkType::Medium,
        Think::High => ThinkType::High,
    }
}
