//! How much of waiting prompts a turn takes in.

use std::time::Duration;

/// Prompt tokens of a turn in which nobody generates: as many as take this long in seconds, so that a
/// cancelled prompt ends soon, and at most so many.
const ALONE_SECONDS: f64 = 0.5;
const ALONE: usize = 512;
/// What a turn takes in at most while others generate.
const MOST: usize = 256;
/// The weight of a new measurement.
const FRESH: f64 = 0.2;

/// What turns have cost so far, in seconds.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The last turns in which sequences only generated.
    generating: Option<Turn>,
    /// One more prompt token.
    prompt_token: Option<f64>,
}

#[derive(Debug)]
struct Turn {
    sequences: usize,
    seconds: f64,
}

impl Turn {
    /// What a turn of so many sequences takes at least: fewer may take less in proportion, more take no less.
    fn seconds_of(&self, sequences: usize) -> f64 {
        self.seconds * (sequences as f64 / self.sequences as f64).min(1.0)
    }
}

impl Pace {
    /// How many prompt tokens to add to a turn in which `generating` sequences generate, so that it takes
    /// at most twice as long as without them. Always some if none do.
    pub fn prompt_tokens(&self, generating: usize) -> usize {
        if generating == 0 {
            let token = self.prompt_token.unwrap_or_default();
            return ((ALONE_SECONDS / token) as usize).clamp(1, ALONE);
        }
        match (&self.generating, self.prompt_token) {
            (Some(turn), Some(token)) => {
                ((turn.seconds_of(generating) / token) as usize).clamp(1, MOST)
            }
            // A prompt's token costs no more than another sequence would.
            (Some(_), None) => generating,
            // One turn without any, to learn from.
            (None, _) => 0,
        }
    }

    /// Notes what a turn took.
    pub fn took(&mut self, generating: usize, prompt_tokens: usize, time: Duration) {
        let time = time.as_secs_f64();
        if prompt_tokens == 0 {
            self.generated(generating, time);
        } else if generating == 0 {
            learn(&mut self.prompt_token, time / prompt_tokens as f64);
        } else if let Some(turn) = &self.generating {
            let more = (time - turn.seconds_of(generating)).max(0.0);
            learn(&mut self.prompt_token, more / prompt_tokens as f64);
        }
    }

    fn generated(&mut self, sequences: usize, seconds: f64) {
        let known = self.generating.take();
        let known = known.filter(|turn| turn.sequences == sequences);
        let mut mean = known.map(|turn| turn.seconds);
        learn(&mut mean, seconds);
        self.generating = mean.map(|seconds| Turn { sequences, seconds });
    }
}

fn learn(mean: &mut Option<f64>, value: f64) {
    let old = mean.unwrap_or(value);
    *mean = Some(old + FRESH * (value - old));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_take_as_long_as_those_who_generate() {
        let mut pace = Pace::default();
        assert_eq!(pace.prompt_tokens(0), ALONE);
        assert_eq!(pace.prompt_tokens(3), 0);
        pace.took(3, 0, Duration::from_millis(100));
        assert_eq!(pace.prompt_tokens(3), 3);
        pace.took(0, 500, Duration::from_millis(500));
        assert_eq!(pace.prompt_tokens(3), 100);
        // Slower prompts make smaller parts.
        for _ in 0..50 {
            pace.took(3, 100, Duration::from_millis(300));
        }
        assert!(
            (45..=55).contains(&pace.prompt_tokens(3)),
            "{}",
            pace.prompt_tokens(3)
        );
    }

    #[test]
    fn what_many_took_is_not_expected_of_few() {
        let mut pace = Pace::default();
        pace.took(0, 500, Duration::from_millis(500));
        pace.took(16, 0, Duration::from_millis(160));
        assert_eq!(pace.prompt_tokens(16), 160);
        assert_eq!(pace.prompt_tokens(2), 20);
        pace.took(2, 0, Duration::from_millis(40));
        assert_eq!(pace.prompt_tokens(2), 40);
    }

    #[test]
    fn a_turn_of_slow_prompts_ends_soon() {
        let mut pace = Pace::default();
        pace.took(0, 100, Duration::from_secs(1));
        assert_eq!(pace.prompt_tokens(0), 50);
    }
}
