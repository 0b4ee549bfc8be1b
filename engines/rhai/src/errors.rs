//! Between Rhai's errors and the host's.

use std::cell::Cell;
use std::rc::Rc;

use llmspell_core::{Diagnostic, Error, Fault, Frame, Opaque, ScriptError, TaskError};
use rhai::{Dynamic, EvalAltResult, ParseError, Position};

use crate::convert::{CLOSURE, Environment, Kept};
use crate::explain::Place;
use crate::names::Names;
use crate::progress::{self, Terminated};
use crate::{coroutine, display, explain, shadow};

/// Wraps an error of another task, so that the frames of that task can be found again.
const JOINED: &str = "joined$";

thread_local! {
    static JOINS: Cell<u64> = const { Cell::new(0) };
}

/// A host function's error as Rhai raises it, at the position of the call.
pub fn raised(error: Error) -> Box<EvalAltResult> {
    match error {
        Error::Raise(message) => EvalAltResult::ErrorRuntime(message.into(), Position::NONE).into(),
        Error::Script(error) => joined(error),
        Error::Fault(fault) => fatal(fault),
    }
}

/// What a script has ended itself with by `exit(value)`, however deep it stood; else the error.
pub fn exit_value(error: Box<EvalAltResult>) -> Result<Dynamic, Box<EvalAltResult>> {
    let mut inner = &error;
    loop {
        match &**inner {
            EvalAltResult::Exit(value, _) => return Ok(value.clone()),
            EvalAltResult::ErrorInFunctionCall(_, _, next, _)
            | EvalAltResult::ErrorInModule(_, next, _) => inner = next,
            _ => return Err(error),
        }
    }
}

/// Raises what another task threw, once more, with the value it threw.
fn joined(error: Rc<ScriptError>) -> Box<EvalAltResult> {
    let kept = error.value.as_ref().and_then(|value| value.get::<Kept>());
    let value = match kept {
        Some(kept) => kept.value.clone(),
        None => error.diagnostic.message.clone().into(),
    };
    let number = JOINS.get() + 1;
    JOINS.set(number);
    if let Some(task) = coroutine::current() {
        task.raised.replace(Some((number, error)));
    }
    let inner = EvalAltResult::ErrorRuntime(value, Position::NONE).into();
    let name = format!("{JOINED}{number}");
    EvalAltResult::ErrorInFunctionCall(name, String::new(), inner, Position::NONE).into()
}

fn fatal(fault: Fault) -> Box<EvalAltResult> {
    if let Some(task) = coroutine::current() {
        task.fault.replace(Some(fault.clone()));
        progress::hurry();
    }
    let token = Dynamic::from(Terminated::Fault(fault));
    EvalAltResult::ErrorTerminated(token, Position::NONE).into()
}

/// How a script ended that returned `error` and ran in `environment`.
pub fn task_error(
    error: Box<EvalAltResult>,
    environment: &Rc<Environment>,
    names: &Names,
) -> TaskError {
    let mut trace = Trace::new(environment.0.source().unwrap_or_default());
    let (error, child) = trace.unwind(error);
    if let EvalAltResult::ErrorTerminated(token, _) = &*error
        && let Some(Terminated::Fault(fault)) = token.clone().try_cast()
    {
        return fault.into();
    }
    if let Some(child) = child {
        return trace.after(&child).into();
    }
    trace.end(error, environment, names).into()
}

/// The frames of an error, outermost first.
struct Trace {
    frames: Vec<Frame>,
    source: String,
    function: Option<String>,
}

impl Trace {
    fn new(source: &str) -> Self {
        Self {
            frames: Vec::new(),
            source: source.to_owned(),
            function: None,
        }
    }

    fn push(&mut self, position: Position) {
        let frame = Frame {
            source: self.source.clone(),
            function: self.function.clone(),
            ..frame(position)
        };
        let same = |last: &Frame| {
            (last.line, last.column, &last.source) == (frame.line, frame.column, &frame.source)
        };
        // `list.map(f)` counts as a call and so does `f`: one place, one frame.
        let visible = frame.line > 0 && !shadow::is_hidden(frame.line);
        if visible && !self.frames.last().is_some_and(same) {
            self.frames.push(frame);
        }
    }

