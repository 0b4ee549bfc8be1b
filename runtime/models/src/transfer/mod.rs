//! Getting files over HTTP, whole and verified or not at all.
//!
//! A file comes in pieces over several connections into `NAME.part`; `NAME.journal` says which pieces are
//! there and of which version of the file, so the next transfer goes on from there, also after `kill -9`.
//! When all have come, the digest is compared, and only then the file gets its name. `NAME.lock` is held
//! meanwhile: whoever wants the same file waits for it, in this process or another, and finds it.
//!
//! Knows nothing of models.

mod client;
mod fetch;
mod journal;
mod lock;
mod meter;
mod part;
mod piece;
mod refusal;
mod remote;
mod retry;
mod verify;

pub(crate) use {
    fetch::{Order, Transfer},
    lock::Lock,
    meter::{Event, Phase},
    part::{disk_error, is_full, leftovers},
    remote::Remote,
};
