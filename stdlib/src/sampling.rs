//! The options of an answer: how its tokens are drawn, and when it ends.

use std::collections::BTreeMap;

use llmspell_core::spec::Ty;
use llmspell_core::{FromValue, Mismatch, Value, api};
use llmspell_models::{Prompt, Request, Sampling};

/// How an answer is drawn. What is not set is the model's own default.
///
/// The order is llama.cpp's: `logit_bias`, the penalties, DRY, `top_k`, `typical_p`, `top_p`, `min_p`,
/// `temperature`. Mirostat takes the place of the four filters and comes after the temperature.
#[api(options)]
#[derive(Debug, Clone, Default)]
pub struct SamplingOptions {
    /// Randomness, 0 or more: 0 always takes the likeliest token of those that are kept.
    temperature: Option<f64>,
    /// Keeps the likeliest tokens that together reach this probability, 0 to 1; 1 keeps all.
    top_p: Option<f64>,
    /// Keeps this many of the likeliest tokens; 0 keeps all.
    top_k: Option<usize>,
    /// Keeps tokens at least this likely relative to the likeliest one, 0 to 1; 0 keeps all.
    min_p: Option<f64>,
    /// Keeps the tokens whose information is closest to the expected one and that together reach this
    /// probability, 0 to 1; 1 keeps all.
    typical_p: Option<f64>,
    /// Divides the logits of recent tokens, negative ones it multiplies; above 0, 1 changes nothing.
    repeat_penalty: Option<f64>,
    /// Makes recent tokens less likely each time they occur, -2 to 2; 0 changes nothing.
    frequency_penalty: Option<f64>,
    /// Makes recent tokens less likely, however often they occur, -2 to 2; 0 changes nothing.
    presence_penalty: Option<f64>,
    /// How many tokens the three penalties look back on, those of the prompt too: 64 unless told, 0
    /// none, -1 all.
    repeat_last_n: Option<i64>,
    /// Turns on DRY, which makes tokens less likely that would continue a repetition; 0 turns it off.
    dry_multiplier: Option<f64>,
    /// By how much DRY's penalty grows with each repeated token, 1 or more; 1.75 unless told.
    dry_base: Option<f64>,
    /// Repetitions shorter than this are free, 1 or more; 2 unless told.
    dry_allowed_length: Option<usize>,
    /// How many tokens DRY looks back on: -1, all, unless told.
    dry_penalty_last_n: Option<i64>,
    /// Texts that no repetition reaches across: newline, `:`, `"` and `*` unless told.
    dry_sequence_breakers: Option<Vec<String>>,
    /// 2 turns on Mirostat 2, which keeps the surprise of the text near a target; 0 turns it off. It
    /// needs a temperature above 0.
    mirostat: Option<i64>,
    /// Mirostat's target in bits a token, above 0; 5 unless told.
    mirostat_tau: Option<f64>,
    /// How fast Mirostat adapts, 0 to 1; 0.1 unless told.
    mirostat_eta: Option<f64>,
    /// Added to the logits of tokens, -100 to 100, by token id; in Rhai the ids are strings.
    logit_bias: Option<BTreeMap<u32, f64>>,
    /// The same seed and request give the same answer.
    seed: Option<u64>,
    /// Ends the answer after so many tokens.
    max_tokens: Option<usize>,
    /// A text, or a list of texts, that ends the answer and is not part of it.
    stop: Option<Stop>,
    /// Tells how likely each token was; false unless told.
    logprobs: Option<bool>,
    /// How many of the likeliest tokens `logprobs` tells in each place, 0 to 20; 0 unless told.
    top_logprobs: Option<usize>,
}

/// One text or several.
#[derive(Debug, Clone, Default)]
pub struct Stop(Vec<String>);

impl FromValue for Stop {
    const TY: Ty = Ty::Either(&[Ty::Str, Ty::List(&Ty::Str)]);

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Str(text) => Ok(Self(vec![text])),
            Value::List(_) | Value::Map(_) => Vec::from_value(value).map(Self),
            other => Err(Mismatch::new(Self::TY, other.kind())),
        }
    }
}

impl SamplingOptions {
    /// These options where they are set, `fallback` elsewhere.
    pub fn or(self, fallback: Self) -> Self {
        Self {
            temperature: self.temperature.or(fallback.temperature),
            top_p: self.top_p.or(fallback.top_p),
            top_k: self.top_k.or(fallback.top_k),
            min_p: self.min_p.or(fallback.min_p),
            typical_p: self.typical_p.or(fallback.typical_p),
            repeat_penalty: self.repeat_penalty.or(fallback.repeat_penalty),
            frequency_penalty: self.frequency_penalty.or(fallback.frequency_penalty),
            presence_penalty: self.presence_penalty.or(fallback.presence_penalty),
            repeat_last_n: self.repeat_last_n.or(fallback.repeat_last_n),
            dry_multiplier: self.dry_multiplier.or(fallback.dry_multiplier),
            dry_base: self.dry_base.or(fallback.dry_base),
            dry_allowed_length: self.dry_allowed_length.or(fallback.dry_allowed_length),
            dry_penalty_last_n: self.dry_penalty_last_n.or(fallback.dry_penalty_last_n),
            dry_sequence_breakers: (self.dry_sequence_breakers).or(fallback.dry_sequence_breakers),
            mirostat: self.mirostat.or(fallback.mirostat),
            mirostat_tau: self.mirostat_tau.or(fallback.mirostat_tau),
            mirostat_eta: self.mirostat_eta.or(fallback.mirostat_eta),
            logit_bias: self.logit_bias.or(fallback.logit_bias),
            seed: self.seed.or(fallback.seed),
            max_tokens: self.max_tokens.or(fallback.max_tokens),
            stop: self.stop.or(fallback.stop),
            logprobs: self.logprobs.or(fallback.logprobs),
            top_logprobs: self.top_logprobs.or(fallback.top_logprobs),
        }
    }

    /// These options as backends read them.
    pub fn sampling(&self) -> Sampling {
        Sampling {
            temperature: self.temperature,
            top_k: self.top_k,
            typical_p: self.typical_p,
            top_p: self.top_p,
            min_p: self.min_p,
            repeat_penalty: self.repeat_penalty,
            frequency_penalty: self.frequency_penalty,
            presence_penalty: self.presence_penalty,
            repeat_last_n: self.repeat_last_n,
            dry_multiplier: self.dry_multiplier,
            dry_base: self.dry_base,
            dry_allowed_length: self.dry_allowed_length,
            dry_penalty_last_n: self.dry_penalty_last_n,
            dry_sequence_breakers: self.dry_sequence_breakers.clone(),
            mirostat: self.mirostat,
            mirostat_tau: self.mirostat_tau,
            mirostat_eta: self.mirostat_eta,
            logit_bias: self.logit_bias.clone().unwrap_or_default(),
            seed: self.seed,
            logprobs: self.logprobs,
            top_logprobs: self.top_logprobs,
        }
    }

    /// The request to continue `prompt`.
    pub fn request(self, model: Option<String>, prompt: Prompt) -> Request {
        Request {
            sampling: self.sampling(),
            max_tokens: self.max_tokens,
            stop: self.stop.unwrap_or_default().0,
            ..Request::new(model, prompt)
        }
    }
}
