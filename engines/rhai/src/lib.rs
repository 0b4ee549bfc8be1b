//! The Rhai adapter: the script API's registry inside a Rhai engine, and scripts as coroutines.
//!
//! Only this crate names `rhai`.

mod captured;
mod check;
mod closures;
mod convert;
mod coroutine;
mod dispatch;
mod display;
mod engine;
mod errors;
mod explain;
mod limits;
mod modules;
mod names;
mod progress;
mod session;
mod shadow;
mod source;
mod texts;
mod words;

pub use display::value_quoted as quoted;
pub use engine::Rhai;
pub use words::is_reserved;
