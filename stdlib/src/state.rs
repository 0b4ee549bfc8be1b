//! What `LocalLLM` tells of backends and models.

use llmspell_core::api;
use llmspell_models::{
    AvailableModel, CandleStatus, LoadedModel, LocalBackend, ModelEntry, OllamaStatus,
};

use crate::loading::CacheTypeName;

/// What runs a model.
#[api(choice)]
pub enum BackendName {
    Ollama,
    Candle,
}

impl From<BackendName> for LocalBackend {
    fn from(name: BackendName) -> Self {
        match name {
            BackendName::Ollama => Self::Ollama,
            BackendName::Candle => Self::Candle,
        }
    }
}

/// The state of both backends.
#[api(result)]
pub struct Status {
    ollama: OllamaState,
    candle: CandleState,
}

impl From<llmspell_models::Status> for Status {
    fn from(status: llmspell_models::Status) -> Self {
        Self {
            ollama: status.ollama.into(),
            candle: status.candle.into(),
        }
    }
}

/// The state of the Ollama server.
#[api(result)]
pub struct OllamaState {
    /// Whether it answers.
    running: bool,
    version: Option<String>,
    /// How many models it has.
    models: usize,
    /// Where it was looked for.
    url: String,
    /// Why it does not answer.
    error: Option<String>,
}

impl From<OllamaStatus> for OllamaState {
    fn from(status: OllamaStatus) -> Self {
        Self {
            running: status.running,
            version: status.version,
            models: status.models,
            url: status.url,
            error: status.error,
        }
    }
}

/// The state of the models in this process.
#[api(result)]
pub struct CandleState {
    /// Whether models can run.
    ready: bool,
    /// What they run on, such as `"cpu"`.
    device: String,
    /// How many models there are.
    models: usize,
    /// How many models are loaded, those for vectors included.
    loaded: usize,
    /// How often a model has been loaded so far.
    loads: u64,
    /// What models hold: weights, and what they remember of tokens.
    memory_bytes: u64,
    /// What they may hold.
    memory_budget_bytes: u64,
    /// The models that are loaded and write text.
    loaded_models: Vec<LoadedState>,
}

impl From<CandleStatus> for CandleState {
    fn from(status: CandleStatus) -> Self {
        Self {
            ready: status.ready,
            device: status.device,
            models: status.models,
            loaded: status.loaded,
            loads: status.loads,
            memory_bytes: status.memory_bytes,
            memory_budget_bytes: status.memory_budget_bytes,
            loaded_models: status.loaded_models.into_iter().map(Into::into).collect(),
        }
    }
}

/// A model that is loaded.
#[api(result)]
pub struct LoadedState {
    name: String,
    /// What it holds now.
    memory_bytes: u64,
    /// What it may come to hold, which no other model gets.
    reserved_bytes: u64,
    /// How many tokens prompt and answer may have together, the answer's last one not counted.
    context_size: usize,
    /// How it remembers tokens.
    cache_type: CacheTypeName,
    /// How many answers it is computing.
    sequences: usize,
    /// How many requests wait for their turn.
    queued: usize,
    /// For how many seconds nobody has used it; nothing while it is used.
    idle_seconds: Option<f64>,
    /// For how many seconds it stays when nobody uses it, negative for ever; nothing if it stays until
    /// another model needs its memory.
    keep_alive: Option<f64>,
}

impl From<LoadedModel> for LoadedState {
    fn from(model: LoadedModel) -> Self {
        Self {
            name: model.name,
            memory_bytes: model.memory_bytes,
            reserved_bytes: model.reserved_bytes,
            context_size: model.context_size,
            cache_type: model.cache_type.into(),
            sequences: model.sequences,
            queued: model.queued,
            idle_seconds: model.idle_seconds,
            keep_alive: model.keep_alive.into(),
        }
    }
}

/// A model that could be got.
#[api(result)]
pub struct AvailableInfo {
    name: String,
    backend: String,
    description: String,
    /// In units of 10^9 bytes, in the quantization that is got unless another is named, where that is known.
    size_gb: Option<f64>,
    /// How many weights it has.
    parameters: Option<u64>,
    quantizations: Vec<String>,
    /// Whether most people are well served with it.
    recommended: bool,
}

impl From<AvailableModel> for AvailableInfo {
    fn from(model: AvailableModel) -> Self {
        Self {
            name: model.name,
            backend: model.backend,
            description: model.description,
            size_gb: model.size_bytes.map(|bytes| bytes as f64 / 1e9),
            parameters: model.parameters,
            quantizations: model.quantizations,
            recommended: model.recommended,
        }
    }
}

/// A model.
#[api(result)]
pub struct ModelInfo {
    name: String,
    /// `"candle"`, `"ollama"`, or the name of another backend.
    backend: String,
    size_bytes: u64,
    /// In units of 10^9 bytes.
    size_gb: f64,
    /// Such as `"Q4_K_M"`; here and below nothing where the backend does not tell.
    quantization: Option<String>,
    architecture: Option<String>,
    /// How many weights it has.
    parameters: Option<u64>,
    /// In tokens.
    context_length: Option<usize>,
    /// When its file was last changed, in seconds since 1970.
    modified: Option<f64>,
    loaded: bool,
    /// Whether it is part of llmspell.
    bundled: bool,
    /// Whether it brings a chat template.
    chat_template: Option<bool>,
    /// The template's family, such as `"chatml"`, `"llama-3"` or `"gemma"`; `"other"` if it is not known,
    /// `"none"` without one.
    template: Option<String>,
    /// How many tokens it knows.
    vocabulary_size: Option<usize>,
}

impl From<ModelEntry> for ModelInfo {
    fn from(entry: ModelEntry) -> Self {
        Self {
            name: entry.name,
            backend: entry.backend,
            size_bytes: entry.size_bytes,
            size_gb: entry.size_bytes as f64 / 1e9,
            quantization: entry.quantization,
            architecture: entry.architecture,
            parameters: entry.parameters,
            context_length: entry.context_length,
            modified: entry.modified,
            loaded: entry.loaded,
            bundled: entry.bundled,
            chat_template: entry.chat_template,
            template: entry.template,
            vocabulary_size: entry.vocabulary_size,
        }
    }
}
