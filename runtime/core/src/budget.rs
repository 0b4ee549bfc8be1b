//! [`Budget`]: how long, and for how many instructions, scripts may run.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::Fault;

/// How long a task runs before others get their turn.
pub(crate) const SLICE: Duration = Duration::from_millis(2);

/// What all scripts of a scheduler may use, and the slice of the task that runs now.
///
/// Engines call [`Budget::spend`] from their instruction hooks.
pub struct Budget {
    deadline: Cell<Option<(Instant, Duration)>>,
    instructions: Cell<Option<(u64, u64)>>,
    interrupted: Arc<AtomicBool>,
    slice_ends: Cell<Instant>,
    /// A fault that the running task must not survive, until it has ended.
    doomed: Cell<Option<Fault>>,
}

/// What a running script does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Continue,
    /// The slice is over: suspend, if the engine can do so here.
    Yield,
    /// The budget is over: end the task.
    End(Fault),
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            deadline: Cell::new(None),
            instructions: Cell::new(None),
            interrupted: Arc::default(),
            slice_ends: Cell::new(Instant::now()),
            doomed: Cell::new(None),
        }
    }
}

impl Budget {
    /// Ends every task at `limit` from now; one that a clock cannot count to never comes.
    pub fn set_timeout(&self, limit: Option<Duration>) {
        let deadline = |limit| Some((Instant::now().checked_add(limit)?, limit));
        self.deadline.set(limit.and_then(deadline));
    }

    /// Ends every task once they have run `limit` instructions together, counted in the engines'
    /// own steps.
    pub fn set_instructions(&self, limit: Option<u64>) {
        self.instructions.set(limit.map(|n| (n, n)));
    }

    /// Setting this flag from any thread interrupts what runs.
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        self.interrupted.clone()
    }

    /// Lets scripts run again after an interruption.
    pub fn clear_interrupt(&self) {
        self.interrupted.store(false, Ordering::Relaxed);
    }

    /// When the wall time is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline.get().map(|(at, _)| at)
    }

    /// Accounts for `count` instructions.
    pub fn spend(&self, count: u64) -> Verdict {
        if let Some(fault) = self.doomed() {
            return Verdict::End(fault);
        }
        if let Some((left, limit)) = self.instructions.get() {
            self.instructions
                .set(Some((left.saturating_sub(count), limit)));
        }
        let now = Instant::now();
        match self.exhausted(now) {
            Some(fault) => Verdict::End(fault),
            None if now >= self.slice_ends.get() => Verdict::Yield,
            None => Verdict::Continue,
        }
    }

    /// Why nothing may run any more, if so.
    pub fn exhausted(&self, now: Instant) -> Option<Fault> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Some(Fault::Interrupted);
        }
        match (self.deadline.get(), self.instructions.get()) {
            (Some((at, limit)), _) if now >= at => Some(Fault::Timeout(limit)),
            (_, Some((0, limit))) => Some(Fault::Instructions(limit)),
            _ => None,
        }
    }

    /// Marks the running task: every further instruction of it ends it with `fault`.
    pub fn doom(&self, fault: Fault) {
        self.doomed.set(Some(fault));
    }

    /// The fault that the running task must not survive.
    pub fn doomed(&self) -> Option<Fault> {
        let fault = self.doomed.take();
        self.doomed.set(fault.clone());
        fault
    }

    /// Starts a task's slice of that length.
    pub(crate) fn begin_slice(&self, length: Duration) {
        self.doomed.set(None);
        self.slice_ends.set(Instant::now() + length);
    }
}
