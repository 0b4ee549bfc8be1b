//! The [`Scheduler`]: one thread, an executor of its own, and the structured tasks of scripts.
//!
//! A task is a coroutine plus a slot for the one future it waits on. Only the scheduler polls; a
//! cancelled task loses its slot and its coroutine, so that no future survives its task. Futures
//! of script tasks stay on this thread; I/O runs on threads of whoever does it and answers through
//! channels, so that no host needs a reactor of its own.

mod cx;
mod ready;
mod scope;
mod slots;
mod task;
mod timer;

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

pub use cx::Cx;
pub use scope::Scope;
pub use task::{Outcome, Task, TaskStatus};

use crate::budget::{Budget, SLICE};
use crate::console::Console;
use crate::diagnostic::Diagnostic;
use crate::engine::{Coroutine, SharedEngine, Step};
use crate::error::{Error, Fault, TaskError};
use crate::value::{Opaque, Value};
use ready::Ready;
use slots::{Slots, Waited};
use timer::Timers;

/// Names a task by its order of starting; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId(u64);

/// Runs script tasks on the thread that made it.
pub struct Scheduler {
    shared: Rc<Shared>,
}

/// Tells someone of an error.
type Report = Box<dyn Fn(&Diagnostic)>;

/// What tasks and host functions share.
pub struct Shared {
    slots: RefCell<Slots>,
    ready: Arc<Ready>,
    timers: Rc<Timers>,
    current: Cell<Option<TaskId>>,
    /// The task that a deadlock is reported to.
    foreground: Cell<Option<TaskId>>,
    budget: Budget,
    /// Operations under way that another thread will finish.
    external: Cell<usize>,
    host: RefCell<HashMap<TypeId, Rc<dyn Any>>>,
    sources: Rc<Sources>,
    console: Console,
    on_unseen: RefCell<Report>,
    unseen: Cell<usize>,
}

/// The text of everything that was loaded, by name, for diagnostics.
#[derive(Default)]
pub struct Sources(RefCell<HashMap<String, Rc<str>>>);

impl Sources {
    /// Remembers a text.
    pub fn add(&self, name: &str, text: &str) {
        self.0.borrow_mut().insert(name.to_owned(), text.into());
    }

    /// A name of which `is` holds.
    pub fn find(&self, is: impl Fn(&str) -> bool) -> Option<String> {
        self.0.borrow().keys().find(|name| is(name)).cloned()
    }

    /// The text loaded under `name`.
    pub fn get(&self, name: &str) -> Option<Rc<str>> {
        self.0.borrow().get(name).cloned()
    }
}

/// Interrupts what a scheduler runs, from any thread.
#[derive(Clone)]
pub struct Interrupter {
    flag: Arc<AtomicBool>,
    ready: Arc<Ready>,
}

impl Interrupter {
    /// Ends every task with [`Fault::Interrupted`]; says whether an earlier interruption has not
    /// been cleared yet.
    pub fn interrupt(&self) -> bool {
        let before = self.flag.swap(true, Ordering::Relaxed);
        self.ready.wake_host();
        before
    }
}

impl Scheduler {
    /// A scheduler for this thread, whose scripts read and write `console`.
    pub fn new(console: Console) -> Self {
        let shared = Shared {
            slots: RefCell::default(),
            ready: Arc::default(),
            timers: Rc::default(),
            current: Cell::new(None),
            foreground: Cell::new(None),
            budget: Budget::default(),
            external: Cell::new(0),
            host: RefCell::default(),
            sources: Rc::default(),
            console,
            on_unseen: RefCell::new(Box::new(|_| {})),
            unseen: Cell::new(0),
        };
        Self {
            shared: Rc::new(shared),
        }
    }

    /// The context that host functions get.
    pub fn cx(&self) -> Cx {
        Cx::new(self.shared.clone())
    }

    /// Sets who is told of a task's error that nobody joined.
    pub fn on_unseen_error(&self, report: impl Fn(&Diagnostic) + 'static) {
        *self.shared.on_unseen.borrow_mut() = Box::new(report);
    }

    /// How many errors nobody joined so far.
    pub fn unseen_errors(&self) -> usize {
        self.shared.unseen.get()
    }

