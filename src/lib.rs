//! llmspell: a scripting runtime for local language models.
//!
//! Scripts in Lua and Rhai see one API; see `llmspell doc`. As a library, [`Runtime`] runs scripts
//! inside a game or a tool: to their end with [`Runtime::run`], or a little at a time with
//! [`Runtime::tick`]. With the feature `cli`, [`cli`] is the whole command line as a function.
//!
//! ```
//! use llmspell::{Console, Language, Runtime};
//!
//! let runtime = Runtime::builder(Language::Lua)
//!     .console(Console::output_only(std::io::stdout()))
//!     .build()
//!     .expect("the runtime starts");
//! runtime.run("demo", "print(JSON.stringify({ answer = 42 }))").expect("the script runs");
//! ```

#[cfg(feature = "cli")]
mod cli;
pub mod docs;
mod language;
pub mod manual;
#[cfg(feature = "cli")]
mod repl;
mod runtime;
pub mod stubs;

#[cfg(feature = "cli")]
pub use cli::{cli, command};
pub use language::Language;
#[doc(hidden)]
pub use llmspell_core; // what `api` expands to names it
pub use llmspell_core::{
    Callback, Check, Console, Cx, Diagnostic, Error, Fault, Frame, FromValue, Handle, Interrupter,
    IntoValue, LineReader, Map, Mismatch, Registry, Sources, TaskError, TaskStatus, Value,
    host_api as api, spec,
};
pub use llmspell_models as models;
pub use llmspell_models::{Limits, Models};
pub use llmspell_stdlib::registry;
pub use runtime::{Builder, Runtime, Script};
