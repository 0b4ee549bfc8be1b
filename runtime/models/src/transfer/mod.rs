//! Getting files over HTTP, whole and verified or not at all.
//!
//! A file comes in pieces over several connections into `NAME.part`; `NAME.journal` says which pieces are
//! there and of which version of the file, so the next transfer goes on from there, also after `kill -9`.
//! When all have come, the digest is compared, and only then the file gets its name. `NAME.lock` is held
//! meanwhile: whoever wants the same file waits for it, in this process or another, and finds it.
//!
//! Knows nothing of models.

mod settings;

#[cfg(feature = "candle")]
mod client;
#[cfg(feature = "candle")]
mod fetch;
#[cfg(feature = "candle")]
mod journal;
#[cfg(feature = "candle")]
mod lock;
#[cfg(feature = "candle")]
mod meter;
#[cfg(feature = "candle")]
mod part;
#[cfg(feature = "candle")]
mod piece;
#[cfg(feature = "candle")]
mod refusal;
#[cfg(feature = "candle")]
mod remote;
#[cfg(feature = "candle")]
mod retry;
#[cfg(feature = "candle")]
mod verify;

pub use settings::{Token, TransferSettings};

#[cfg(feature = "candle")]
pub(crate) use {
    fetch::{Order, Transfer},
    lock::Lock,
    meter::{Event, Phase},
    part::{is_full, leftovers},
    remote::Remote,
};
