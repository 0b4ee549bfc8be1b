//! The seam to a scripting language: load source, check it, run an entry as a coroutine.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::error::{Error, TaskError};
use crate::value::{Opaque, Value};

/// A future that stays on the scheduler's thread.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// What a host function does next.
pub enum Flow {
    /// It has its result.
    Done(Value),
    /// The calling task waits for this. The adapter hands it to [`crate::Cx::wait`].
    Wait(LocalFuture<Result<Value, Error>>),
}

/// Whether source text can run.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    Complete,
    /// More lines are needed: an open block, string or bracket.
    Incomplete,
    Invalid(Diagnostic),
}

/// A scripting language, bound to one [`crate::Scheduler`].
pub trait Engine {
    /// The language's name, lower case, which is also its file extension.
    fn language(&self) -> &'static str;

    /// Whether `source` could run, without running it.
    fn check(&self, name: &str, source: &str) -> Check;

    /// Compiles `source` into an entry for [`Engine::start`]. Top-level names are its own.
    fn load(&self, name: &str, source: &str) -> Result<Opaque, Diagnostic>;

    /// Compiles one REPL input: an expression gives its value, and what it declares at the top
    /// level stays visible to later inputs.
    fn load_interactive(&self, name: &str, source: &str) -> Result<Opaque, Diagnostic>;

    /// A coroutine, not yet running, that calls `entry` (from `load`, or a
    /// [`Value::Callback`] of this engine) with `args`.
    fn start(&self, entry: &Opaque, args: Vec<Value>) -> Result<Box<dyn Coroutine>, TaskError>;

    /// A value of this engine as text for people: what a REPL shows of a result, with strings in
    /// quotes.
    fn show(&self, value: &Value) -> String;

    /// A value that [`Value::Any`] holds, looked into as far as `Value` can express it.
    fn inspect(&self, value: &Value) -> Result<Value, Error>;

    /// The global names that a script or REPL input has defined, for completion.
    fn globals(&self) -> Vec<String>;
}

/// A script function under way. Dropping it cancels it: nothing of it may run afterwards,
/// except what the language runs to close it (Lua's `<close>` variables).
pub trait Coroutine {
    /// Runs until it ends, waits or has used its slice. `input` is what it waited for; `None` at
    /// the start and after a slice.
    fn resume(&mut self, input: Option<Result<Value, Error>>) -> Step;
}

/// Why a [`Coroutine`] stopped running.
pub enum Step {
    Done(Value),
    Failed(TaskError),
    /// It gave a future to [`crate::Cx::wait`], which said [`Waiting::Pending`].
    Waits,
    /// Its time slice is over.
    Sliced,
}

/// What [`crate::Cx::wait`] says of a future.
pub enum Waiting {
    /// It was ready at once.
    Ready(Result<Value, Error>),
    /// The task keeps it; the adapter suspends the coroutine with [`Step::Waits`].
    Pending,
}

/// An engine as tasks share it.
pub type SharedEngine = Rc<dyn Engine>;
