//! Timers of the scheduler's own thread: no reactor is needed to sleep.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// Wakers in the order in which they are due.
#[derive(Default)]
pub struct Timers {
    due: RefCell<BTreeMap<(Instant, u64), Waker>>,
    next: std::cell::Cell<u64>,
}

impl Timers {
    /// Wakes what is due.
    pub fn fire(&self, now: Instant) {
        while let Some(entry) = self.due.borrow_mut().first_entry() {
            if entry.key().0 > now {
                return;
            }
            entry.remove().wake();
        }
    }

    /// When the next timer is due.
    pub fn next(&self) -> Option<Instant> {
        self.due.borrow().first_key_value().map(|(key, _)| key.0)
    }

    fn key(&self, at: Instant) -> (Instant, u64) {
        let serial = self.next.get();
        self.next.set(serial + 1);
        (at, serial)
    }
}

/// Ready at a given time, and never at once: sleeping for no time lets others run. Its timer goes
/// with it.
pub struct Sleep {
    timers: Rc<Timers>,
    key: (Instant, u64),
    begun: bool,
}

impl Sleep {
    pub fn new(timers: Rc<Timers>, at: Instant) -> Self {
        let key = timers.key(at);
        Self {
            timers,
            key,
            begun: false,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.begun, true) && Instant::now() >= self.key.0 {
            return Poll::Ready(());
        }
        let mut due = self.timers.due.borrow_mut();
        due.insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.timers.due.borrow_mut().remove(&self.key);
    }
}
