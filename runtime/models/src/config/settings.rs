//! The configuration as plain structs. `docs/user-guide/configuration.md` explains each key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Every `[providers.…]` table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Providers {
    pub local: LocalSettings,
    pub ollama: OllamaSettings,
    pub candle: CandleSettings,
    /// Models to be recommended beside the catalogue's, by a name of the user's own.
    #[serde(default)]
    pub local_recommended_models: BTreeMap<String, RecommendedModel>,
    /// All others, by name; `openai`, `anthropic` and `gemini` are always there.
    #[serde(flatten)]
    pub remote: BTreeMap<String, RemoteSettings>,
}

/// `[providers.local]`: the two backends of this machine together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LocalSettings {
    /// Without it neither backend is there, whatever their own settings say.
    pub enabled: bool,
    /// Wins over the one in [`OllamaOptions`].
    pub default_backend: Option<BackendChoice>,
    /// Whether a model that is asked for and is not there gets downloaded.
    pub auto_pull_missing: bool,
    /// Whether the default models of remote providers answer for a model that is not there.
    pub fallback_to_cloud: bool,
}

/// `[providers.ollama]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OllamaSettings {
    pub enabled: bool,
    /// Without a slash at its end.
    pub base_url: String,
    /// How long the server may be silent.
    #[serde(rename = "timeout_seconds", deserialize_with = "seconds")]
    pub timeout: Duration,
    pub options: OllamaOptions,
}

/// `[providers.ollama.options]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OllamaOptions {
    /// Whether an installed `ollama serve` is started when no server answers.
    pub auto_start: bool,
    /// How long an answer to "is the server there" counts.
    #[serde(rename = "health_check_interval_seconds", deserialize_with = "seconds")]
    pub health_check_interval: Duration,
    pub default_backend: BackendChoice,
}

/// `[providers.candle]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CandleSettings {
    pub enabled: bool,
    pub options: CandleOptions,
}

/// `[providers.candle.options]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CandleOptions {
    /// `None` only where neither `XDG_DATA_HOME` nor `HOME` is set.
    pub model_directory: Option<PathBuf>,
    /// Answers that a model computes at once, the rest waits; `None`: 64, or fewer where memory is short.
    pub max_concurrent: Option<usize>,
    /// What a pull takes where the model's name says nothing, such as `Q4_K_M`.
    pub default_quantization: String,
    /// 0: as many as the machine has cores.
    pub cpu_threads: usize,
    /// In tokens; `None`: as [`Loading::context_size`](crate::Loading) says.
    pub context_size: Option<usize>,
    /// Tokens of prompts that one step computes at most; `None`: as measured while it runs.
    pub batch_size: Option<usize>,
    /// In bytes; `None`: as [`Limits`](crate::Limits) says.
    pub memory_budget: Option<u64>,
}

/// A remote provider, such as `[providers.openai]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RemoteSettings {
    pub provider_type: ProviderType,
    pub enabled: bool,
    /// Without a slash at its end; `None`: the provider's own server.
    pub base_url: Option<String>,
    /// The environment variable that holds the key; `None` sends no key.
    pub api_key_env: Option<String>,
    /// As the provider spells it.
    pub default_model: Option<String>,
    /// Of an answer, where a request does not say.
    pub max_tokens: Option<usize>,
    /// How long the server may be silent.
    #[serde(rename = "timeout_seconds", deserialize_with = "seconds")]
    pub timeout: Duration,
}

/// An entry of `[providers.local_recommended_models]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RecommendedModel {
    pub model: String,
    pub backend: OfferedBy,
    pub size_gb: Option<f64>,
}

/// What runs a model whose name does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackendChoice {
    /// Ollama when it answers and has the model, else Candle.
    Auto,
    Ollama,
    Candle,
}

/// Which API a remote provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderType {
    /// OpenAI, and every server with its API.
    OpenAi,
    Anthropic,
    Gemini,
}

/// Which backends a recommended model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OfferedBy {
    Both,
    Ollama,
    Candle,
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}
