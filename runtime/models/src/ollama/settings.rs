//! [`OllamaSettings`]: where an Ollama server is, and how it is dealt with.

use std::path::PathBuf;
use std::time::Duration;

use crate::url;

/// How an Ollama server is found and used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OllamaSettings {
    /// Such as `http://127.0.0.1:11434`; scheme and port may be left out. `None`, the default, takes the
    /// environment's `OLLAMA_HOST`, and this machine's usual port if that is not set.
    pub base_url: Option<String>,
    /// How long the server may be silent, while it loads a model or reads a long prompt, before it counts as
    /// hung. How long an answer takes as a whole is not limited. 5 minutes unless told, as long as Ollama itself
    /// gives a model to load.
    pub timeout: Duration,
    /// Whether a server on this machine that does not run is started, by `ollama serve`. Not unless told.
    pub auto_start: bool,
    /// What is run for `auto_start`: a name to look for on `PATH`, or a path. `ollama` unless told.
    pub program: PathBuf,
    /// How long a server that was started may take until it answers. 30 seconds unless told.
    pub start_timeout: Duration,
    /// For how long it is remembered whether the server answered, when a model's backend is chosen. 10 seconds
    /// unless told.
    pub health_check_interval: Duration,
}

impl Default for OllamaSettings {
    fn default() -> Self {
        Self {
            base_url: None,
            timeout: Duration::from_secs(300),
            auto_start: false,
            program: "ollama".into(),
            start_timeout: Duration::from_secs(30),
            health_check_interval: Duration::from_secs(10),
        }
    }
}

impl OllamaSettings {
    /// Where the server is, with scheme and port.
    pub fn url(&self) -> String {
        match &self.base_url {
            Some(url) => url::of_ollama(url),
            None => url::of_ollama(&std::env::var("OLLAMA_HOST").unwrap_or_default()),
        }
    }
}
