//! How likely the chosen tokens were.

use super::candidates::Candidates;
use super::logits::{maximum, sum_of_weights};
use crate::{Error, Tokenizer};

/// A token and how likely the model found it: the natural logarithm of its probability, before bias,
/// penalties, filters and temperature.
#[derive(Debug, Clone, PartialEq)]
pub struct Logprob {
    pub token: u32,
    /// What it spells, of a control token its markup; perhaps part of a character.
    pub bytes: Vec<u8>,
    pub logprob: f64,
}

/// A token of the completion, and what else might have stood in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenLogprobs {
    pub chosen: Logprob,
    /// The most likely tokens, most likely first.
    pub top: Vec<Logprob>,
}

/// The model's own distribution over the next token.
pub(crate) struct Distribution {
    /// How many of the most likely tokens are asked for.
    top: usize,
    logits: Vec<f32>,
    candidates: Candidates,
}

impl Distribution {
    pub fn new(top: usize) -> Self {
        Self {
            top,
            logits: Vec::new(),
            candidates: Candidates::default(),
        }
    }

    /// Remembers logits that are about to be adjusted.
    pub fn observe(&mut self, logits: &[f32]) {
        self.logits.clear();
        self.logits.extend_from_slice(logits);
    }

    /// How likely a token was in what was observed last.
    pub fn of(&mut self, token: u32, tokenizer: &Tokenizer) -> Result<TokenLogprobs, Error> {
        let most = maximum(&self.logits);
        let log_total = f64::from(most) + sum_of_weights(&self.logits, most, 1.0).ln();
        let logprob = |token: u32, logit: f32| {
            Ok(Logprob {
                token,
                bytes: tokenizer.token_bytes(token)?,
                // Rounding can leave a certain token just above 0.
                logprob: (f64::from(logit) - log_total).min(0.0),
            })
        };
        let top = self.candidates.likeliest(&self.logits, self.top);
        Ok(TokenLogprobs {
            chosen: logprob(token, self.logits[token as usize])?,
            top: top
                .map(|c| logprob(c.token, c.logit))
                .collect::<Result<_, Error>>()?,
        })
    }
}
