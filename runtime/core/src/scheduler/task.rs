//! [`Task`]: what is known of a script task, also after it has ended.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use super::{Scope, Shared, TaskId};
use crate::error::{Fault, TaskError};
use crate::value::Value;

/// How a task ended.
pub type Outcome = Result<Value, TaskError>;

/// Where a task is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskStatus {
    Running,
    Done,
    Failed,
    Cancelled,
}

/// A task, shared by the scheduler and by everyone who may join it.
///
/// An error that nobody joined is reported when the last of them is gone.
pub struct Task {
    pub(super) id: TaskId,
    pub(super) shared: Weak<Shared>,
    outcome: RefCell<Option<Outcome>>,
    observed: Cell<bool>,
    watchers: Watchers,
}

impl Task {
    pub(super) fn new(id: TaskId, shared: Weak<Shared>) -> Rc<Self> {
        Rc::new(Self {
            id,
            shared,
            outcome: RefCell::new(None),
            observed: Cell::new(false),
            watchers: Watchers::default(),
        })
    }

    /// Where the task is in its life.
    pub fn status(&self) -> TaskStatus {
        match &*self.outcome.borrow() {
            None => TaskStatus::Running,
            Some(Ok(_)) => TaskStatus::Done,
            Some(Err(TaskError::Fault(Fault::Cancelled))) => TaskStatus::Cancelled,
            Some(Err(_)) => TaskStatus::Failed,
        }
    }

    /// Waits until the task has ended; its error counts as seen from then on.
    pub async fn join(self: Rc<Self>) -> Outcome {
        let watch = self.watchers.watch();
        poll_fn(|cx| match &*self.outcome.borrow() {
            Some(outcome) => {
                self.observed.set(true);
                Poll::Ready(outcome.clone())
            }
            None => watch.wait(cx),
        })
        .await
    }

    /// How the task ended, if it has; its error counts as seen from then on.
    pub fn outcome(&self) -> Option<Outcome> {
        let outcome = self.outcome.borrow();
        self.observed.set(self.observed.get() || outcome.is_some());
        outcome.clone()
    }

    /// Promises to ask for the outcome: an error then is not unseen.
    pub fn expect(&self) {
        self.observed.set(true);
    }

    /// Takes back [`Task::expect`] without having asked.
    pub fn unexpect(&self) {
        self.observed.set(false);
    }

    /// Ends every task of a scope of the same scheduler.
    pub fn cancel_scope(&self, scope: &Scope) {
        if let Some(shared) = self.shared.upgrade() {
            shared.cancel_scope(scope);
        }
    }

    pub(super) fn end(&self, outcome: Outcome) {
        self.outcome.replace(Some(outcome));
        self.watchers.wake();
    }

    /// Whether it failed with an error that nobody has seen.
    pub(super) fn is_unseen(&self) -> bool {
        let failed = |outcome: &Outcome| outcome.as_ref().is_err_and(is_own);
        !self.observed.get() && self.outcome.borrow().as_ref().is_some_and(failed)
    }

    /// The error that nobody has seen, which then counts as seen.
    pub(super) fn take_unseen(&self) -> Option<TaskError> {
        let error = self.outcome.borrow().as_ref()?.as_ref().err().cloned()?;
        (is_own(&error) && !self.observed.replace(true)).then_some(error)
    }
}

/// Whether an error is a task's own, and somebody should see it: the end of a budget is everyone's, and whoever
/// cancels a task knows it.
pub(super) fn is_own(error: &TaskError) -> bool {
    matches!(
        error,
        TaskError::Script(_) | TaskError::Fault(Fault::Panic(_))
    )
}

impl Drop for Task {
    fn drop(&mut self) {
        if let (Some(error), Some(shared)) = (self.take_unseen(), self.shared.upgrade()) {
            shared.report(&error);
        }
    }
}

/// Who waits for an event; each is woken once.
#[derive(Default)]
pub struct Watchers {
    wakers: RefCell<BTreeMap<u64, Waker>>,
    watches: Cell<u64>,
}

impl Watchers {
    /// A new waiter.
    pub fn watch(&self) -> Watch<'_> {
        let number = self.watches.get();
        self.watches.set(number + 1);
        Watch {
            watchers: self,
            number,
        }
    }

    /// Wakes everyone.
    pub fn wake(&self) {
        for waker in self.wakers.take().into_values() {
            waker.wake();
        }
    }
}

/// One who waits, until this is dropped.
pub struct Watch<'a> {
    watchers: &'a Watchers,
    number: u64,
}

impl Watch<'_> {
    /// Waits for the event from now on.
    pub fn wait<T>(&self, cx: &Context<'_>) -> Poll<T> {
        let mut wakers = self.watchers.wakers.borrow_mut();
        wakers.insert(self.number, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.watchers.wakers.borrow_mut().remove(&self.number);
    }
}
