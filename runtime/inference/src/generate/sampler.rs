//! Choosing the next token from logits.

use std::hash::{BuildHasher, Hasher};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::request::Sampling;
use crate::Error;

/// Tokens that the repeat penalty looks back on.
const REPEAT_WINDOW: usize = 64;

/// One sequence's sampler, with a generator of its own: what other sequences do cannot change it.
pub(crate) struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
}

/// A token that may be drawn.
#[derive(Clone, Copy)]
struct Candidate {
    token: u32,
    logit: f32,
}

impl Sampler {
    pub fn new(sampling: Sampling) -> Self {
        let seed = sampling.seed.unwrap_or_else(fresh_seed);
        Self {
            sampling,
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// `history`: the sequence's tokens so far, prompt included.
    pub fn sample(&mut self, mut logits: Vec<f32>, history: &[u32]) -> Result<u32, Error> {
        if logits.is_empty() || logits.iter().any(|logit| !logit.is_finite()) {
            return Err(Error::NonFiniteLogits);
        }
        self.penalize(&mut logits, history);
        if self.sampling.temperature == 0.0 {
            return Ok(most_likely(&logits));
        }
        let mut candidates = self.top_k(&logits);
        self.top_p(&mut candidates);
        self.min_p(&mut candidates);
        Ok(self.draw(&candidates))
    }

    /// Source: Keskar et al., "CTRL", 2019; a negative logit is multiplied instead.
    fn penalize(&self, logits: &mut [f32], history: &[u32]) {
        let penalty = self.sampling.repeat_penalty;
        if penalty == 1.0 {
            return;
        }
        let recent = &history[history.len().saturating_sub(REPEAT_WINDOW)..];
        for (position, &token) in recent.iter().enumerate() {
            let again = recent[..position].contains(&token);
            if let Some(logit) = logits.get_mut(token as usize).filter(|_| !again) {
                *logit = if *logit > 0.0 {
                    *logit / penalty
                } else {
                    *logit * penalty
                };
            }
        }
    }

    /// The k most likely tokens, most likely first.
    fn top_k(&self, logits: &[f32]) -> Vec<Candidate> {
        let mut candidates: Vec<_> = (0u32..)
            .zip(logits)
            .map(|(token, &logit)| Candidate { token, logit })
            .collect();
        let k = self.sampling.top_k;
        if (1..candidates.len()).contains(&k) {
            candidates.select_nth_unstable_by(k - 1, more_likely_first);
            candidates.truncate(k);
        }
        candidates.sort_unstable_by(more_likely_first);
        candidates
    }

    fn top_p(&self, candidates: &mut Vec<Candidate>) {
        if self.sampling.top_p >= 1.0 {
            return;
        }
        let weights = weights(candidates, 1.0);
        let enough = weights.iter().sum::<f64>() * f64::from(self.sampling.top_p);
        let mut reached = 0.0;
        let keep = weights
            .iter()
            .take_while(|&&weight| {
                let wanted = reached < enough;
                reached += weight;
                wanted
            })
            .count();
        candidates.truncate(keep.max(1));
    }

    fn min_p(&self, candidates: &mut Vec<Candidate>) {
        let weights = weights(candidates, 1.0);
        let least = f64::from(self.sampling.min_p);
        let keep = weights
            .iter()
            .take_while(|&&weight| weight >= least)
            .count();
        candidates.truncate(keep.max(1));
    }

    fn draw(&mut self, candidates: &[Candidate]) -> u32 {
        let weights = weights(candidates, self.sampling.temperature);
        let mut point = self.unit() * weights.iter().sum::<f64>();
        for (candidate, weight) in candidates.iter().zip(&weights) {
            if point < *weight {
                return candidate.token;
            }
            point -= weight;
        }
        // Rounding can leave the point just behind the end.
        candidates[0].token
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Probabilities relative to the first candidate's, which must be the most likely.
fn weights(candidates: &[Candidate], temperature: f32) -> Vec<f64> {
    let most = f64::from(candidates[0].logit);
    candidates
        .iter()
        .map(|c| ((f64::from(c.logit) - most) / f64::from(temperature)).exp())
        .collect()
}

/// The first of equally likely tokens counts as more likely, so the order is total.
fn more_likely_first(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.logit.total_cmp(&a.logit).then(a.token.cmp(&b.token))
}

fn most_likely(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (token, &logit) in logits.iter().enumerate() {
        if logit > logits[best] {
            best = token;
        }
    }
    best as u32
}

/// The standard library seeds its hash maps from the system's entropy.
fn fresh_seed() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [0.0, 3.0, 1.0, 2.9, -0.5];

    fn open() -> Sampling {
        Sampling {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repeat_penalty: 1.0,
            seed: Some(7),
        }
    }

    /// Every token that 500 draws give.
    fn drawn(sampling: Sampling) -> Vec<u32> {
        let mut sampler = Sampler::new(sampling);
        let mut tokens: Vec<_> = (0..500)
            .map(|_| sampler.sample(LOGITS.to_vec(), &[]).expect("finite"))
            .collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }

    #[test]
    fn temperature_0_takes_the_most_likely_token() {
        assert_eq!(drawn(Sampling::greedy()), [1]);
    }

    #[test]
    fn each_filter_keeps_what_it_promises() {
        assert_eq!(drawn(open()), [0, 1, 2, 3, 4]);
        assert_eq!(drawn(Sampling { top_k: 2, ..open() }), [1, 3]);
        assert_eq!(drawn(Sampling { top_k: 1, ..open() }), [1]);
        assert_eq!(
            drawn(Sampling {
                top_p: 0.6,
                ..open()
            }),
            [1, 3]
        );
        assert_eq!(
            drawn(Sampling {
                top_p: 0.0,
                ..open()
            }),
            [1]
        );
        assert_eq!(
            drawn(Sampling {
                min_p: 0.8,
                ..open()
            }),
            [1, 3]
        );
        assert_eq!(
            drawn(Sampling {
                min_p: 1.0,
                ..open()
            }),
            [1]
        );
    }

    #[test]
    fn the_frequencies_are_the_probabilities() {
        let mut sampler = Sampler::new(open());
        let logits = vec![0.0, (3.0f32).ln()];
        let ones: u32 = (0..10_000)
            .map(|_| sampler.sample(logits.clone(), &[]).expect("finite"))
            .sum();
        assert!(
            (7_300..7_700).contains(&ones),
            "{ones} of 10000, expected about 7500"
        );
    }

    #[test]
    fn the_same_seed_draws_the_same_tokens() {
        let draw = |seed| {
            let mut sampler = Sampler::new(Sampling {
                seed: Some(seed),
                ..open()
            });
            (0..50)
                .map(|_| sampler.sample(LOGITS.to_vec(), &[]).expect("finite"))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn a_repeated_token_becomes_less_likely() {
        let sampling = Sampling {
            temperature: 0.0,
            repeat_penalty: 1.5,
            ..open()
        };
        let mut sampler = Sampler::new(sampling);
        let mut next = |history: &[u32]| sampler.sample(LOGITS.to_vec(), history).expect("finite");
        assert_eq!(next(&[]), 1);
        assert_eq!(next(&[1, 1]), 3);
        assert_eq!(next(&[1, 3]), 1);
    }

    #[test]
    fn logits_that_are_not_finite_are_an_error() {
        let mut sampler = Sampler::new(open());
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let sampled = sampler.sample(vec![0.0, bad], &[]);
            assert!(matches!(sampled, Err(Error::NonFiniteLogits)));
        }
    }
}
