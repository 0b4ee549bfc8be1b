//! What went wrong at a provider, so that people know what to do.

use std::error::Error as StdError;

use rig_core::ProviderError;
use rig_core::http_client;
use serde_json::Value;

use super::endpoint::Endpoint;
use crate::Error;

/// The most of a provider's own words, in characters.
const LONGEST: usize = 600;

impl Endpoint {
    /// Says what a failure means.
    pub(super) fn failure(&self, error: &ProviderError) -> Error {
        if let Some(answer) = error.provider_response() {
            let status = answer.status.map(|status| status.as_u16());
            let wait = answer
                .headers
                .as_ref()
                .and_then(|headers| headers.get("retry-after"));
            let wait = wait.and_then(|wait| wait.to_str().ok());
            return self.answered(status, &answer.body, wait);
        }
        match error {
            ProviderError::Http(error) => self.unanswered(error),
            ProviderError::Truncated => self.cut_off("the end is missing"),
            ProviderError::UnsupportedOption(option) => Error::NotOfModel {
                option: parameter(&option.option).to_owned(),
                model: option.model.clone(),
                provider: self.name.clone(),
                reason: option.reason.clone(),
            },
            ProviderError::Request(error) => {
                self.error("cannot be asked this", &error.to_string(), "")
            }
            ProviderError::Response(text) | ProviderError::Provider(text) => {
                self.error("answered what cannot be understood", text, "")
            }
            other => self.error("answered what cannot be understood", &other.to_string(), ""),
        }
    }

    /// The server answered with an error.
    fn answered(&self, status: Option<u16>, body: &str, wait: Option<&str>) -> Error {
        let message = message(body);
        let variable = self.variable.as_deref().unwrap_or("api_key_env");
        let (what, hint) = match status {
            Some(401) => (
                "refused the key",
                format!("; set {variable} to one that is valid"),
            ),
            Some(403) => (
                "does not allow this",
                "; the key lacks the right to it".to_owned(),
            ),
            Some(404) => (
                "has no such thing",
                "; check the model's name, and base_url".to_owned(),
            ),
            Some(429) => (
                "takes no more requests for now",
                match wait {
                    Some(wait) if wait.parse::<u64>().is_ok() => {
                        format!("; try again in {wait} seconds")
                    }
                    Some(date) if !date.trim().is_empty() => format!("; try again after {date}"),
                    _ => "; try again later, or ask less often".to_owned(),
                },
            ),
            Some(300..=399) => (
                "sends to another address, which a key is not taken to",
                "; set base_url to the right address".to_owned(),
            ),
            Some(500..) => ("has a problem of its own", "; try again later".to_owned()),
            Some(400..) => ("refused the request", String::new()),
            _ => ("sent an error in place of its answer", String::new()),
        };
        let what = match status {
            Some(status @ 300..) => format!("{what} ({status})"),
            _ => what.to_owned(),
        };
        self.error(&what, &message, &hint)
    }

    /// No answer came, or not all of it.
    fn unanswered(&self, error: &http_client::Error) -> Error {
        let http_client::Error::Instance(inner) = error else {
            let hint = "; check base_url";
            return self.error("did not answer with a stream", &error.to_string(), hint);
        };
        let cause = inner.downcast_ref::<reqwest::Error>();
        let reason = innermost(inner.as_ref());
        match cause {
            Some(cause) if cause.is_timeout() => Error::Unreachable {
                server: self.server(),
                reason: format!("it was silent for {} s", self.timeout.as_secs_f64()),
                hint: format!(
                    "; raise timeout_seconds of [providers.{}] if it needs longer",
                    self.name
                ),
            },
            Some(cause) if cause.is_connect() || cause.is_request() => Error::Unreachable {
                server: self.server(),
                reason,
                hint: "; check base_url, and that the server runs".to_owned(),
            },
            _ => self.cut_off(&reason),
        }
    }

    /// The answer ended before its end.
    pub(super) fn cut_off(&self, reason: &str) -> Error {
        self.error("broke its answer off", reason, "; ask again")
    }

    pub(super) fn error(&self, what: &str, message: &str, hint: &str) -> Error {
        Error::Provider {
            provider: self.name.clone(),
            what: what.to_owned(),
            message: self.fit(message),
            hint: hint.to_owned(),
        }
    }

    fn server(&self) -> String {
        format!("{} at {}", self.name, self.base)
    }

    /// The provider's words on one line and not too long; never with the key in them.
    fn fit(&self, message: &str) -> String {
        let key = self.key.expose();
        let message = match key {
            "" => message.to_owned(),
            key => message.replace(key, "[key]"),
        };
        let mut words = message.split(|c: char| c.is_control() || c.is_whitespace());
        let mut line = String::new();
        while let Some(word) = words.next().filter(|_| line.chars().count() < LONGEST) {
            let space = if line.is_empty() || word.is_empty() {
                ""
            } else {
                " "
            };
            line.push_str(space);
            line.push_str(word);
        }
        line.chars().take(LONGEST).collect()
    }
}

/// The message in an error's body, or the body where it has none.
fn message(body: &str) -> String {
    let parsed: Value = serde_json::from_str(body).unwrap_or_default();
    // OpenAI, Anthropic and Gemini; Gemini without events; older servers; FastAPI's; text in JSON.
    let places = [
        "/error/message",
        "/0/error/message",
        "/message",
        "/detail",
        "/error",
        "",
    ];
    let found = places
        .iter()
        .find_map(|place| parsed.pointer(place)?.as_str());
    match found.unwrap_or(body).trim() {
        "" => "it says no more".to_owned(),
        message => message.to_owned(),
    }
}

/// A rig option under the name that requests have for it.
fn parameter(option: &str) -> &str {
    match option {
        "reasoning" => "think",
        option => option,
    }
}

/// The innermost reason, which says most.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut reason = error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    reason.to_string()
}
