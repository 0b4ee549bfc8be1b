//! What only some backends can do: options that `LocalLLM` and `Agent` share. A backend that has no such option
//! says so.

use llmspell_core::spec::Ty;
use llmspell_core::{Bytes, FromValue, Mismatch, Value, api};
use llmspell_models::{Image, Request, Think};
use serde_json::Value as Json;

use crate::conversation;

/// How the model answers, on backends that can do that.
#[api(options)]
#[derive(Debug, Clone, Default)]
pub struct AnsweringOptions {
    /// A JSON schema that the answer has to fit, or `"json"` for any JSON; the reply's `data` is the answer read.
    /// Not in process.
    format: Option<Format>,
    /// Whether a model that can think before it answers does so: true, false, `"low"`, `"medium"` or `"high"`. Not
    /// in process.
    think: Option<Thinking>,
    /// Another server of the same kind as the configured one.
    base_url: Option<String>,
}

impl AnsweringOptions {
    /// These options where they are set, `fallback` elsewhere.
    pub fn or(self, fallback: Self) -> Self {
        Self {
            format: self.format.or(fallback.format),
            think: self.think.or(fallback.think),
            base_url: self.base_url.or(fallback.base_url),
        }
    }

    /// The request with these options.
    pub fn within(self, request: Request) -> Request {
        Request {
            format: self.format.map(|Format(format)| format),
            think: self.think.map(|Thinking(think)| think),
            base_url: self.base_url,
            ..request
        }
    }
}

/// A JSON schema; `true` fits any JSON.
#[derive(Debug, Clone)]
pub struct Format(Json);

impl FromValue for Format {
    const TY: Ty = Ty::Either(&[Ty::OneOf(&["json"]), Ty::Map(&Ty::Value)]);

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Str(name) if name == "json" => Ok(Self(true.into())),
            value @ Value::Map(_) => conversation::json(value).map(Self),
            Value::Str(other) => Err(Mismatch::new(Self::TY, format!("\"{other}\""))),
            other => Err(Mismatch::new(Self::TY, other.kind())),
        }
    }
}

/// Whether, and how much, to think.
#[derive(Debug, Clone, Copy)]
pub struct Thinking(Think);

impl FromValue for Thinking {
    const TY: Ty = Ty::Either(&[Ty::Bool, Ty::OneOf(&["low", "medium", "high"])]);

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let unfit = |got: String| Err(Mismatch::new(Self::TY, got));
        Ok(Self(match value {
            Value::Bool(true) => Think::On,
            Value::Bool(false) => Think::Off,
            Value::Str(level) => match level.as_str() {
                "low" => Think::Low,
                "medium" => Think::Medium,
                "high" => Think::High,
                other => return unfit(format!("\"{other}\"")),
            },
            other => return unfit(other.kind().to_string()),
        }))
    }
}

/// A picture: the path of its file, or the file's content.
#[derive(Debug, Clone)]
pub struct Picture(pub Image);

impl FromValue for Picture {
    const TY: Ty = Ty::Either(&[Ty::Str, Ty::Bytes]);

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Str(path) => Ok(Self(Image::Path(path.into()))),
            other => Bytes::from_value(other).map(|Bytes(content)| Self(Image::Bytes(content))),
        }
    }
}
