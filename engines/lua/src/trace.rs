//! Errors as diagnostics: the stack at the place of an error, and messages without their position.

use std::rc::Rc;

use llmspell_core::{Diagnostic, Frame, ScriptError, Sources, TaskError, suggest};
use mlua::debug::{Debug, DebugSource};
use mlua::{Lua, MultiValue, Value as LuaValue};

use crate::prelude;
use crate::shared::{Shared, Values};

/// The chunk name of the prelude, whose frames nobody wants to see.
pub const PRELUDE: &str = "=[llmspell]";

/// What the source of a chunk is called that `load` was given without a name.
const LOADED: &str = "(load)";

/// Frames at the two ends of a stack that a trace keeps.
const INNERMOST: usize = 30;
const SEEN: usize = 200;

/// A stack trace on its way through Lua.
pub struct Trace(pub Vec<Frame>);

/// What a task's body says of its error.
pub struct Failure {
    thrown: Option<LuaValue>,
    text: String,
    stack: Vec<Frame>,
}

impl Failure {
    /// A message and nothing else.
    pub fn message(text: String) -> Self {
        Self {
            thrown: None,
            text,
            stack: Vec::new(),
        }
    }

    /// From the values that `native.body` gives.
    pub fn from_lua(mut values: MultiValue) -> Self {
        let thrown = values.pop_front().unwrap_or_default();
        let said = values.pop_front().unwrap_or_default();
        let stack = match values.pop_front() {
            Some(LuaValue::UserData(trace)) => trace.borrow_scoped(|t: &Trace| t.0.clone()).ok(),
            _ => None,
        };
        let text = match (&thrown, said) {
            (LuaValue::Error(error), _) => text(error),
            (_, LuaValue::String(said)) => said.to_string_lossy(),
            _ => "unknown error".to_owned(),
        };
        Self {
            thrown: Some(thrown),
            text,
            stack: stack.unwrap_or_default(),
        }
    }
}

/// The error that ends a task.
pub fn error(shared: &Shared, failure: Failure) -> TaskError {
    let joined = failure
        .thrown
        .as_ref()
        .and_then(|thrown| joined(shared, thrown, failure.stack.first()));
    let diagnostic = match joined {
        Some(child) => {
            let mut diagnostic = child.diagnostic.clone();
            diagnostic.stack.extend(failure.stack);
            diagnostic
        }
        None => {
            let sources = shared.cx.sources();
            let diagnostic = diagnostic(failure.text, failure.stack, &sources);
            Diagnostic {
                help: meant(shared, &diagnostic, &sources),
                ..diagnostic
            }
        }
    };
    let value = failure.thrown.map(|v| shared.hold(Values::One(v)));
    ScriptError { diagnostic, value }.into()
}

/// What a message about a nil value may come from: a name of stock Lua that scripts do not have, or a slip in a
/// global's name.
fn meant(shared: &Shared, problem: &Diagnostic, sources: &Sources) -> Option<String> {
    let (_, rest) = problem.message.split_once("a nil value (")?;
    let (kind, rest) = rest.split_once(" '")?;
    let (name, _) = rest.split_once('\'')?;
    let place = problem.stack.first();
    let text = place.and_then(|frame| sources.get(&frame.source));
    let line = place.zip(text.as_deref());
    let line = line.and_then(|(frame, text)| text.lines().nth(frame.line.checked_sub(1)? as usize));
    if let Some(help) = prelude::withheld(kind, name, line.unwrap_or_default()) {
        return Some(help);
    }
    // In one or two letters everything is near everything.
    let global = Some(name).filter(|name| kind == "global" && name.len() > 2)?;
    let wanted = match problem.message.strip_prefix("attempt to ")? {
        what if what.starts_with("call") => "function",
        what if what.starts_with("index") => "table",
        _ => return None,
    };
    let names = shared.globals.get()?.iter();
    let names = names
        .filter(|(_, ty)| **ty == wanted)
        .map(|(name, _)| name.as_str());
    let near = suggest::nearest(global, names)?;
    Some(format!("did you mean {near}?"))
}

/// Notes where another task's error is raised again.
pub fn rejoining(lua: &Lua, shared: &Shared) {
    shared.rejoined_at.replace(stack(lua).into_iter().next());
}

