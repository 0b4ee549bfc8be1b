//! Choosing the next token from logits.

mod candidates;
mod dry;
mod logits;
mod logprobs;
mod penalties;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use self::candidates::Candidates;
use self::dry::Repeats;
use self::penalties::Repetition;
use super::sampling::{Filters, Mirostat, Sampling, Truncation};
use crate::{Error, Tokenizer};

pub(crate) use self::logprobs::Distribution;
pub use self::logprobs::{Logprob, TokenLogprobs};

/// What no adjusted logit exceeds in size, so that all stay finite.
const MOST: f32 = 1e30;

/// One sequence's sampler, with a generator of its own: what other sequences do cannot change it.
pub struct Sampler {
    temperature: f32,
    truncation: Truncation,
    logit_bias: BTreeMap<u32, f32>,
    repetition: Repetition,
    repeats: Option<Repeats>,
    /// Mirostat: the surprise in bits from which tokens are left out.
    most_surprise: f32,
    random: ChaCha8Rng,
    candidates: Candidates,
}

impl Sampler {
    /// The sampling must be valid.
    pub fn new(sampling: &Sampling) -> Self {
        let seed = sampling.seed.unwrap_or_else(fresh_seed);
        Self {
            temperature: sampling.temperature,
            truncation: sampling.truncation,
            logit_bias: sampling.logit_bias.clone(),
            repetition: Repetition::new(sampling.penalties),
            repeats: sampling.dry.clone().map(Repeats::new),
            most_surprise: match sampling.truncation {
                Truncation::Mirostat(mirostat) => 2.0 * mirostat.tau,
                Truncation::Filters(_) => f32::INFINITY,
            },
            random: ChaCha8Rng::seed_from_u64(seed),
            candidates: Candidates::default(),
        }
    }

    /// Chooses a token. `logits`: `[vocabulary]`, adjusted in place. `history`: the sequence's tokens so
    /// far, prompt included; it must begin with the history of the last call.
    pub fn sample(
        &mut self,
        logits: &mut [f32],
        history: &[u32],
        tokenizer: &Tokenizer,
    ) -> Result<u32, Error> {
        if logits.is_empty() || !logits::all_finite(logits) {
            return Err(Error::NonFiniteLogits);
        }
        for (&token, &bias) in &self.logit_bias {
            adjust(logits, token, |logit| logit + bias);
        }
        self.repetition.apply(logits, history);
        if let Some(repeats) = &mut self.repeats {
            repeats.apply(logits, history, tokenizer)?;
        }
        Ok(match self.truncation {
            Truncation::Filters(filters) => self.filtered(logits, &filters),
            Truncation::Mirostat(mirostat) => self.mirostat(logits, mirostat),
        })
    }

    fn filtered(&mut self, logits: &[f32], filters: &Filters) -> u32 {
        // Only typical_p can leave out the most likely token.
        if self.temperature == 0.0 && filters.typical_p == 1.0 {
            return logits::most_likely(logits);
        }
        self.candidates.filter(logits, filters);
        if self.temperature == 0.0 {
            return self.candidates.most_likely().token;
        }
        self.candidates.weigh(self.temperature);
        let point = self.unit();
        self.candidates.draw(point).token
    }

    fn mirostat(&mut self, logits: &[f32], Mirostat { tau, eta }: Mirostat) -> u32 {
        let most = logits::maximum(logits);
        let total = logits::sum_of_weights(logits, most, self.temperature);
        // A token's surprise is log2(total) - log2(its weight).
        let least_weight = total.log2() as f32 - self.most_surprise;
        let floor = most + self.temperature * least_weight * std::f32::consts::LN_2;
        match floor <= most {
            true => self.candidates.take_from(logits, floor),
            false => self.candidates.take_likeliest(logits, 1),
        }
        self.candidates.weigh(self.temperature);
        let point = self.unit();
        let drawn = self.candidates.draw(point);
        let probability = f64::from(drawn.weight) / self.candidates.total();
        let surprise = -probability.log2() as f32;
        self.most_surprise -= eta * (surprise - tau);
        drawn.token
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Changes the logit of a token that the vocabulary has.
fn adjust(logits: &mut [f32], token: u32, change: impl Fn(f32) -> f32) {
    if let Some(logit) = logits.get_mut(token as usize) {
        *logit = change(*logit).clamp(-MOST, MOST);
    }
}

/// The standard library seeds its hash maps from the system's entropy.
fn fresh_seed() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}
