//! `llmspell model` as a person or a script meets it: a process of its own, and servers on loopback.
#![cfg(all(feature = "candle", feature = "ollama"))]

mod configured;
#[cfg(unix)]
mod install;
mod place;
#[path = "../common/process.rs"]
mod process;
mod pull;
mod remove;
/// What it can do besides is for the tests of the crate below.
#[allow(dead_code)]
#[path = "../../runtime/models/tests/pull/server.rs"]
mod server;
mod show;
#[cfg(unix)]
#[path = "../common/signal.rs"]
mod signal;
#[cfg(unix)]
mod terminal;