    /// For interrupting what runs, from any thread.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter {
            flag: self.shared.budget.interrupt_flag(),
            ready: self.shared.ready.clone(),
        }
    }

    /// Starts `entry` as a task of `scope`, not yet running.
    pub fn start(
        &self,
        engine: &SharedEngine,
        scope: &Rc<Scope>,
        entry: &Opaque,
        args: Vec<Value>,
    ) -> Result<Rc<Task>, TaskError> {
        self.shared.start(engine, scope, entry, args)
    }

    /// Runs `entry` as a main script: until it and all its tasks have ended. If it fails, the
    /// rest is cancelled. Errors that nobody joined are reported.
    pub fn run(&self, engine: &SharedEngine, entry: &Opaque, args: Vec<Value>) -> Outcome {
        let scope = Rc::new(Scope::default());
        let main = self.start(engine, &scope, entry, args)?;
        let outcome = self.finish(&main);
        if outcome.is_err() {
            self.shared.cancel_scope(&scope);
        }
        self.block_on(scope.drained());
        self.report_unseen(&scope);
        match scope.fault() {
            Some(fault) => outcome.and(Err(fault.into())),
            None => outcome,
        }
    }

    /// Runs everything until `task` has ended; other tasks go on later.
    pub fn finish(&self, task: &Rc<Task>) -> Outcome {
        let before = self.shared.foreground.replace(Some(task.id));
        let outcome = self.block_on(task.clone().join());
        self.shared.foreground.set(before);
        outcome
    }

    /// Reports the errors in `scope` that nobody has joined.
    pub fn report_unseen(&self, scope: &Scope) {
        for error in scope.take_unseen() {
            self.shared.report(&error);
        }
    }

    /// Cancels every task of `scope`.
    pub fn cancel(&self, scope: &Rc<Scope>) {
        self.shared.cancel_scope(scope);
    }

    /// Runs tasks for about `limit`, less if all of them wait; says whether any could run at once
    /// again. For hosts with a frame loop.
    pub fn tick(&self, limit: Duration) -> bool {
        let shared = &self.shared;
        let end = Instant::now().checked_add(limit);
        let more = loop {
            let now = Instant::now();
            shared.end_exhausted(now);
            shared.timers.fire(now);
            let left = end.map_or(SLICE, |end| end.saturating_duration_since(now));
            match shared.ready.pop() {
                None => break false,
                Some(id) => shared.step(id, left.min(SLICE)),
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                break true;
            }
        };
        shared.console.flush();
        more
    }

    /// Runs tasks until `future` is ready. The future may wait for anything a task may.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let shared = &self.shared;
        let mut future = pin!(future);
        let waker = ready::host_waker(&shared.ready);
        shared.ready.wake_host();
        loop {
            if shared.ready.take_host()
                && let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                return out;
            }
            let now = Instant::now();
            shared.end_exhausted(now);
            shared.timers.fire(now);
            match shared.ready.pop() {
                Some(id) => shared.step(id, SLICE),
                None => shared.park(now),
            }
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.shared.end_all(&Fault::Cancelled);
    }
}

impl Shared {
    fn start(
        self: &Rc<Self>,
        engine: &SharedEngine,
        scope: &Rc<Scope>,
        entry: &Opaque,
        args: Vec<Value>,
    ) -> Result<Rc<Task>, TaskError> {
        let coroutine = engine.start(entry, args)?;
        let weak = Rc::downgrade(self);
        let mut slots = self.slots.borrow_mut();
        let task = slots.insert(weak, coroutine, engine.clone(), scope.clone(), &self.ready);
        scope.enter(task.id);
        Ok(task)
    }

    /// Runs one task until it ends, waits or has used its slice.
    fn step(&self, id: TaskId, slice: Duration) {
        let Some((mut coroutine, slot)) = self.slots.borrow_mut().take(id) else {
            return; // it has ended since it was woken
        };
        let mut input = None;
        if let Some(mut future) = slot {
            match self.poll(id, &mut future) {
                Poll::Pending => return self.put_back(id, coroutine, Some(future)),
                Poll::Ready(result) => input = Some(result),
            }
            drop(future);
            if self.slots.borrow().is_doomed(id) {
                return self.end(id, coroutine, Err(Fault::Cancelled.into()));
            }
        }
        self.budget.begin_slice(slice);
        let resume = || catch_unwind(AssertUnwindSafe(|| coroutine.resume(input)));
        let step = self.as_current(id, resume);
        match step.unwrap_or_else(|panic| Step::Failed(panicked(panic).into())) {
            Step::Done(value) => self.end(id, coroutine, Ok(value)),
            Step::Failed(error) => self.end(id, coroutine, Err(error)),
            Step::Waits => self.put_back(id, coroutine, None),
            Step::Sliced => {
                self.put_back(id, coroutine, None);
                self.slots.borrow().queue(id);
            }
        }
    }

