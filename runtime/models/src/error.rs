//! The crate's one error type.

use std::path::PathBuf;

/// Why a model cannot be found, loaded or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("model name \"{name}\": {problem}")]
    Name { name: String, problem: String },
    #[error(
        "no model \"{0}\" is installed; there is the bundled \"wisp\", and any GGUF file by its path, such as \"models/llama.gguf\""
    )]
    NotFound(String),
    #[error(
        "model \"{name}\" needs {what}, which this version does not have yet; give the path of a GGUF file"
    )]
    Unsupported { name: String, what: &'static str },
    #[cfg(feature = "candle")]
    #[error(transparent)]
    Inference(#[from] llmspell_inference::Error),
    #[error("the thread that loads models cannot be started: {0}")]
    Thread(std::io::Error),
    #[error("loading the model failed: its thread ended early. This is a bug, please report it")]
    LoaderEnded,
    #[error(
        "a prompt of {prompt} tokens and {generate} generated ones do not fit into the model's context of {context} tokens; ask for fewer"
    )]
    BenchTooLong {
        prompt: usize,
        generate: usize,
        context: usize,
    },
    #[error("no folder for a cache is known; set XDG_CACHE_HOME")]
    NoCacheFolder,
    #[error("{path}: cannot be used as a cache: {source}; set XDG_CACHE_HOME to another folder")]
    CacheFolder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{path}: {needed} MB are needed and {free} MB are free; make room, or set XDG_CACHE_HOME to a folder on another disk"
    )]
    NoSpace {
        path: PathBuf,
        needed: u64,
        free: u64,
    },
    #[error("this build runs no embedded models; build it with the cargo feature `candle`")]
    NoBackend,
}
