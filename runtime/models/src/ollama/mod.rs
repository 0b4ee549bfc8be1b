//! Models that an Ollama server runs.
//!
//! Requests and answers are those of Ollama's published API (`docs/api.md`, `docs/openapi.yaml` and
//! `api/types.go` of its repository). The crate `ollama-rs` gives the types that it has in full. The transport
//! and the other types are our own: its streams leave out what they cannot read, its errors have lost the
//! status, and its messages know no `tool_name`.

mod answer;
mod backend;
mod body;
mod connection;
mod embeddings;
mod health;
#[cfg(feature = "candle")]
mod install;
mod library;
mod lines;
mod messages;
mod options;
mod problems;
mod pull;
mod server;
mod settings;
mod start;
mod stream;

pub use backend::Ollama;
#[cfg(feature = "candle")]
pub use install::{Installation, Installer, on_path};
pub use library::RunningModel;
pub use settings::OllamaSettings;

use crate::entry::OllamaStatus;

/// Asks the server at an address how it is.
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
