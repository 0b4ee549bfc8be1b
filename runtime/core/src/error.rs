//! What can go wrong: errors that a script may catch, and faults that end a task.

use std::rc::Rc;
use std::time::Duration;

use crate::diagnostic::Diagnostic;
use crate::spec::FunctionSpec;
use crate::value::Opaque;

/// What a host function fails with.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Raised in the script, which may catch it.
    #[error("{0}")]
    Raise(String),
    /// The error of another task, raised again with the value that it threw.
    #[error("{}", .0.diagnostic.message)]
    Script(Rc<ScriptError>),
    /// Ends the task; no script can catch it.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What ends a task without the script having a say.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    #[error("the task was cancelled")]
    Cancelled,
    #[error("timed out after {} s", .0.as_secs_f64())]
    Timeout(Duration),
    #[error("used up its {0} instructions")]
    Instructions(u64),
    #[error("interrupted")]
    Interrupted,
    #[error("internal error: {0}. This is a bug in llmspell or in its host")]
    Panic(String),
}

/// An error that a script raised and did not catch.
pub struct ScriptError {
    pub diagnostic: Diagnostic,
    /// What the script threw, for whoever catches it in the same engine.
    pub value: Option<Opaque>,
}

/// Why a task failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TaskError {
    #[error("{}", .0.diagnostic.message)]
    Script(Rc<ScriptError>),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl std::fmt::Debug for ScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.diagnostic.fmt(f)
    }
}

impl Error {
    /// An error with a message.
    pub fn raise(message: impl Into<String>) -> Self {
        Self::Raise(message.into())
    }
}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::Raise(message)
    }
}

impl From<TaskError> for Error {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::Script(error) => Self::Script(error),
            // Whoever joins a cancelled task has not been cancelled itself.
            TaskError::Fault(Fault::Cancelled) => Self::raise("the task was cancelled"),
            TaskError::Fault(fault @ Fault::Panic(_)) => Self::Raise(fault.to_string()),
            TaskError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl TaskError {
    /// What to show a person.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Script(error) => error.diagnostic.clone(),
            Self::Fault(fault) => Diagnostic::new(fault.to_string()),
        }
    }
}

impl From<ScriptError> for TaskError {
    fn from(error: ScriptError) -> Self {
        Self::Script(Rc::new(error))
    }
}

/// An argument that does not fit its declared type, and where in the argument.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// From the innermost place outwards.
    path: Vec<String>,
    problem: String,
}

impl Mismatch {
    /// "expected X, got Y".
    pub fn new(expected: impl std::fmt::Display, got: impl std::fmt::Display) -> Self {
        Self::problem(format!("expected {expected}, got {got}"))
    }

    /// Any other problem, in a sentence.
    pub fn problem(problem: impl Into<String>) -> Self {
        Self {
            path: Vec::new(),
            problem: problem.into(),
        }
    }

    /// Says that the problem is in the field or parameter `name`.
    pub fn at(mut self, name: &str) -> Self {
        self.path.push(name.to_owned());
        self
    }

    /// Says that the problem is in a list's item; `index` counts from 0, the text from 1.
    pub fn at_index(mut self, index: usize) -> Self {
        self.path.push(format!("item {}", index + 1));
        self
    }

    /// The error that the script sees: `Agent.create: options.temperature: expected …`.
    pub fn into_error(self, function: &FunctionSpec) -> Error {
        Error::Raise(format!("{}: {self}", function.path()))
    }
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, step) in self.path.iter().rev().enumerate() {
            let dot = if index > 0 { "." } else { "" };
            write!(f, "{dot}{step}")?;
        }
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{colon}{}", self.problem)
    }
}

/// The error for a call with the wrong number of arguments.
pub fn wrong_argument_count(function: &FunctionSpec, given: usize) -> Error {
    let (least, most) = (function.required(), function.params.len());
    let (path, signature) = (function.path(), function.signature());
    if given < least {
        // A script may have given the language's nothing there.
        let missing = function.params[given].name;
        return Error::Raise(format!(
            "{path}: nothing was given for {missing}; it is called as {signature}"
        ));
    }
    let expected = match (least, most) {
        (0, 0) => "no".to_owned(),
        _ if least == most => least.to_string(),
        _ => format!("{least} to {most}"),
    };
    let noun = if most == 1 && least == 1 {
        "argument"
    } else {
        "arguments"
    };
    Error::Raise(format!(
        "{path}: expected {expected} {noun}, got {given}; it is called as {signature}"
    ))
}
