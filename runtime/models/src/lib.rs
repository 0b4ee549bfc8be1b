//! Which models there are, what they are called, and the backends that run them.
//!
//! Knows nothing of scripts. Waiting needs no async runtime: requests to servers run on one of this crate's own.

mod backend;
#[cfg(feature = "candle")]
pub mod bench;
#[cfg_attr(not(feature = "candle"), path = "no_candle.rs")]
mod candle;
#[cfg(feature = "candle")]
pub mod catalogue;
mod choice;
pub mod config;
mod control;
mod entry;
mod error;
pub mod folders;
mod models;
mod name;
#[cfg(any(feature = "candle", feature = "ollama", feature = "remote"))]
mod network;
#[cfg(feature = "ollama")]
pub mod ollama;
mod pull;
mod recommended;
#[cfg(feature = "remote")]
mod remote;
mod request;
mod sampling;
mod settings;
mod setup;
#[cfg(feature = "candle")]
mod store;
#[cfg(feature = "candle")]
mod transfer;
mod url;

pub use self::config::Config;
pub use backend::{Backend, Pending};
pub use choice::Choice;
pub use control::{ModelReply, ModelRequest, Replies};
pub use entry::{AvailableModel, CandleStatus, LoadedModel, ModelEntry, OllamaStatus, Status};
pub use error::Error;
pub use models::{BUNDLED, Limits, Models};
pub use name::{HubName, LocalBackend, ModelName};
#[cfg(feature = "ollama")]
pub use ollama::{Ollama, OllamaSettings, RunningModel};
pub use pull::{Pull, PullOptions, PullProgress, PullStatus};
#[cfg(feature = "remote")]
pub use remote::{Remote, RemoteKind, RemoteSettings};
pub use request::{
    CacheType, Embeddings, Encoding, Event, Finish, FinishReason, Generation, Image, KeepAlive,
    Loading, Logprob, Message, Overflow, Prompt, Request, Think, TokenLogprobs, Tool, ToolCall,
};
pub use sampling::Sampling;
pub use settings::{StoreSettings, Token, TransferSettings};
#[cfg(feature = "candle")]
pub use store::repository::{RepoPath, Repository};