    /// Polls what task `id` waits for.
    fn poll(&self, id: TaskId, future: &mut Waited) -> Poll<Result<Value, Error>> {
        let Some(waker) = self.slots.borrow().waker(id) else {
            return Poll::Ready(Err(Fault::Cancelled.into()));
        };
        let mut context = Context::from_waker(&waker);
        let poll = || catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context)));
        let polled = self.as_current(id, poll);
        polled.unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic).into())))
    }

    fn as_current<T>(&self, id: TaskId, f: impl FnOnce() -> T) -> T {
        let before = self.current.replace(Some(id));
        let out = f();
        self.current.set(before);
        out
    }

    /// Keeps a suspended task, unless it was ended while it ran.
    fn put_back(&self, id: TaskId, coroutine: Box<dyn Coroutine>, slot: Option<Waited>) {
        let refused = self.slots.borrow_mut().put_back(id, coroutine, slot);
        if let Some((coroutine, slot)) = refused {
            drop(slot);
            self.end(id, coroutine, Err(Fault::Cancelled.into()));
        }
    }

    /// Ends a task: its future goes first, then its coroutine, then whoever waits is told.
    fn end(&self, id: TaskId, coroutine: Box<dyn Coroutine>, outcome: Outcome) {
        let Some(entry) = self.slots.borrow_mut().remove(id) else {
            return;
        };
        let outcome = entry.doomed.map_or(outcome, |fault| Err(fault.into()));
        // Closing a coroutine may run script code, which must not act for another task.
        let current = self.current.take();
        drop(entry.slot);
        drop(coroutine);
        self.current.set(current);
        let error = outcome.as_ref().err().cloned();
        entry.task.end(outcome);
        entry.scope.leave(&entry.task, error);
    }

    /// Ends a task from outside; one that runs right now ends when it comes back.
    fn end_with(&self, id: TaskId, fault: &Fault) {
        if self.current.get() == Some(id) {
            self.budget.doom(fault.clone());
        }
        let taken = {
            let mut slots = self.slots.borrow_mut();
            slots.doom(id, fault);
            slots.take(id)
        };
        if let Some((coroutine, slot)) = taken {
            drop(slot);
            self.end(id, coroutine, Err(fault.clone().into()));
        }
    }

    fn cancel_scope(&self, scope: &Scope) {
        for id in scope.ids() {
            self.end_with(id, &Fault::Cancelled);
        }
    }

    fn end_all(&self, fault: &Fault) {
        let tasks = self.slots.borrow().all();
        for id in tasks {
            self.end_with(id, fault);
        }
    }

    fn end_exhausted(&self, now: Instant) {
        if let Some(fault) = self.budget.exhausted(now) {
            self.end_all(&fault);
        }
    }

    fn report(&self, error: &TaskError) {
        self.unseen.set(self.unseen.get() + 1);
        self.console.flush();
        let mut diagnostic = error.diagnostic();
        if diagnostic.help.is_none() {
            diagnostic.help =
                Some("this task was not joined: join it, or catch the error inside it".to_owned());
        }
        (self.on_unseen.borrow())(&diagnostic);
    }

    /// Waits for the next event, or tells a task that there will be none. A deadline before `now` has ended all
    /// tasks already.
    fn park(&self, now: Instant) {
        self.console.flush();
        let deadline = self.budget.deadline().filter(|deadline| *deadline > now);
        let due = [self.timers.next(), deadline];
        let until = due.into_iter().flatten().min();
        let nothing_comes = self.timers.next().is_none() && self.external.get() == 0;
        if nothing_comes && self.ready.is_empty() && self.break_deadlock() {
            return;
        }
        self.ready.park(until);
    }

    fn break_deadlock(&self) -> bool {
        let error =
            Error::raise("deadlock: every task waits for another one, so this can never be ready");
        let before = self
            .slots
            .borrow_mut()
            .fail_oldest(self.foreground.get(), error);
        before.is_some()
    }
}

/// What a caught panic said.
fn panicked(panic: Box<dyn Any + Send>) -> Fault {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Fault::Panic(text.unwrap_or("a host function panicked").to_owned())
}
