//! The crate's one error type.

use std::path::PathBuf;

/// Everything that can go wrong between a GGUF file and its text.
///
/// `file` is the path, or the name given with [`Source::Bytes`](crate::Source::Bytes).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("{file}: no such file; check the path")]
    NotFound { file: String },
    #[error("{file}: is a directory; name the .gguf file inside it")]
    IsDirectory { file: String },
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        file: String,
        source: std::io::Error,
    },
    #[error("{file}: is empty; download it again")]
    EmptyFile { file: String },
    #[error("{file}: is not a GGUF file (it starts with {found}); convert the model to GGUF")]
    NotGguf { file: String, found: String },
    #[error("{file}: GGUF version {version} is not supported (2 and 3 are); convert it again")]
    UnsupportedVersion { file: String, version: u32 },
    #[error("{file}: is a big-endian GGUF file; convert it to little-endian")]
    BigEndian { file: String },
    #[error(
        "{file}: is missing; it is shard {number} of {count} of a model, put it beside the others"
    )]
    MissingShard {
        file: String,
        number: usize,
        count: usize,
    },
    #[error(
        "{file}: is one of {count} shards of a model, but is not named `…-00001-of-{count:05}.gguf`; give all of them such names"
    )]
    ShardName { file: String, count: usize },
    #[error("{file}: is not a shard of the same model: {reason}; download all shards again")]
    ForeignShard { file: String, reason: String },
    #[error(
        "{file}: is truncated: {field} needs {needed} bytes, {available} are left; download it again"
    )]
    Truncated {
        file: String,
        field: String,
        needed: u64,
        available: u64,
    },
    #[error("{file}: {field}: {reason}; the file is damaged, download or convert it again")]
    Malformed {
        file: String,
        field: String,
        reason: String,
    },
    #[error("{file}: metadata key `{key}` is missing; convert the model again")]
    MissingKey { file: String, key: String },
    #[error(
        "{file}: metadata key `{key}` is {found}, expected {expected}; convert the model again"
    )]
    WrongType {
        file: String,
        key: String,
        expected: &'static str,
        found: &'static str,
    },
    #[error("{file}: tensor `{tensor}` is missing; convert the model again")]
    MissingTensor { file: String, tensor: String },
    #[error(
        "{file}: tensor `{tensor}` has no place in the decoder of this architecture; models with it are not supported yet"
    )]
    UnexpectedTensor { file: String, tensor: String },
    #[error(
        "{file}: tensor `{tensor}` has shape {found:?}, expected {expected:?}; convert the model again"
    )]
    TensorShape {
        file: String,
        tensor: String,
        expected: Vec<usize>,
        found: Vec<usize>,
    },
    #[error(
        "{file}: tensor `{tensor}` has type {type_id} ({type_name}), which is not supported; supported are: F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 and Q2_K to Q6_K"
    )]
    UnsupportedTensorType {
        file: String,
        tensor: String,
        type_id: u32,
        type_name: String,
    },
    #[error("{file}: architecture `{architecture}` is not supported; supported are: {supported}")]
    UnsupportedArchitecture {
        file: String,
        architecture: String,
        supported: String,
    },
    #[error(
        "{file}: vectors of architecture `{architecture}` are not supported; supported is {supported}, such as \
         bge-small-en:v1.5"
    )]
    NoEncoder {
        file: String,
        architecture: String,
        supported: &'static str,
    },
    #[error(
        "{file} is a model that writes text; for vectors take an embedding model such as bge-small-en:v1.5"
    )]
    WritesText { file: String },
    #[error(
        "{file}: is a model for embeddings (`{architecture}`), which writes no text; to write take a model such as \
         llama3.2:3b"
    )]
    WritesNoText { file: String, architecture: String },
    #[error("{file}: {key} is {value}, which is not supported; supported are: {supported}")]
    UnsupportedSetting {
        file: String,
        key: String,
        value: String,
        supported: &'static str,
    },
    #[error("{file}: tokenizer `{kind}` is not supported; supported are: {supported}")]
    UnsupportedTokenizer {
        file: String,
        kind: String,
        supported: String,
    },
    #[error("{file}: pre-tokenizer `{kind}` is not supported; supported are: {supported}")]
    UnsupportedPreTokenizer {
        file: String,
        kind: String,
        supported: String,
    },
    #[error("{file}: holds a vocabulary but no weights; it can tokenize, not generate")]
    VocabularyOnly { file: String },
    #[error("{file}: brings no chat template; give a raw prompt or use an instruction-tuned model")]
    NoTemplate { file: String },
    #[error("the chat template failed: {reason}")]
    Template { reason: String },
    #[error("the chat template refuses these messages: {reason}")]
    TemplateRaised { reason: String },
    #[error("{parameter}: expected {expected}, got {value}")]
    OutOfRange {
        parameter: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error("the prompt has no tokens; give at least one")]
    EmptyPrompt,
    #[error(
        "the prompt has {prompt_tokens} tokens, the context holds {context_size}: shorten it, forget earlier turns, or use a model with a larger context"
    )]
    PromptTooLong {
        prompt_tokens: usize,
        context_size: usize,
    },
    #[error(
        "text {text} has {tokens} tokens, the model reads at most {context_size} at once: cut it into parts, or use a model with a larger context"
    )]
    TextTooLong {
        /// Its number among the texts, from 1.
        text: usize,
        tokens: usize,
        context_size: usize,
    },
    #[error(
        "{file}: a text's vector has no length, or an infinite one; the weights may be damaged"
    )]
    NoVector { file: String },
    #[error("context_size: the model was made for at most {largest} tokens, asked for are {asked}")]
    ContextTooLarge { asked: usize, largest: usize },
    #[error(
        "{tokens} tokens do not fit into the {capacity} that this model's cache has memory for: give it more, or use a smaller context"
    )]
    CacheFull { tokens: usize, capacity: usize },
    #[error("{waiting} requests are waiting for this model already; let some of them end first")]
    QueueFull { waiting: usize },
    #[error("token {token} is not in the vocabulary of {vocabulary} tokens")]
    UnknownToken { token: u32, vocabulary: usize },
    #[error("the model computed logits that are not finite; its weights may be damaged")]
    NonFiniteLogits,
    #[error("computing the model failed: {reason}")]
    Compute { reason: String },
    #[error("the model's thread panicked: {reason}; this is a bug, please report it")]
    Panicked { reason: String },
    #[error("the model's thread cannot be started: {source}")]
    Thread { source: std::io::Error },
    #[error("{path}: cannot be written: {source}")]
    Unwritable {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl Error {
    /// A context of no tokens.
    pub fn no_context() -> Self {
        Self::OutOfRange {
            parameter: "context_size",
            value: "0".to_owned(),
            expected: "at least 1",
        }
    }
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Self::Compute {
            reason: error.to_string(),
        }
    }
}
