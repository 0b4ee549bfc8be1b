//! The switch between a task's stack and the scheduler's: the only `unsafe` of this crate.
//!
//! Rhai cannot suspend a script, so each task runs on a stack of its own ([`corosensei`]) and
//! whatever is called from the script may leave that stack in the middle and come back later.
//! Stacks are mapped lazily: a task costs the pages it has touched, not [`limits::STACK`].

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use corosensei::stack::{DefaultStack, Stack};
use corosensei::{CoroutineResult, Yielder};
use llmspell_core::{Coroutine, Error, Fault, ScriptError, Step, TaskError, Value};
use rhai::EvalAltResult;

use crate::{errors, limits};

/// What a suspended task is resumed with.
type Input = Option<Result<Value, Error>>;
type Switch = corosensei::Coroutine<Input, Pause, Ended>;
type Ended = Result<Value, TaskError>;
type Body = Box<dyn FnOnce() -> Ended>;

/// Why a task left its stack.
#[derive(Clone, Copy)]
enum Pause {
    Waits,
    Sliced,
}

thread_local! {
    /// The task whose stack this thread is on.
    static CURRENT: RefCell<Option<Rc<Task>>> = const { RefCell::new(None) };
    /// Below this address there is too little stack left to evaluate anything.
    static FLOOR: Cell<usize> = const { Cell::new(0) };
    /// The lowest address that the current stack was seen at.
    static LOWEST: Cell<usize> = const { Cell::new(usize::MAX) };
    static POOL: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

/// What the adapter knows of the task that runs.
pub struct Task {
    yielder: Cell<*const Yielder<Input, Pause>>,
    /// Modules under way, outermost first.
    pub importing: RefCell<Vec<String>>,
    /// The error of another task that was raised here last, and its number.
    pub raised: RefCell<Option<(u64, Rc<ScriptError>)>>,
    /// What the task must not survive.
    pub fault: RefCell<Option<Fault>>,
    /// The error to report instead of "function not found" for this name.
    pub instead: RefCell<Option<(String, Box<EvalAltResult>)>>,
}

impl Task {
    fn new() -> Rc<Self> {
        Rc::new(Self {
            yielder: Cell::new(std::ptr::null()),
            importing: RefCell::default(),
            raised: RefCell::default(),
            fault: RefCell::default(),
            instead: RefCell::default(),
        })
    }
}

/// The task whose stack this thread is on.
pub fn current() -> Option<Rc<Task>> {
    CURRENT.with_borrow(Option::clone)
}

/// Whether this thread is on a task's stack.
pub fn in_task() -> bool {
    CURRENT.with_borrow(Option::is_some)
}

/// Leaves the stack until what the task waits for is ready.
pub fn wait() -> Result<Value, Error> {
    match suspend(Pause::Waits) {
        Some(Some(result)) => result,
        Some(None) => Err(Error::raise("the task was resumed without a result")),
        None => Err(Error::raise(
            "cannot wait here: this code runs outside of any task",
        )),
    }
}

/// Leaves the stack so that other tasks get their turn; stays outside of any task.
pub fn give_way() {
    suspend(Pause::Sliced);
}

/// Whether the stack is nearly used up. Asked between any two steps of a script, so it also
/// takes note of how deep the stack goes.
pub fn stack_is_low() -> bool {
    let here = 0_u8;
    let here = (&raw const here).addr();
    if here < LOWEST.get() {
        LOWEST.set(here);
    }
    here < FLOOR.get()
}

/// Whether `bytes` of stack are left; outside of any task the host's stack is taken to be large.
pub fn has_room(bytes: usize) -> bool {
    let here = 0_u8;
    (&raw const here).addr() >= FLOOR.get().saturating_add(bytes)
}

#[allow(unsafe_code)]
fn suspend(pause: Pause) -> Option<Input> {
    let task = current()?;
    let yielder = task.yielder.get();
    if yielder.is_null() {
        return None;
    }
    // SAFETY: `CURRENT` holds a task only while `Script::resume` is on that task's stack (it is
    // replaced before every switch there and put back after the switch here). The task's body set
    // `yielder` to the yielder that corosensei keeps at the base of this very stack, where it
    // lives until the body returns, and this function is called from within the body.
    Some(unsafe { &*yielder }.suspend(pause))
}

/// A script function on a stack of its own.
pub struct Script {
    state: State,
    task: Rc<Task>,
    /// The lowest address its stack was seen at.
    lowest: usize,
}

enum State {
    /// No stack yet: a task that never gets to run needs none.
    New(Body),
    Started(Running),
    Ended,
}

/// A stack in use.
struct Running {
    switch: Switch,
    floor: usize,
    base: usize,
}

impl Script {
    /// A script that will run `body`.
    pub fn new(body: impl FnOnce() -> Ended + 'static) -> Self {
        Self {
            state: State::New(Box::new(body)),
            task: Task::new(),
            lowest: usize::MAX,
        }
    }

    fn running(&mut self) -> Result<Running, TaskError> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Started(running) => Ok(running),
            State::New(body) => Running::start(body, self.task.clone()),
            State::Ended => Err(errors::failed("the task has ended already")),
        }
    }
}

