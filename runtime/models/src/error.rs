//! The crate's one error type.

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
    #[error("{parameter}: expected {expected}, got {value}")]
    Option {
        parameter: &'static str,
        expected: String,
        value: String,
    },
    #[cfg(feature = "candle")]
    #[error(transparent)]
    Inference(#[from] llmspell_inference::Error),
    #[error("the thread that loads models cannot be started: {0}")]
    Thread(std::io::Error),
    #[error("loading the model failed: its thread ended early. This is a bug, please report it")]
    LoaderEnded,
    #[error("this build runs no embedded models; build it with the cargo feature `candle`")]
    NoBackend,
}
