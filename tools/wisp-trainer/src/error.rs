//! What can go wrong while a model is made.

use std::path::PathBuf;

/// Every failure of the trainer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A tensor operation failed: a shape that does not fit, or memory.
    #[error("tensor: {0}")]
    Tensor(#[from] candle_core::Error),
    /// The tokenizer could not be trained, read or applied.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A JSON file does not have the expected shape.
    #[error("{path}: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: serde_json::Error,
    },
    /// A checkpoint belongs to another model or is damaged.
    #[error(
        "checkpoint {path}: {reason}; give the options it was begun with, or delete it and train anew"
    )]
    Checkpoint {
        /// The folder of the checkpoint.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A model file is not one that this trainer wrote.
    #[error("{path} cannot be trained further: {reason}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        reason: String,
    },
    /// A run is to go on, or to be exported, that never began.
    #[error("{path} holds no checkpoint; run `wisp-trainer train` first")]
    NoCheckpoint {
        /// The run's folder.
        path: PathBuf,
    },
    /// A run would take the place of another.
    #[error(
        "{path} holds a run at step {step}: go on with --resume, or give another folder with --dir, or delete the checkpoint"
    )]
    OtherRun {
        /// The run's folder.
        path: PathBuf,
        /// Steps done.
        step: usize,
    },
    /// A model is to be trained without a vocabulary.
    #[error("{path} is missing; run `wisp-trainer tokenizer` first")]
    NoVocabulary {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no more threads.
    #[error("{0}; give a smaller number with --threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The loss is no number any more.
    #[error(
        "the loss is no longer a number at step {step}; train anew with larger batches (--batch) or another --seed"
    )]
    Diverged {
        /// The step that was not taken.
        step: usize,
    },
    /// The runtime could not write, open or run the exported file.
    #[error(transparent)]
    Inference(#[from] llmspell_inference::Error),
}

/// The trainer's result type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Turns an I/O error at `path` into ours; made for `map_err`.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { path, source }
    }

    /// Turns a JSON error in `path` into ours; made for `map_err`.
    pub fn json(path: impl Into<PathBuf>) -> impl FnOnce(serde_json::Error) -> Error {
        let path = path.into();
        move |source| Error::Json { path, source }
    }
}
