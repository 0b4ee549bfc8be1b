//! What a provider is set up with.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use rig_core::wire::Secret;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::url::masked;

/// How long a server may be silent unless the settings say otherwise: models that think take their time.
const PATIENCE: Duration = Duration::from_secs(120);

/// The language that a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoteKind {
    #[serde(rename = "openai")]
    OpenAi,
    Anthropic,
    Gemini,
    /// A server that speaks as OpenAI does: vLLM, SGLang, llama-server, Ray Serve, OpenRouter.
    #[serde(rename = "openai_compatible")]
    OpenAiCompatible,
}

impl RemoteKind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::OpenAi,
        Self::Anthropic,
        Self::Gemini,
        Self::OpenAiCompatible,
    ];

    /// As settings spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::OpenAiCompatible => "openai_compatible",
        }
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Where it is unless the settings say otherwise.
    fn home(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => Some("https://api.openai.com/v1"),
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Gemini => Some("https://generativelanguage.googleapis.com"),
            Self::OpenAiCompatible => None,
        }
    }

    /// The variable that has its key unless the settings say otherwise.
    fn key_variable(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => Some("OPENAI_API_KEY"),
            Self::Anthropic => Some("ANTHROPIC_API_KEY"),
            Self::Gemini => Some("GEMINI_API_KEY"),
            Self::OpenAiCompatible => None,
        }
    }
}

/// What a provider is set up with, as `[providers.NAME]` of a configuration file has it.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteSettings {
    /// What stands before the slash in its models' names.
    pub name: String,
    pub kind: RemoteKind,
    /// `None`: where the provider itself is. A server that speaks as OpenAI does needs one.
    pub base_url: Option<String>,
    /// The environment variable that has the key; `None`: the one that the provider documents. It is read
    /// anew for every request.
    pub api_key_env: Option<String>,
    /// The key itself, for hosts that keep it elsewhere; it goes before the variable.
    pub key: Option<String>,
    /// The model to take where none is named.
    pub default_model: Option<String>,
    /// Of requests that do not say.
    pub max_tokens: Option<usize>,
    /// How long the server may be silent, at the start and between two pieces of an answer.
    pub timeout: Duration,
}

impl RemoteSettings {
    /// A provider as it is by itself.
    pub fn new(name: impl Into<String>, kind: RemoteKind) -> Self {
        Self {
            name: name.into(),
            kind,
            base_url: None,
            api_key_env: None,
            key: None,
            default_model: None,
            max_tokens: None,
            timeout: PATIENCE,
        }
    }

    /// The same at another address.
    pub fn at(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Where requests go.
    pub(super) fn base(&self) -> Result<Url, Error> {
        let url = self.base_url.as_deref().or(self.kind.home());
        let url = url.ok_or_else(|| {
            self.wrong(
                "base_url",
                "is missing; an example is \"http://127.0.0.1:8000/v1\"".to_owned(),
            )
        })?;
        self.address(url)
    }

    /// Reads an address; one without a path means the place where such servers answer, `/v1`.
    pub(super) fn address(&self, url: &str) -> Result<Url, Error> {
        let wrong =
            |problem: &str| self.wrong("base_url", format!("\"{}\" {problem}", masked(url)));
        let mut parsed = Url::parse(url).map_err(|error| {
            wrong(&format!(
                "is no address: {error}; it starts with http:// or https://"
            ))
        })?;
        if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
            return Err(wrong(
                "is no address: it has to start with http:// or https://",
            ));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(wrong(
                "has a key in it; put that into the variable of api_key_env",
            ));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(wrong(
                "has more than a path; leave out what comes from ? or # on",
            ));
        }
        if self.kind == RemoteKind::OpenAiCompatible && parsed.path() == "/" {
            parsed.set_path("/v1");
        }
        Ok(parsed)
    }

    /// The variable that has the key, if one is needed.
    pub(super) fn variable(&self) -> Option<&str> {
        self.api_key_env.as_deref().or(self.kind.key_variable())
    }

    /// The key; empty where none is needed.
    pub(super) fn secret(&self) -> Result<Secret, Error> {
        if let Some(key) = &self.key {
            return Ok(Secret::from(key.as_str()));
        }
        let Some(variable) = self.variable() else {
            return Ok(Secret::default());
        };
        let key = std::env::var(variable).unwrap_or_default();
        match key.trim() {
            "" => Err(Error::NoKey {
                provider: self.name.clone(),
                variable: variable.to_owned(),
            }),
            key => Ok(Secret::from(key)),
        }
    }

    pub(super) fn wrong(&self, key: &'static str, problem: String) -> Error {
        Error::Setting {
            provider: self.name.clone(),
            key,
            problem,
        }
    }
}

/// Without the key.
impl fmt::Debug for RemoteSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSettings")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("base_url", &self.base_url)
            .field("api_key_env", &self.api_key_env)
            .field("key", &self.key.as_ref().map(|_| "[redacted]"))
            .field("default_model", &self.default_model)
            .field("max_tokens", &self.max_tokens)
            .field("timeout", &self.timeout)
            .finish()
    }
}
