//! What is known of a model without running it.

use serde::{Deserialize, Serialize};

use crate::request::{CacheType, KeepAlive};

/// A model that is there to be used; what its backend does not tell is `None`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelEntry {
    pub name: String,
    /// `candle`, `ollama`, or the name of another backend.
    pub backend: String,
    pub size_bytes: u64,
    /// Such as `Q4_K_M`.
    pub quantization: Option<String>,
    pub architecture: Option<String>,
    /// How many weights it has.
    pub parameters: Option<u64>,
    /// In tokens.
    pub context_length: Option<usize>,
    /// When its file was last changed, in seconds since 1970; not known of the bundled model.
    pub modified: Option<f64>,
    pub loaded: bool,
    /// Whether it is part of the binary.
    pub bundled: bool,
    /// Whether it brings a chat template.
    pub chat_template: Option<bool>,
    /// Its family, such as `chatml` or `llama-3`; `other` if it is not known, `none` without one.
    pub template: Option<String>,
    /// Tokens in its vocabulary.
    pub vocabulary_size: Option<usize>,
    /// What its backend says that it can do, such as `completion`, `tools`, `vision`, `thinking` or `embedding`;
    /// empty if it does not tell.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

impl ModelEntry {
    /// Whether it writes text, as far as its backend tells; models for embeddings do not.
    pub fn generates(&self) -> bool {
        self.capabilities.is_empty() || self.capabilities.iter().any(|what| what == "completion")
    }
}

/// A model that could be got.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AvailableModel {
    pub name: String,
    /// `candle` or `ollama`.
    pub backend: String,
    pub description: String,
    /// In the quantization that is got unless another is named, where that is known.
    pub size_bytes: Option<u64>,
    /// How many weights it has.
    pub parameters: Option<u64>,
    pub quantizations: Vec<String>,
    /// Whether most people are well served with it.
    pub recommended: bool,
}

/// The state of the backends of this machine.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Status {
    pub ollama: OllamaStatus,
    pub candle: CandleStatus,
}

/// The state of the models that run in this process.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CandleStatus {
    /// Whether this build can run models.
    pub ready: bool,
    /// Such as `cpu`.
    pub device: String,
    pub models: usize,
    pub loaded: usize,
    /// How often a model has been loaded so far.
    pub loads: u64,
    /// What models hold: weights, keys and values.
    pub memory_bytes: u64,
    /// What they may hold.
    pub memory_budget_bytes: u64,
    pub loaded_models: Vec<LoadedModel>,
}

/// A model that is loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadedModel {
    pub name: String,
    /// Its weights, and the keys and values that are held now.
    pub memory_bytes: u64,
    /// Its share of the budget: its weights, and the most that keys and values may take.
    pub reserved_bytes: u64,
    /// Tokens that a sequence may have.
    pub context_size: usize,
    pub cache_type: CacheType,
    /// Sequences that are being computed.
    pub sequences: usize,
    /// Requests that wait for their turn.
    pub queued: usize,
    /// For how many seconds nobody has used it; `None` while it is used.
    pub idle_seconds: Option<f64>,
    pub keep_alive: KeepAlive,
}

/// The state of an Ollama server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OllamaStatus {
    pub running: bool,
    pub version: Option<String>,
    pub models: usize,
    pub url: String,
    /// Why it does not answer.
    pub error: Option<String>,
}