/// The other task's error that this value is, if it was just raised again. Numbers may be equal by chance, and so may
/// texts but for those that tell another place than where they were raised, so they have to come from the same line.
fn joined(shared: &Shared, thrown: &LuaValue, place: Option<&Frame>) -> Option<Rc<ScriptError>> {
    let line = |frame: &Frame| (frame.source.clone(), frame.line);
    let error = shared.rejoined.borrow().clone()?;
    let value = shared.held(error.value.as_ref()?)?.first();
    let unique = match &value {
        LuaValue::Table(_)
        | LuaValue::Function(_)
        | LuaValue::Thread(_)
        | LuaValue::UserData(_) => true,
        LuaValue::String(text) => {
            let sources = shared.cx.sources();
            let told = position(&text.to_string_lossy(), &[], &sources).map(|(frame, _)| frame);
            told.is_some_and(|told| place.map(line) != Some(line(&told)))
        }
        _ => false,
    };
    let at = shared.rejoined_at.borrow();
    let here = unique || at.as_ref().map(line) == place.map(line);
    (here && value == *thrown).then_some(error)
}

/// Moves the position at the start of a message to where the stack says it, or else on top of it.
pub fn diagnostic(text: String, stack: Vec<Frame>, sources: &Sources) -> Diagnostic {
    let mut diagnostic = Diagnostic {
        stack,
        ..Diagnostic::default()
    };
    match position(&text, &diagnostic.stack, sources) {
        Some((frame, message)) => {
            diagnostic.message = message.to_owned();
            let first = diagnostic.stack.first();
            if first.is_none_or(|f| f.source != frame.source || f.line != frame.line) {
                diagnostic.stack.insert(0, frame);
            }
        }
        None => diagnostic.message = text,
    }
    diagnostic
}

/// Splits `source:line: message`, where the source is a known one.
fn position<'a>(text: &'a str, stack: &[Frame], sources: &Sources) -> Option<(Frame, &'a str)> {
    let at = |(end, _): (usize, &str)| {
        let (line, message) = text[end + 1..].split_once(": ")?;
        let line = line.parse().ok()?;
        let frame = Frame {
            source: named(&text[..end], stack, sources)?,
            line,
            ..Frame::default()
        };
        Some((frame, message))
    };
    text.match_indices(':').find_map(at)
}

/// The source that Lua, which shortens long names, calls `short`.
fn named(short: &str, stack: &[Frame], sources: &Sources) -> Option<String> {
    if short.starts_with("[string \"") && short.ends_with("\"]") {
        return Some(LOADED.to_owned());
    }
    let is = |name: &str| shortened(name) == short;
    let running = stack.iter().find(|frame| is(&frame.source));
    let running = running.map(|frame| frame.source.clone());
    running.or_else(|| sources.find(is))
}

/// A source name as Lua's messages write it: its last 56 bytes, if it is longer than 59.
fn shortened(source: &str) -> String {
    const LONGEST: usize = 59;
    match source.len() > LONGEST {
        true => {
            let tail = &source.as_bytes()[source.len() - (LONGEST - 3)..];
            format!("...{}", String::from_utf8_lossy(tail))
        }
        false => source.to_owned(),
    }
}

/// The script's stack at this place, innermost frame first.
pub fn stack(lua: &Lua) -> Vec<Frame> {
    let mut frames = Vec::new();
    for level in 0..SEEN {
        match lua.inspect_stack(level, frame) {
            Some(Some(frame)) => frames.push(frame),
            Some(None) => {}
            None => break,
        }
        if frames.len() == INNERMOST {
            break;
        }
    }
    frames
}

/// The line of the script that runs, as the prefix of a message.
pub fn place(lua: &Lua) -> String {
    let place = |debug: &Debug| {
        let source = debug.source();
        let line = debug.current_line()?;
        script(&source).then(|| format!("{}:{line}: ", source.short_src.unwrap_or_default()))
    };
    for level in 0..SEEN {
        match lua.inspect_stack(level, place) {
            Some(Some(place)) => return place,
            Some(None) => {}
            None => break,
        }
    }
    String::new()
}

/// Whether the prelude runs.
pub fn is_prelude(debug: &Debug) -> bool {
    debug.source().source.as_deref() == Some(PRELUDE)
}

/// Whether a function is neither of C nor of the prelude.
fn script(source: &DebugSource) -> bool {
    source.what != "C" && source.source.as_deref() != Some(PRELUDE)
}

fn frame(debug: &Debug) -> Option<Frame> {
    let source = debug.source();
    if !script(&source) {
        return None;
    }
    let name = source.source.as_deref()?;
    let name = name.strip_prefix(['@', '=']).unwrap_or(LOADED);
    Some(Frame {
        source: name.to_owned(),
        line: debug.current_line().map_or(0, |line| line as u32),
        column: 0,
        function: debug.names().name.map(|name| name.into_owned()),
    })
}

/// What an error of mlua says, without its traceback.
pub fn text(error: &mlua::Error) -> String {
    match error {
        mlua::Error::CallbackError { cause, .. } => text(cause),
        mlua::Error::RuntimeError(message) | mlua::Error::MemoryError(message) => {
            let message = message.split("\nstack traceback:").next();
            message.unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    }
}
