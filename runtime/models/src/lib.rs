//! Which models there are, what they are called, and the backends that run them.
//!
//! Knows nothing of scripts. Waiting needs no async runtime, except for asking an Ollama server.

#[cfg(feature = "candle")]
pub mod bench;
#[cfg_attr(not(feature = "candle"), path = "no_candle.rs")]
mod candle;
mod entry;
mod error;
#[cfg(feature = "candle")]
mod folders;
mod models;
mod name;
pub mod ollama;
mod request;
mod sampling;

pub use entry::{CandleStatus, LoadedModel, ModelEntry, OllamaStatus};
pub use error::Error;
pub use models::{BUNDLED, Limits, Models};
pub use name::{Backend, ModelName};
pub use request::{
    CacheType, Encoding, Event, Finish, FinishReason, Generation, KeepAlive, Loading, Logprob,
    Message, Overflow, Prompt, Request, TokenLogprobs,
};
pub use sampling::Sampling;
