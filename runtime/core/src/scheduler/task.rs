//! [`Task`]: what is known of a script task, also after it has ended.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use super::{Shared, TaskId};
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
        poll_fn(|cx| match &*self.outcome.borrow() {
            Some(outcome) => {
                self.observed.set(true);
                Poll::Ready(outcome.clone())
            }
            None => {
                self.watchers.add(cx.waker());
                Poll::Pending
            }
        })
        .await
    }

    /// How the task ended, if it has; its error counts as seen from then on.
    pub fn outcome(&self) -> Option<Outcome> {
        let outcome = self.outcome.borrow();
        self.observed.set(self.observed.get() || outcome.is_some());
        outcome.clone()
    }

    pub(super) fn end(&self, outcome: Outcome) {
        self.outcome.replace(Some(outcome));
        self.watchers.wake();
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
pub struct Watchers(RefCell<Vec<Waker>>);

impl Watchers {
    /// Adds a waiter, once.
    pub fn add(&self, waker: &Waker) {
        let mut wakers = self.0.borrow_mut();
        if !wakers.iter().any(|known| known.will_wake(waker)) {
            wakers.push(waker.clone());
        }
    }

    /// Wakes everyone.
    pub fn wake(&self) {
        for waker in self.0.take() {
            waker.wake();
        }
    }
}
