//! The Rhai adapter: the script API's registry inside a Rhai engine, and scripts as coroutines.
//!
//! Only this crate names `rhai`.

mod convert;
mod coroutine;
mod dispatch;
mod display;
mod engine;
mod errors;
mod explain;
mod limits;
mod progress;
mod source;

pub use engine::Rhai;
