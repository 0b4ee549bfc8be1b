//! Lua for llmspell: an [`Engine`] over mlua that knows the script API only by its registry.
//!
//! Scripts suspend through a Lua shim around every host function (`prelude/suspend.lua`), so that a
//! task can wait inside the script's own coroutines, below `pcall` and in metamethods.

mod convert;
mod coroutine;
mod engine;
mod handle;
mod hook;
mod host;
mod input;
mod interactive;
mod modules;
mod prelude;
mod reply;
mod shared;
mod source;
mod trace;

pub use engine::engine;
