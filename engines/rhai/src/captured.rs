//! Captured variables that hold a handle or a function.
//!
//! Rhai makes a variable that a closure captures shared, and `x.method()` locks a shared variable
//! for the whole call. While a task waits in `queue.receive()`, every other use of `queue` would
//! fail with "data race detected". So a read of such a variable is answered with the handle
//! itself: a handle is a reference anyway, and its methods never change the variable. The same
//! holds for a function: `ask.call()` may wait, and another task may call it too.

use std::time::{Duration, Instant};

use rhai::{Dynamic, EvalAltResult, EvalContext, FnPtr, Position};

use crate::convert::Object;
use crate::names::Names;
use crate::progress;

/// How long others may go on before a locked variable is an error.
const PATIENCE: Duration = Duration::from_secs(10);

/// The value to use instead of the variable, if it is captured and holds one of these.
pub fn value(
    names: &Names,
    name: &str,
    variable: &Dynamic,
    context: &EvalContext,
) -> Result<Option<Dynamic>, Box<EvalAltResult>> {
    if !variable.is_shared() {
        return Ok(None);
    }
    // One who has given way in the middle of `list.map(|x| …)` goes on soon; one who waits may take for ever.
    if variable.is_locked() {
        let begun = Instant::now();
        while variable.is_locked() && begun.elapsed() < PATIENCE && progress::after_others() {}
    }
    // Asking a locked variable for its type panics, and Rhai's own error would not name it.
    if variable.is_locked() {
        return Err(EvalAltResult::ErrorDataRace(name.to_owned(), Position::NONE).into());
    }
    // Rhai asks the same way before an assignment, which needs the variable itself.
    if names.is_assigned(context.source().unwrap_or_default(), name) {
        return Ok(None);
    }
    if let Some(object) = variable.read_lock::<Object>() {
        return Ok(Some(Dynamic::from(object.clone())));
    }
    let function = variable.read_lock::<FnPtr>();
    Ok(function.map(|function| Dynamic::from(function.clone())))
}
