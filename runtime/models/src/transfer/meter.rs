//! How far a transfer is, and how fast.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time over which the rate is taken.
const WINDOW: Duration = Duration::from_secs(3);

/// What a transfer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Another transfer, perhaps of another process, gets the same file.
    Waiting,
    Downloading,
    Verifying,
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    pub phase: Phase,
    /// Bytes that have come, or been verified.
    pub completed: u64,
    pub total: Option<u64>,
    /// Of late.
    pub bytes_per_second: f64,
}

/// Who is told how far a transfer is.
pub type Listener<'a> = dyn Fn(Event) + Send + Sync + 'a;

/// Counts bytes of one phase and tells now and then.
pub struct Meter<'a> {
    listener: &'a Listener<'a>,
    phase: Phase,
    total: Option<u64>,
    every: Duration,
    state: Mutex<State>,
}

struct State {
    completed: u64,
    /// When how many had come, the oldest first.
    samples: VecDeque<(Instant, u64)>,
    told: Instant,
}

impl<'a> Meter<'a> {
    /// Begins with so many bytes there, and tells so.
    pub fn new(
        listener: &'a Listener<'a>,
        phase: Phase,
        (completed, total): (u64, Option<u64>),
        every: Duration,
    ) -> Self {
        let now = Instant::now();
        let meter = Self {
            listener,
            phase,
            total,
            every,
            state: Mutex::new(State {
                completed,
                samples: VecDeque::from([(now, completed)]),
                told: now,
            }),
        };
        meter.tell(&meter.state());
        meter
    }

    pub fn add(&self, bytes: u64) {
        let (mut state, now) = (self.state(), Instant::now());
        state.completed += bytes;
        if now.duration_since(state.told) >= self.every || self.total == Some(state.completed) {
            state.told = now;
            let sample = (now, state.completed);
            state.samples.push_back(sample);
            while state.samples.len() > 2 && now.duration_since(state.samples[0].0) > WINDOW {
                state.samples.pop_front();
            }
            self.tell(&state);
        }
    }

    /// Some of it has to come once more.
    pub fn take_back(&self, bytes: u64) {
        let mut state = self.state();
        state.completed = state.completed.saturating_sub(bytes);
        state.samples.clear();
        let sample = (Instant::now(), state.completed);
        state.samples.push_back(sample);
    }

    fn tell(&self, state: &State) {
        (self.listener)(Event {
            phase: self.phase,
            completed: state.completed,
            total: self.total,
            bytes_per_second: state.rate(),
        });
    }

    /// A count cannot be left half-changed, so poison does not matter.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn rate(&self) -> f64 {
        let (Some(first), Some(last)) = (self.samples.front(), self.samples.back()) else {
            return 0.0;
        };
        let seconds = last.0.duration_since(first.0).as_secs_f64();
        match seconds > 0.0 {
            true => last.1.saturating_sub(first.1) as f64 / seconds,
            false => 0.0,
        }
    }
}
