//! What is known of a model without running it.

use crate::name::Backend;

/// A model that is there to be used.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEntry {
    pub name: String,
    pub backend: Backend,
    pub size_bytes: u64,
    /// Such as `Q4_K_M`, read from the tensors.
    pub quantization: String,
    pub architecture: String,
    /// How many weights it has.
    pub parameters: u64,
    /// In tokens.
    pub context_length: usize,
    /// When its file was last changed, in seconds since 1970; not known of the bundled model.
    pub modified: Option<f64>,
    pub loaded: bool,
    /// Whether it is part of the binary.
    pub bundled: bool,
    /// Whether it brings a chat template.
    pub chat_template: bool,
    /// Its family, such as `chatml` or `llama-3`; `other` if it is not known, `none` without one.
    pub template: String,
    /// Tokens in its vocabulary.
    pub vocabulary_size: usize,
}

/// The state of the models that run in this process.
#[derive(Debug, Clone, PartialEq)]
pub struct CandleStatus {
    /// Whether this build can run models.
    pub ready: bool,
    /// Such as `cpu`.
    pub device: String,
    pub models: usize,
    pub loaded: usize,
}

/// The state of an Ollama server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OllamaStatus {
    pub running: bool,
    pub version: Option<String>,
    pub models: usize,
    pub url: String,
    /// Why it does not answer.
    pub error: Option<String>,
}