impl Coroutine for Script {
    fn resume(&mut self, input: Input) -> Step {
        let mut running = match self.running() {
            Ok(running) => running,
            Err(error) => return Step::Failed(error),
        };
        let on = OnStack::enter(Some(self.task.clone()), running.floor, self.lowest);
        let result = running.switch.resume(input);
        self.lowest = LOWEST.get();
        drop(on);
        match result {
            CoroutineResult::Yield(pause) => {
                self.state = State::Started(running);
                match pause {
                    Pause::Waits => Step::Waits,
                    Pause::Sliced => Step::Sliced,
                }
            }
            CoroutineResult::Return(ended) => {
                running.recycle(self.lowest);
                ended.map_or_else(Step::Failed, Step::Done)
            }
        }
    }
}

impl Drop for Script {
    /// Cancels: unwinds the stack, so that destructors run and nothing else does.
    fn drop(&mut self) {
        let State::Started(mut running) = std::mem::replace(&mut self.state, State::Ended) else {
            return;
        };
        // Destructors find no task to wait in.
        let _on = OnStack::enter(None, 0, self.lowest);
        // A destructor that panics has nobody left to tell.
        let unwind = AssertUnwindSafe(|| running.switch.force_unwind());
        let _ = catch_unwind(unwind);
        running.recycle(self.lowest);
    }
}

impl Running {
    fn start(body: Body, task: Rc<Task>) -> Result<Self, TaskError> {
        let stack = match POOL.with_borrow_mut(Vec::pop) {
            Some(stack) => stack,
            None => DefaultStack::new(limits::STACK).map_err(|e| {
                errors::failed(format!("no memory for the stack of another task: {e}"))
            })?,
        };
        let floor = stack.limit().get() + limits::STACK_RESERVE;
        let base = stack.base().get();
        let switch = Switch::with_stack(stack, move |yielder, _| {
            task.yielder.set(yielder);
            let ended = body();
            task.yielder.set(std::ptr::null());
            ended
        });
        Ok(Self {
            switch,
            floor,
            base,
        })
    }

    /// Keeps the stack for another task, unless deep recursion has filled it with pages.
    fn recycle(self, lowest: usize) {
        if !self.switch.done() || self.base.saturating_sub(lowest) > limits::POOLED_BYTES {
            return;
        }
        let stack = self.switch.into_stack();
        POOL.with_borrow_mut(|pool| {
            if pool.len() < limits::POOLED_STACKS {
                pool.push(stack);
            }
        });
    }
}

/// While it lives, this thread is on a task's stack, or closes one; then all is as before, also
/// when a panic passes through.
struct OnStack {
    before: Option<Rc<Task>>,
    floor: usize,
    lowest: usize,
}

impl OnStack {
    fn enter(task: Option<Rc<Task>>, floor: usize, lowest: usize) -> Self {
        Self {
            before: CURRENT.replace(task),
            floor: FLOOR.replace(floor),
            lowest: LOWEST.replace(lowest),
        }
    }
}

impl Drop for OnStack {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
        FLOOR.set(self.floor);
        LOWEST.set(self.lowest);
    }
}
