//! The engine-agnostic core of llmspell: script values, the registry of the script API, the seam
//! to an [`Engine`], and the [`Scheduler`] that runs script coroutines as structured tasks.
//!
//! This crate names no scripting language.

pub mod api;
mod budget;
mod console;
mod convert;
mod diagnostic;
mod engine;
mod error;
mod loader;
mod scheduler;
pub mod spec;
pub mod suggest;
mod value;

pub use budget::{Budget, Verdict};
pub use console::{Console, LineReader};
pub use convert::{Bytes, Callback, FromValue, IntoValue, Rest, Untouched, downcast, mismatch};
pub use diagnostic::{Diagnostic, Frame};
pub use engine::{Check, Coroutine, Engine, Flow, LocalFuture, SharedEngine, Step, Waiting};
pub use error::{Error, Fault, Mismatch, ScriptError, TaskError, wrong_argument_count};
pub use llmspell_macros::{api, host_api};
pub use loader::{Loader, Source};
pub use scheduler::{Cx, Interrupter, Outcome, Scheduler, Scope, Sources, Task, TaskStatus};
pub use spec::Registry;
pub use value::{Declared, Handle, Map, Object, Opaque, Value};

/// The arguments of one call; the first four need no allocation.
pub type Args = smallvec::SmallVec<[Value; 4]>;