    /// Walks to the innermost error; also gives the other task's error that it repeats.
    fn unwind(
        &mut self,
        mut error: Box<EvalAltResult>,
    ) -> (Box<EvalAltResult>, Option<Rc<ScriptError>>) {
        loop {
            match *error {
                EvalAltResult::ErrorInFunctionCall(name, source, inner, position) => {
                    self.push(position);
                    if let Some(number) = name.strip_prefix(JOINED) {
                        return (inner, other_task(number));
                    }
                    self.enter(&name, source);
                    error = inner;
                }
                EvalAltResult::ErrorInModule(path, inner, position) => {
                    self.push(position);
                    self.source = path;
                    self.function = None;
                    error = inner;
                }
                EvalAltResult::ErrorFunctionNotFound(signature, position) => {
                    match told_otherwise(&signature) {
                        Some(mut instead) => {
                            instead.set_position(position);
                            error = instead;
                        }
                        None => {
                            error =
                                EvalAltResult::ErrorFunctionNotFound(signature, position).into();
                            return (error, None);
                        }
                    }
                }
                other => return (other.into(), None),
            }
        }
    }

    fn enter(&mut self, function: &str, source: String) {
        if !source.is_empty() {
            self.source = source;
        }
        let closure = function.starts_with(CLOSURE);
        self.function = Some(if closure { "closure" } else { function }.to_owned());
    }

    /// The error of a task that failed because another one had failed.
    fn after(mut self, child: &ScriptError) -> ScriptError {
        let mut diagnostic = child.diagnostic.clone();
        self.frames.reverse();
        diagnostic.stack.append(&mut self.frames);
        ScriptError {
            diagnostic,
            value: child.value.clone(),
        }
    }

    fn end(
        mut self,
        mut error: Box<EvalAltResult>,
        environment: &Rc<Environment>,
        names: &Names,
    ) -> ScriptError {
        let position = error.take_position();
        self.push(position);
        let place = Place {
            names,
            source: &self.source,
            in_function: self.function.is_some(),
        };
        let (message, help) = explain::explain(&error, &place);
        let value = match *error {
            EvalAltResult::ErrorRuntime(value, _) => value,
            _ => message.clone().into(),
        };
        self.frames.reverse();
        ScriptError {
            diagnostic: Diagnostic {
                message,
                stack: self.frames,
                help,
            },
            value: Some(Opaque::new(Kept {
                value,
                environment: Some(environment.clone()),
            })),
        }
    }
}

/// The error that a call of an unknown method is told as.
fn told_otherwise(signature: &str) -> Option<Box<EvalAltResult>> {
    let task = coroutine::current()?;
    let (name, error) = task.instead.take()?;
    let arguments = signature.strip_prefix(&name)?;
    let ours = [shadow::HANDLE, shadow::NAMESPACE];
    let ours = ours.map(|receiver| format!(" ({receiver}"));
    ours.iter()
        .any(|start| arguments.starts_with(start))
        .then_some(error)
}

fn other_task(number: &str) -> Option<Rc<ScriptError>> {
    let task = coroutine::current()?;
    let raised = task.raised.borrow();
    let (last, error) = raised.as_ref()?;
    (last.to_string() == number).then(|| error.clone())
}

/// The failure of a task that has no place in a script.
pub fn failed(message: impl Into<String>) -> TaskError {
    let diagnostic = Diagnostic::new(message);
    let value = None;
    ScriptError { diagnostic, value }.into()
}

/// A text that does not compile.
pub fn syntax(error: &ParseError, source: &str, text: &str) -> Diagnostic {
    let (message, help) = explain::syntax(error.err_type());
    let line = error
        .position()
        .line()
        .and_then(|line| text.lines().nth(line - 1));
    let help = help.or_else(|| line.and_then(explain::foreign).map(str::to_owned));
    let frame = Frame {
        source: source.to_owned(),
        ..frame(error.position())
    };
    Diagnostic {
        message,
        stack: vec![frame],
        help,
    }
}

fn frame(position: Position) -> Frame {
    let number = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    Frame {
        line: number(position.line()),
        column: number(position.position()),
        ..Frame::default()
    }
}

/// What an uncaught `throw` says.
pub fn thrown_message(value: &Dynamic) -> String {
    match value.as_immutable_string_ref() {
        Ok(text) if !text.is_empty() => text.to_string(),
        _ if value.is_unit() => "the script threw an error without a value".to_owned(),
        _ => format!("error value: {}", display::quoted(value)),
    }
}
