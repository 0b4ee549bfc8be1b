//! How much of waiting prompts a turn takes in.

use std::time::Duration;

/// Prompt tokens of a turn in which nobody generates: as many as take this long in seconds, so that a
/// cancelled prompt ends soon, and at most so many.
const ALONE_SECONDS: f64 = 0.5;
const ALONE: usize = 512;
/// What a turn takes in at least and at most while others generate.
const LEAST: usize = 16;
const MOST: usize = 256;
/// The weight of a new measurement.
const FRESH: f64 = 0.2;

/// What turns have cost so far, in seconds.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// A turn in which sequences only generate.
    generating: Option<f64>,
    /// One more prompt token.
    prompt_token: Option<f64>,
}

impl Pace {
    /// How many prompt tokens to add to a turn in which `generating` sequences generate, so that it takes
    /// at most twice as long as without them.
    pub fn prompt_tokens(&self, generating: usize) -> usize {
        if generating == 0 {
            let token = self.prompt_token.unwrap_or_default();
            return ((ALONE_SECONDS / token) as usize).clamp(LEAST, ALONE);
        }
        match (self.generating, self.prompt_token) {
            (Some(turn), Some(token)) => ((turn / token) as usize).clamp(LEAST, MOST),
            _ => LEAST,
        }
    }

    /// Notes what a turn took.
    pub fn took(&mut self, generating: usize, prompt_tokens: usize, time: Duration) {
        let time = time.as_secs_f64();
        if prompt_tokens == 0 {
            learn(&mut self.generating, time);
        } else if generating == 0 {
            learn(&mut self.prompt_token, time / prompt_tokens as f64);
        } else if let Some(turn) = self.generating {
            learn(
                &mut self.prompt_token,
                (time - turn).max(0.0) / prompt_tokens as f64,
            );
        }
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
        assert_eq!(pace.prompt_tokens(1), LEAST);
        pace.took(0, 500, Duration::from_millis(500));
        pace.took(3, 0, Duration::from_millis(100));
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
    fn a_turn_of_slow_prompts_ends_soon() {
        let mut pace = Pace::default();
        pace.took(0, 100, Duration::from_secs(1));
        assert_eq!(pace.prompt_tokens(0), 50);
    }
}
