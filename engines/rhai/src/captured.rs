//! Captured variables that hold a handle.
//!
//! Rhai makes a variable that a closure captures shared, and `x.method()` locks a shared variable
//! for the whole call. While a task waits in `queue.receive()`, every other use of `queue` would
//! fail with "data race detected". So a read of such a variable is answered with the handle
//! itself: a handle is a reference anyway, and its methods never change the variable.

use rhai::{Dynamic, EvalContext};

use crate::convert::Object;
use crate::names::Names;

/// The value to use instead of the variable, if it is captured and holds a handle.
pub fn handle(names: &Names, name: &str, context: &EvalContext) -> Option<Dynamic> {
    let variable = context.scope().get(name)?;
    // Asking a locked variable for its type panics.
    if !variable.is_shared() || variable.is_locked() {
        return None;
    }
    let object = variable.read_lock::<Object>()?.clone();
    // Rhai asks the same way before an assignment, which needs the variable itself.
    (!names.is_assigned(name)).then(|| Dynamic::from(object).into_read_only())
}
