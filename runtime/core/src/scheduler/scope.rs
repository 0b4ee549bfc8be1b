//! [`Scope`]: tasks that live and end together.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::Poll;

use super::TaskId;
use super::task::{Task, Watchers, is_own};
use crate::error::{Fault, TaskError};

/// A run, a REPL session, or the inside of `Task.scope`: what its tasks start belongs to it too.
#[derive(Default)]
pub struct Scope {
    /// Tasks that have not ended, in the order of starting.
    live: RefCell<BTreeSet<TaskId>>,
    failed: RefCell<Vec<Weak<Task>>>,
    /// Those that failed, where somebody waits for all of them; elsewhere a task that everybody has forgotten
    /// reports its error at once.
    kept: RefCell<Option<Vec<Rc<Task>>>>,
    /// What ended its tasks from outside, if anything did.
    fault: RefCell<Option<Fault>>,
    watchers: Watchers,
}

impl Scope {
    /// Keeps tasks that fail from now on until their errors are taken.
    pub fn keep_failed(&self) {
        self.kept.replace(Some(Vec::new()));
    }

    /// Leaves the errors that nobody has seen to another scope.
    pub(super) fn leave_failed_to(&self, other: &Self) {
        let failed = self.failed.take();
        let unseen = failed.iter().filter_map(Weak::upgrade);
        let unseen: Vec<_> = unseen.filter(|task| task.is_unseen()).collect();
        unseen.iter().for_each(|task| other.remember(task));
        if !unseen.is_empty() {
            other.watchers.wake();
        }
    }

    pub(super) fn enter(&self, id: TaskId) {
        self.live.borrow_mut().insert(id);
    }

    pub(super) fn leave(&self, task: &Rc<Task>, error: Option<TaskError>) {
        self.live.borrow_mut().remove(&task.id);
        if error.as_ref().is_some_and(is_own) {
            self.remember(task);
        }
        if error.is_some() || self.live() == 0 {
            self.watchers.wake();
        }
        if let Some(TaskError::Fault(fault)) = error
            && !matches!(fault, Fault::Cancelled | Fault::Panic(_))
        {
            self.fault.replace(Some(fault));
        }
    }

    fn remember(&self, task: &Rc<Task>) {
        let mut failed = self.failed.borrow_mut();
        if failed.len() == failed.capacity() {
            // Those that are gone have reported their error themselves.
            failed.retain(|task| task.strong_count() > 0);
            let kept = failed.len();
            failed.reserve(kept + 1);
        }
        failed.push(Rc::downgrade(task));
        if let Some(kept) = &mut *self.kept.borrow_mut() {
            kept.push(task.clone());
        }
    }

    /// The end of a budget, if that is what ended tasks of this scope.
    pub fn fault(&self) -> Option<Fault> {
        self.fault.borrow().clone()
    }

    /// How many tasks have not ended.
    pub fn live(&self) -> usize {
        self.live.borrow().len()
    }

    pub(super) fn ids(&self) -> Vec<TaskId> {
        self.live.borrow().iter().copied().collect()
    }

    /// Waits until every task has ended.
    pub async fn drained(&self) {
        let watch = self.watchers.watch();
        poll_fn(|cx| match self.live() {
            0 => Poll::Ready(()),
            _ => watch.wait(cx),
        })
        .await
    }

    /// Waits until every task has ended, or one failed with an error that nobody has seen.
    pub async fn settled(&self) -> Result<(), TaskError> {
        let watch = self.watchers.watch();
        poll_fn(|cx| {
            if let Some(error) = self.take_unseen().into_iter().next() {
                return Poll::Ready(Err(error));
            }
            if self.live() == 0 {
                return Poll::Ready(Ok(()));
            }
            watch.wait(cx)
        })
        .await
    }

    /// The errors of tasks that nobody has joined; they then count as seen.
    pub fn take_unseen(&self) -> Vec<TaskError> {
        let _kept = self.kept.borrow_mut().as_mut().map(std::mem::take);
        let failed = self.failed.take();
        let tasks = failed.iter().filter_map(Weak::upgrade);
        tasks.filter_map(|task| task.take_unseen()).collect()
    }
}
