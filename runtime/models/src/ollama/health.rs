//! Whether a server answered when it was last asked, so that choosing a backend need not ask each time.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is known of a server.
pub struct Health {
    /// How long it stays known.
    interval: Duration,
    /// When it was last asked, and why it did not answer.
    last: Mutex<Option<(Instant, Option<String>)>>,
    /// Held by the one that asks; others wait for what it learns.
    pub asking: tokio::sync::Mutex<()>,
}

/// What is known at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Unknown,
    Up,
    /// It did not answer, for this reason.
    Down(String),
}

impl Health {
    /// Nothing is known yet.
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            last: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// Keeps what was learned: why it does not answer, or that it does.
    pub fn note(&self, down: Option<String>) {
        *self.last() = Some((Instant::now(), down));
    }

    /// What is known, unless it is too old.
    pub fn state(&self) -> State {
        match &*self.last() {
            Some((at, down)) if at.elapsed() < self.interval => match down {
                Some(reason) => State::Down(reason.clone()),
                None => State::Up,
            },
            _ => State::Unknown,
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Option<String>)>> {
        // A value is replaced as a whole, so poison does not matter.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
