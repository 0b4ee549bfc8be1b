//! Models that an Ollama server runs.
//!
//! Requests and answers are those of Ollama's published API (`docs/api.md`, `docs/openapi.yaml` and
//! `api/types.go` of its repository). The crate `ollama-rs` gives the types that it has in full. The transport
//! and the other types are our own: its streams leave out what they cannot read, its errors have lost the
//! status, and its messages know no `tool_name`.

#[cfg(feature = "ollama")]
mod answer;
#[cfg(feature = "ollama")]
mod backend;
#[cfg(feature = "ollama")]
mod body;
#[cfg(feature = "ollama")]
mod connection;
#[cfg(feature = "ollama")]
mod embeddings;
#[cfg(feature = "ollama")]
mod health;
#[cfg(all(feature = "candle", feature = "ollama"))]
mod install;
#[cfg(feature = "ollama")]
mod library;
#[cfg(feature = "ollama")]
mod lines;
#[cfg(feature = "ollama")]
mod messages;
#[cfg(feature = "ollama")]
mod options;
#[cfg(feature = "ollama")]
mod problems;
#[cfg(feature = "ollama")]
mod pull;
#[cfg(feature = "ollama")]
mod server;
mod settings;
#[cfg(feature = "ollama")]
mod start;
#[cfg(feature = "ollama")]
mod stream;

#[cfg(feature = "ollama")]
pub use backend::Ollama;
#[cfg(all(feature = "candle", feature = "ollama"))]
pub use install::{Installation, Installer, on_path};
#[cfg(feature = "ollama")]
pub use library::RunningModel;
pub use settings::OllamaSettings;
pub(crate) use settings::url_of;

use crate::entry::OllamaStatus;

/// Where the server is: `OLLAMA_HOST`, else the port that Ollama documents.
pub fn url() -> String {
    url_of(&std::env::var("OLLAMA_HOST").unwrap_or_default())
}

/// Asks the server at an address how it is.
#[cfg(feature = "ollama")]
pub async fn status(url: String) -> OllamaStatus {
    let settings = OllamaSettings {
        base_url: Some(url.clone()),
        ..OllamaSettings::default()
    };
    match Ollama::new(settings) {
        Ok(ollama) => ollama.status().await,
        Err(error) => not_running(url, error.to_string()),
    }
}

fn not_running(url: String, why: String) -> OllamaStatus {
    OllamaStatus {
        url,
        error: Some(why),
        ..OllamaStatus::default()
    }
}
