//! [`Endpoint`]: where one request goes, and with which key.

use std::time::Duration;

use reqwest::Url;
use rig_core::providers::anthropic::{Anthropic, wire::AnthropicConfig};
use rig_core::providers::gemini::{Gemini, GeminiConfig};
use rig_core::providers::openai::wire::{Auth, Dialect, OPENAI};
use rig_core::providers::openai::{OpenAI, OpenAIConfig};
use rig_core::wire::Secret;

use super::http::Http;
use super::settings::{RemoteKind, RemoteSettings};
use crate::Error;

/// Where one request goes, and with which key.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub name: String,
    pub kind: RemoteKind,
    pub base: Url,
    /// Empty where none is needed.
    pub key: Secret,
    /// Where the key is from.
    pub variable: Option<String>,
    pub timeout: Duration,
    pub http: Http,
}

impl Endpoint {
    /// The configured server, or the one that a request names.
    pub fn new(
        settings: &RemoteSettings,
        http: &Http,
        configured: &Url,
        asked: Option<&str>,
    ) -> Result<Self, Error> {
        let base = match asked {
            Some(asked) => other(settings, configured, asked)?,
            None => configured.clone(),
        };
        Ok(Self {
            name: settings.name.clone(),
            kind: settings.kind,
            base,
            key: settings.secret()?,
            variable: settings.variable().map(str::to_owned),
            timeout: settings.timeout,
            http: http.clone(),
        })
    }

    pub fn openai(&self) -> OpenAI {
        OpenAIConfig::with_key(&self.dialect(), self.key.expose())
            .with_base_url(self.address())
            .connect(self.http.clone())
    }

    pub fn anthropic(&self) -> Anthropic {
        AnthropicConfig::new(self.key.expose())
            .with_base_url(self.address())
            .connect(self.http.clone())
    }

    pub fn gemini(&self) -> Gemini {
        // Rig's paths begin with the version that addresses in documentation end with.
        let address = self.address();
        let address = address.strip_suffix("/v1beta").unwrap_or(&address);
        GeminiConfig::new(self.key.expose())
            .with_base_url(address)
            .connect(self.http.clone())
    }

    fn dialect(&self) -> Dialect {
        if self.kind == RemoteKind::OpenAi {
            let mut dialect = OPENAI;
            // Rig holds a schema back until a tool has answered; OpenAI takes both at once.
            dialect.quirks.response_format_with_tools = true;
            return dialect;
        }
        let mut dialect = Dialect::gateway("openai_compatible", "", "");
        dialect.quirks.auth = Auth::OptionalBearer;
        dialect
    }

    fn address(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }
}

/// The server that a request names, of those that take one: any for servers without a key, else the configured one under another path.
fn other(settings: &RemoteSettings, configured: &Url, asked: &str) -> Result<Url, Error> {
    let asked = settings.address(asked)?;
    let has_key = match &settings.key {
        Some(key) => !key.is_empty(),
        None => settings.variable().is_some(),
    };
    if has_key && asked.origin() != configured.origin() {
        return Err(Error::ForeignServer {
            asked: asked.to_string(),
            configured: configured.to_string(),
            provider: settings.name.clone(),
        });
    }
    Ok(asked)
}
