//! [`Cx`]: what a host function can reach.

use std::any::{Any, TypeId};
use std::cell::Cell;
use std::future::Future;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::slots::Waited;
use super::timer::Sleep;
use super::{Scope, Shared, Sources, Task, TaskId, panicked};
use crate::budget::Budget;
use crate::console::Console;
use crate::convert::Callback;
use crate::engine::{Flow, SharedEngine, Waiting};
use crate::error::{Error, Fault, wrong_argument_count};
use crate::spec::FunctionSpec;
use crate::value::{Handle, Value};

/// The context of a host function: its scheduler, the calling task, the host's own state. Cheap
/// to clone, and stays on the scheduler's thread.
#[derive(Clone)]
pub struct Cx(Rc<Shared>);

impl Cx {
    pub(super) fn new(shared: Rc<Shared>) -> Self {
        Self(shared)
    }

    /// Calls a declared function; a panic in it is a fault of the task, not of the process.
    pub fn call(
        &self,
        function: &FunctionSpec,
        this: Option<&Handle>,
        args: &mut [Value],
    ) -> Result<Flow, Error> {
        if args.len() < function.required()
            || (args.len() > function.params.len() && !function.variadic())
        {
            return Err(wrong_argument_count(function, args.len()));
        }
        let call = AssertUnwindSafe(|| (function.call)(function, self, this, args));
        catch_unwind(call).unwrap_or_else(|panic| Err(panicked(panic).into()))
    }

    /// Hands over what the running task waits for. Polls it once: what is ready needs no
    /// suspension.
    pub fn wait(&self, mut future: Waited) -> Waiting {
        let Some(id) = self.0.current.get() else {
            let message = "cannot wait here: this code runs while its task is being closed";
            return Waiting::Ready(Err(Error::raise(message)));
        };
        match self.0.poll(id, &mut future) {
            // It may have cancelled the task that runs.
            Poll::Ready(_) if self.0.slots.borrow().is_doomed(id) => {
                Waiting::Ready(Err(Fault::Cancelled.into()))
            }
            Poll::Ready(result) => Waiting::Ready(result),
            Poll::Pending => {
                let before = self.0.slots.borrow_mut().wait(id, future);
                debug_assert!(before.is_none(), "a task waits for one thing");
                Waiting::Pending
            }
        }
    }

    /// Drops what the running task waits for, since its coroutine cannot suspend where it stands.
    pub fn forget(&self) {
        let id = self.0.current.get();
        let forgotten = id.and_then(|id| self.0.slots.borrow_mut().forget(id));
        drop(forgotten);
    }

    fn current(&self) -> Result<(TaskId, SharedEngine, Rc<Scope>), Error> {
        let id = self.0.current.get();
        let slots = self.0.slots.borrow();
        let running = id.and_then(|id| slots.get(id).map(|entry| (id, entry)));
        let (id, entry) = running.ok_or_else(|| {
            Error::raise("cannot start a task here: this code runs outside of any task")
        })?;
        // What it started would outlive its scope.
        if let Some(fault) = &entry.doomed {
            return Err(fault.clone().into());
        }
        Ok((id, entry.engine.clone(), entry.scope.clone()))
    }

    /// The running task.
    pub fn task(&self) -> Option<Rc<Task>> {
        let slots = self.0.slots.borrow();
        Some(slots.get(self.0.current.get()?)?.task.clone())
    }

    /// Starts a task in the scope of the running one.
    pub fn start(&self, function: &Callback, args: Vec<Value>) -> Result<Rc<Task>, Error> {
        let (_, engine, scope) = self.current()?;
        Ok(self.0.start(&engine, &scope, &function.0, args)?)
    }

    /// Starts a task in a scope of its own, which ends with the returned value.
    pub fn start_scope(&self, function: &Callback) -> Result<(OwnScope, Rc<Task>), Error> {
        let (_, engine, outer) = self.current()?;
        let scope = OwnScope {
            scope: Rc::default(),
            outer,
            cx: self.clone(),
        };
        let main = self
            .0
            .start(&engine, &scope.scope, &function.0, Vec::new())?;
        Ok((scope, main))
    }

    /// Ends a task. If the running one ends with it, this is an error that no script catches.
    pub fn cancel(&self, task: &Rc<Task>) -> Result<(), Error> {
        self.0.end_with(task.id, &Fault::Cancelled);
        let current = self.0.current.get();
        match current.is_some_and(|id| self.0.slots.borrow().is_doomed(id)) {
            true => Err(Fault::Cancelled.into()),
            false => Ok(()),
        }
    }

    /// Waits for a length of time.
    pub fn sleep(&self, length: Duration) -> impl Future<Output = ()> + use<> {
        let at = Instant::now().checked_add(length);
        let far = Duration::from_secs(100 * 365 * 86_400);
        Sleep::new(
            self.0.timers.clone(),
            at.unwrap_or_else(|| Instant::now() + far),
        )
    }

    /// Marks a future that another thread completes, so that waiting for it is no deadlock.
    pub async fn external<T>(&self, future: impl Future<Output = T>) -> T {
        let _pending = External::new(&self.0.external);
        future.await
    }

    /// What scripts may use.
    pub fn budget(&self) -> &Budget {
        &self.0.budget
    }

    /// The terminal that scripts see.
    pub fn console(&self) -> &Console {
        &self.0.console
    }

    /// Keeps the host's own state of type `T` for host functions.
    pub fn set_host<T: Any>(&self, state: T) -> Rc<T> {
        let state = Rc::new(state);
        let mut host = self.0.host.borrow_mut();
        host.insert(TypeId::of::<T>(), state.clone());
        state
    }

    /// The host's own state of type `T`.
    pub fn host<T: Any>(&self) -> Option<Rc<T>> {
        let host = self.0.host.borrow();
        host.get(&TypeId::of::<T>())?.clone().downcast().ok()
    }

    /// Remembers source text under its name, for diagnostics.
    pub fn add_source(&self, name: &str, text: &str) {
        self.0.sources.add(name, text);
    }

    /// The source texts that were loaded.
    pub fn sources(&self) -> Rc<Sources> {
        self.0.sources.clone()
    }
}

/// A scope whose tasks are cancelled when this is dropped: `Task.scope`.
pub struct OwnScope {
    scope: Rc<Scope>,
    /// That of the task that waits for it.
    outer: Rc<Scope>,
    cx: Cx,
}

impl Drop for OwnScope {
    fn drop(&mut self) {
        self.cx.0.cancel_scope(&self.scope);
        self.scope.leave_failed_to(&self.outer);
    }
}

impl Deref for OwnScope {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.scope
    }
}

/// One operation under way on another thread.
struct External<'a>(&'a Cell<usize>);

impl<'a> External<'a> {
    fn new(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for External<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
