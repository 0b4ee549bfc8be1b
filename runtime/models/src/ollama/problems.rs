//! What can go wrong with a server, and what to do about it.

use reqwest::StatusCode;
use serde_json::Value;

use crate::Error;
use crate::ollama::server::{SIGN_OF_LIFE, Server};

impl Server {
    /// It has not told its version in time.
    pub fn no_sign_of_life(&self) -> Error {
        let reason = format!("no answer within {} s", SIGN_OF_LIFE.as_secs());
        self.health.note(Some(reason.clone()));
        self.unreachable(reason)
    }

    /// It cannot be reached.
    pub fn unreachable(&self, reason: String) -> Error {
        Error::Unreachable {
            server: self.name(),
            reason,
            hint:
                "; start it with `ollama serve`, or say where it runs with OLLAMA_HOST or base_url"
                    .to_owned(),
        }
    }

    /// It has said nothing for too long.
    pub fn silent(&self) -> Error {
        Error::Silent {
            server: self.name(),
            seconds: self.timeout.as_secs_f64(),
            hint: "; it hangs, or needs longer for this model: raise timeout_seconds".to_owned(),
        }
    }

    /// What came is not an answer, or not all of one.
    pub fn broken(&self, reason: impl Into<String>) -> Error {
        Error::BrokenAnswer {
            server: self.name(),
            reason: reason.into(),
        }
    }

    /// It says itself what is wrong, in the midst of an answer.
    pub fn failed(&self, reason: String) -> Error {
        Error::ServerFailed {
            server: self.name(),
            reason,
        }
    }

    /// It does not do it.
    pub fn refused(&self, status: StatusCode, reason: &str, hint: &str) -> Error {
        Error::ServerRefused {
            server: self.name(),
            status: status.as_u16(),
            reason: reason.chars().take(300).collect(),
            hint: hint.to_owned(),
        }
    }

    /// It does not have the model.
    pub fn not_there(&self, model: &str) -> Error {
        Error::NotFound {
            model: model.to_owned(),
            place: format!("is installed on {}", self.name()),
            hint: format!(
                "; get it with `llmspell model pull ollama/{model}` or `ollama pull {model}`"
            ),
        }
    }
}

/// What a server says in `{"error": …}`, if anything.
pub fn said(answer: &Value) -> Option<String> {
    match answer.get("error")? {
        Value::Null => None,
        Value::String(reason) if reason.is_empty() => None,
        Value::String(reason) => Some(reason.clone()),
        other => Some(other.to_string()),
    }
}

/// The innermost reason, which says most.
pub fn innermost(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    reason.to_string()
}
