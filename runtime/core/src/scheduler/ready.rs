//! Which tasks can run: a queue that any thread's waker may push to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::time::Instant;

use super::TaskId;

/// Tasks in the order they were woken, and whether the host's own future was woken.
#[derive(Default)]
pub struct Ready {
    queue: Mutex<Queue>,
    woken: Condvar,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<TaskId>,
    host: bool,
    /// Whether the scheduler's thread sleeps: only then does a push need a system call.
    parked: bool,
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A push or a pop cannot leave the queue half-changed, so poison does not matter.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a task.
    pub fn push(&self, id: TaskId) {
        let mut queue = self.lock();
        queue.tasks.push_back(id);
        self.notify(queue);
    }

    /// The next task.
    pub fn pop(&self) -> Option<TaskId> {
        self.lock().tasks.pop_front()
    }

    /// Wakes the host's future.
    pub fn wake_host(&self) {
        let mut queue = self.lock();
        queue.host = true;
        self.notify(queue);
    }

    fn notify(&self, mut queue: MutexGuard<'_, Queue>) {
        if std::mem::take(&mut queue.parked) {
            self.woken.notify_one();
        }
    }

    /// Whether the host's future was woken since the last call.
    pub fn take_host(&self) -> bool {
        std::mem::take(&mut self.lock().host)
    }

    /// Whether nothing was woken.
    pub fn is_empty(&self) -> bool {
        let queue = self.lock();
        queue.tasks.is_empty() && !queue.host
    }

    /// Blocks this thread until something is woken or `until` has come.
    pub fn park(&self, until: Option<Instant>) {
        let mut queue = self.lock();
        while queue.tasks.is_empty() && !queue.host {
            queue.parked = true;
            let Some(until) = until else {
                queue = self
                    .woken
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                queue.parked = false;
                return;
            }
            let waited = self.woken.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Queues its task, once until the task has been taken from the queue.
pub struct TaskWaker {
    id: TaskId,
    queued: AtomicBool,
    ready: Arc<Ready>,
}

impl TaskWaker {
    pub fn new(id: TaskId, ready: Arc<Ready>) -> Arc<Self> {
        Arc::new(Self {
            id,
            queued: AtomicBool::new(false),
            ready,
        })
    }

    /// Queues the task unless it is queued already.
    pub fn queue(&self) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.ready.push(self.id);
        }
    }

    /// Lets the task be queued again.
    pub fn taken(&self) {
        self.queued.store(false, Ordering::Release);
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.queue();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.queue();
    }
}

struct HostWaker(Arc<Ready>);

impl Wake for HostWaker {
    fn wake(self: Arc<Self>) {
        self.0.wake_host();
    }
}

/// The waker of the host's own future.
pub fn host_waker(ready: &Arc<Ready>) -> Waker {
    Arc::new(HostWaker(ready.clone())).into()
}
