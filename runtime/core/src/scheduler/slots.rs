//! The table of tasks that have not ended.

use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::Waker;

use super::ready::{Ready, TaskWaker};
use super::{Scope, Shared, Task, TaskId};
use crate::engine::{Coroutine, LocalFuture, SharedEngine};
use crate::error::{Error, Fault};
use crate::value::Value;

/// What a suspended task waits for.
pub type Waited = LocalFuture<Result<Value, Error>>;

/// A task that has not ended.
pub struct Entry {
    /// `None` while it runs.
    coroutine: Option<Box<dyn Coroutine>>,
    pub slot: Option<Waited>,
    waker: Arc<TaskWaker>,
    pub task: Rc<Task>,
    pub engine: SharedEngine,
    pub scope: Rc<Scope>,
    /// Set when it is ended from outside.
    pub doomed: Option<Fault>,
}

/// Tasks in the order in which they were started.
#[derive(Default)]
pub struct Slots {
    entries: BTreeMap<TaskId, Entry>,
    next: u64,
}

impl Slots {
    /// Adds a task and queues its first step.
    pub fn insert(
        &mut self,
        shared: Weak<Shared>,
        coroutine: Box<dyn Coroutine>,
        engine: SharedEngine,
        scope: Rc<Scope>,
        ready: &Arc<Ready>,
    ) -> Rc<Task> {
        let id = TaskId(self.next);
        self.next += 1;
        let task = Task::new(id, shared);
        let waker = TaskWaker::new(id, ready.clone());
        waker.queue();
        let entry = Entry {
            coroutine: Some(coroutine),
            slot: None,
            waker,
            task: task.clone(),
            engine,
            scope,
            doomed: None,
        };
        self.entries.insert(id, entry);
        task
    }

    pub fn get(&self, id: TaskId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// Takes a suspended task out to run it; `None` if it has ended or runs already.
    pub fn take(&mut self, id: TaskId) -> Option<(Box<dyn Coroutine>, Option<Waited>)> {
        let entry = self.entries.get_mut(&id)?;
        entry.waker.taken();
        let coroutine = entry.coroutine.take()?;
        Some((coroutine, entry.slot.take()))
    }

    /// Keeps a suspended task; hands everything back if the task was ended meanwhile, to be
    /// dropped where the table is not borrowed.
    pub fn put_back(
        &mut self,
        id: TaskId,
        coroutine: Box<dyn Coroutine>,
        slot: Option<Waited>,
    ) -> Option<(Box<dyn Coroutine>, Option<Waited>)> {
        match self.entries.get_mut(&id) {
            Some(entry) if entry.doomed.is_none() => {
                entry.coroutine = Some(coroutine);
                entry.slot = slot.or(entry.slot.take());
                None
            }
            _ => Some((coroutine, slot)),
        }
    }

    /// Sets what a task waits for and gives back what it waited for before.
    #[must_use = "dropping a future may need the table, so it must not be borrowed then"]
    pub fn wait(&mut self, id: TaskId, future: Waited) -> Option<Waited> {
        let entry = self.entries.get_mut(&id)?;
        entry.slot.replace(future)
    }

    /// Takes away what a task waits for.
    pub fn forget(&mut self, id: TaskId) -> Option<Waited> {
        self.entries.get_mut(&id)?.slot.take()
    }

    /// Marks a task as ended from outside.
    pub fn doom(&mut self, id: TaskId, fault: &Fault) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.doomed.get_or_insert_with(|| fault.clone());
        }
    }

    /// Whether a task was ended from outside and has not come back yet.
    pub fn is_doomed(&self, id: TaskId) -> bool {
        self.entries.get(&id).is_some_and(|e| e.doomed.is_some())
    }

    pub fn remove(&mut self, id: TaskId) -> Option<Entry> {
        self.entries.remove(&id)
    }

    pub fn waker(&self, id: TaskId) -> Option<Waker> {
        self.entries.get(&id).map(|e| Waker::from(e.waker.clone()))
    }

    /// Queues a task's next step.
    pub fn queue(&self, id: TaskId) {
        if let Some(entry) = self.entries.get(&id) {
            entry.waker.queue();
        }
    }

    pub fn all(&self) -> Vec<TaskId> {
        self.entries.keys().copied().collect()
    }

    /// Gives `error` to a waiting task instead of what it waits for, which is handed back: to
    /// `preferred`, else to the oldest. `None` if no task waits.
    pub fn fail_oldest(&mut self, preferred: Option<TaskId>, error: Error) -> Option<Waited> {
        let waits = |id: &TaskId| self.entries.get(id).is_some_and(|e| e.slot.is_some());
        let oldest = || self.entries.keys().copied().find(waits);
        let id = preferred.filter(waits).or_else(oldest)?;
        let before = self.wait(id, Box::pin(std::future::ready(Err(error))));
        self.queue(id);
        before
    }
}
