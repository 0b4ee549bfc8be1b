//! The instruction hook: time slices, budgets, and the end of a task that no script can catch.
//!
//! To end a task, the hook lets its coroutine yield, which no `pcall` sees, and the task is not
//! resumed. Only where Lua cannot yield (below `table.sort`, in an error handler) it raises an
//! error, and again on every further instruction until the coroutine is in a place that can yield
//! or has ended.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use llmspell_core::{Fault, Verdict};
use mlua::debug::Debug;
use mlua::{HookTriggers, Lua, VmState};

use crate::shared::Shared;
use crate::trace;

/// How many instructions pass between two looks at the budget.
const INTERVAL: u32 = 1000;

/// The same after a look that came at the wrong moment. A prime, so that a loop does not bring the next one at the
/// same place.
const UNEVEN: u32 = 997;

/// What code that runs outside of any task (`<close>` variables of a cancelled one, `__tostring`
/// below [`llmspell_core::Engine::show`]) may use; about 10 ms.
const OUTSIDE: u32 = 1_000_000;

/// The hook's state.
pub struct Guard {
    /// The hook fires on every instruction.
    tight: Cell<bool>,
    /// The coroutine that was last asked to yield for good.
    asked: Cell<*const c_void>,
    /// Instructions left to code that runs outside of any task.
    outside: Cell<Option<u32>>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            tight: Cell::new(false),
            asked: Cell::new(ptr::null()),
            outside: Cell::new(None),
        }
    }
}

/// Installs the hook for the Lua state and every coroutine made from now on.
pub fn install(lua: &Lua, shared: &Rc<Shared>) -> mlua::Result<()> {
    set(lua, shared, INTERVAL)
}

fn set(lua: &Lua, shared: &Rc<Shared>, interval: u32) -> mlua::Result<()> {
    let triggers = HookTriggers::new().every_nth_instruction(interval);
    let shared = shared.clone();
    lua.set_global_hook(triggers, move |lua, debug| {
        on_count(lua, &shared, debug, interval)
    })
}

fn on_count(lua: &Lua, shared: &Rc<Shared>, debug: &Debug, count: u32) -> mlua::Result<VmState> {
    if let Some(left) = shared.guard.outside.get() {
        let left = left.saturating_sub(count);
        shared.guard.outside.set(Some(left));
        return match left {
            0 => raise(lua, shared, "this code ran for too long"),
            _ => Ok(VmState::Continue),
        };
    }
    match shared.cx.budget().spend(u64::from(count)) {
        Verdict::Continue => Ok(VmState::Continue),
        // The prelude hands coroutines over: no other task may come in between.
        Verdict::Yield if trace::is_prelude(debug) => {
            set(lua, shared, UNEVEN)?;
            Ok(VmState::Continue)
        }
        Verdict::Yield => Ok(VmState::Yield),
        Verdict::End(fault) => end(lua, shared, fault),
    }
}

/// Ends the running task: by a yield where Lua can, else by an error.
fn end(lua: &Lua, shared: &Rc<Shared>, fault: Fault) -> mlua::Result<VmState> {
    let message = fault.to_string();
    shared.cx.budget().doom(fault);
    let coroutine = lua.current_thread().to_pointer();
    if shared.guard.asked.replace(coroutine) == coroutine {
        return raise(lua, shared, &message);
    }
    tighten(lua, shared)?;
    Ok(VmState::Yield)
}

fn raise(lua: &Lua, shared: &Rc<Shared>, message: &str) -> mlua::Result<VmState> {
    tighten(lua, shared)?;
    Err(mlua::Error::runtime(message))
}

/// Makes the hook fire on every instruction of the coroutine that runs.
fn tighten(lua: &Lua, shared: &Rc<Shared>) -> mlua::Result<()> {
    shared.guard.tight.set(true);
    set(lua, shared, 1)
}

/// Dooms the running task.
pub fn doom(lua: &Lua, shared: &Rc<Shared>, fault: Fault) {
    shared.cx.budget().doom(fault);
    // Without memory for the hook, the old one ends the task a little later.
    let _ = tighten(lua, shared);
}

/// Whether what runs now must end and run no handler.
pub fn doomed(shared: &Shared) -> bool {
    match shared.guard.outside.get() {
        Some(left) => left == 0,
        None => shared.cx.budget().doomed().is_some(),
    }
}

/// Undoes what the last doomed task left.
pub fn loosen(lua: &Lua, shared: &Rc<Shared>) {
    shared.guard.asked.set(ptr::null());
    if shared.guard.tight.replace(false) {
        let _ = set(lua, shared, INTERVAL);
    }
}

/// Runs Lua code that belongs to no task, within bounds.
pub fn outside<T>(lua: &Lua, shared: &Rc<Shared>, run: impl FnOnce() -> T) -> T {
    let before = shared.guard.outside.replace(Some(OUTSIDE));
    let out = run();
    shared.guard.outside.set(before);
    loosen(lua, shared);
    out
}
