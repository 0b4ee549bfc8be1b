//! Repeat, frequency and presence penalties.

use std::collections::HashMap;

use super::adjust;
use crate::generate::sampling::Penalties;

/// Penalties, and how often each token occurs in their window.
pub(super) struct Repetition {
    penalties: Penalties,
    counts: HashMap<u32, u32>,
    /// The part of the history that is counted.
    start: usize,
    end: usize,
}

impl Repetition {
    pub fn new(penalties: Penalties) -> Self {
        Self {
            penalties,
            counts: HashMap::new(),
            start: 0,
            end: 0,
        }
    }

    /// `history` must begin as the last time.
    pub fn apply(&mut self, logits: &mut [f32], history: &[u32]) {
        let Penalties {
            repeat,
            frequency,
            presence,
            window,
        } = self.penalties;
        if (repeat, frequency, presence) == (1.0, 0.0, 0.0) {
            return;
        }
        self.count(history, history.len() - window.of(history).len());
        for (&token, &count) in &self.counts {
            adjust(logits, token, |logit| {
                let scaled = if logit > 0.0 {
                    logit / repeat
                } else {
                    logit * repeat
                };
                scaled - count as f32 * frequency - presence
            });
        }
    }

    /// Counts what has come since the last time and forgets what left the window.
    fn count(&mut self, history: &[u32], start: usize) {
        for &token in &history[self.end.max(start)..] {
            *self.counts.entry(token).or_default() += 1;
        }
        for token in &history[self.start..start.min(self.end)] {
            if let Some(count) = self.counts.get_mut(token) {
                *count -= 1;
            }
        }
        self.counts.retain(|_, count| *count > 0);
        (self.start, self.end) = (start, history.len());
    }
}
