//! What happens between any two operations of a script: the budget, the time slice, the stack.

use std::cell::Cell;

use llmspell_core::{Cx, Fault, Verdict};
use rhai::Dynamic;

use crate::{coroutine, limits};

/// Why a script was terminated; no script catches it.
#[derive(Clone)]
pub enum Terminated {
    Fault(Fault),
    StackFull,
}

thread_local! {
    /// Operations until the next look at the budget.
    static COUNTDOWN: Cell<u32> = const { Cell::new(limits::OPERATIONS) };
    /// Looks at the budget since the time slice ended; 0 before that.
    static LATE: Cell<u32> = const { Cell::new(0) };
    /// Tasks that have given way and wait for nothing else.
    static SLICED: Cell<usize> = const { Cell::new(0) };
}

/// Looks at the budget after which a task gives way wherever it is.
const PATIENCE: u32 = 16;

/// Looks at the budget before the next operation.
pub fn hurry() {
    COUNTDOWN.set(0);
}

/// Rhai asks this before each operation; a value terminates the script.
pub fn progress(cx: &Cx) -> Option<Dynamic> {
    if coroutine::stack_is_low() {
        return Some(Dynamic::from(Terminated::StackFull));
    }
    match COUNTDOWN.get() {
        0 => look(cx),
        left => {
            COUNTDOWN.set(left - 1);
            None
        }
    }
}

/// What the running task must not survive. Some functions of Rhai, such as `sort`, ignore the
/// errors of the closures they call, so this is asked once more when a script has ended well.
pub fn swallowed(cx: &Cx) -> Option<Fault> {
    if COUNTDOWN.get() > 0 {
        return None;
    }
    let verdict = verdict(cx);
    COUNTDOWN.set(limits::OPERATIONS);
    match verdict {
        Verdict::End(fault) => Some(fault),
        _ => None,
    }
}

fn verdict(cx: &Cx) -> Verdict {
    let own = coroutine::current().and_then(|task| task.fault.borrow().clone());
    match own {
        Some(fault) => Verdict::End(fault),
        None => cx.budget().spend(limits::OPERATIONS.into()),
    }
}

#[cold]
fn look(cx: &Cx) -> Option<Dynamic> {
    match verdict(cx) {
        // The countdown stays at 0: `array.map` and its like make every error catchable again,
        // so the operation after a `catch` must end the task anew.
        Verdict::End(fault) => return Some(Dynamic::from(Terminated::Fault(fault))),
        Verdict::Yield => match LATE.get() {
            PATIENCE.. => give_way(),
            looks => LATE.set(looks + 1),
        },
        Verdict::Continue => {}
    }
    COUNTDOWN.set(limits::OPERATIONS);
    None
}

/// Rhai asks this before it reads a variable. In between, as in `list[0]`, it may hold the lock of a
/// captured one, and every other task that needs that has to wait, so a task whose time is over gives way here
/// and not at once.
pub fn before_variable() {
    if LATE.get() > 0 {
        give_way();
    }
}

/// Lets those tasks go on that have given way, one of which may hold the lock of a captured variable, as in
/// `list.map(|x| …)`. Says whether there are any.
pub fn after_others() -> bool {
    let others = SLICED.get() > 0 && coroutine::in_task();
    if others {
        coroutine::give_way();
    }
    others
}

fn give_way() {
    LATE.set(0);
    let _sliced = Sliced::new();
    coroutine::give_way();
}

/// Counts a task that has given way, until it goes on or ends.
struct Sliced;

impl Sliced {
    fn new() -> Self {
        SLICED.set(SLICED.get() + 1);
        Self
    }
}

impl Drop for Sliced {
    fn drop(&mut self) {
        SLICED.set(SLICED.get() - 1);
    }
}
