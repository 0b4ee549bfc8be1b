//! The options of a request under Ollama's names.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::request::{CacheType, Request};
use crate::sampling::Sampling;

/// The most alternatives that Ollama tells of a token (`api/types.go`, `TopLogprobs`).
const MOST_ALTERNATIVES: usize = 20;

/// The largest integer that Ollama reads without rounding: numbers come to it as 64-bit floats.
const LARGEST_SEED: u64 = 1 << 53;

/// The field `options` of a request: `Options` and `Runner` of `api/types.go`.
pub fn options(request: &Request) -> Result<Map<String, Value>, Error> {
    let sampling = &request.sampling;
    check(sampling)?;
    no_cache_type(request.loading.cache_type)?;
    let mut options = Options::default();
    options.number("temperature", sampling.temperature)?;
    options.set("top_k", sampling.top_k);
    options.number("top_p", sampling.top_p)?;
    options.number("min_p", sampling.min_p)?;
    options.number("typical_p", sampling.typical_p)?;
    options.number("repeat_penalty", sampling.repeat_penalty)?;
    options.set("repeat_last_n", sampling.repeat_last_n);
    options.number("presence_penalty", sampling.presence_penalty)?;
    options.number("frequency_penalty", sampling.frequency_penalty)?;
    options.set("seed", sampling.seed);
    options.set("num_predict", at_least_one(request.max_tokens)?);
    options.set("stop", Some(&request.stop).filter(|stop| !stop.is_empty()));
    options.set("num_ctx", request.loading.context_size);
    Ok(options.0)
}

/// Looks for what Ollama does not have, or would take for something else.
fn check(sampling: &Sampling) -> Result<(), Error> {
    unknown(sampling)?;
    // Ollama penalizes repetition by itself, so how far it looks back may stand alone.
    let alone = Sampling {
        repeat_last_n: None,
        ..sampling.clone()
    };
    alone.check()?;
    if let Some(top) = sampling.top_logprobs.filter(|&top| top > MOST_ALTERNATIVES) {
        return Err(unfit("top_logprobs", "at most 20 from Ollama", top));
    }
    match sampling.seed {
        Some(seed) if seed > LARGEST_SEED => Err(unfit(
            "seed",
            "at most 2^53 for Ollama, which would round it",
            seed,
        )),
        _ => Ok(()),
    }
}

/// Keys and values are kept as the server's `OLLAMA_KV_CACHE_TYPE` says.
pub fn no_cache_type(wanted: Option<CacheType>) -> Result<(), Error> {
    match wanted {
        Some(_) => Err(not_here("cache_type")),
        None => Ok(()),
    }
}

/// What Ollama would ignore. Turning off what it does not have asks for nothing.
fn unknown(sampling: &Sampling) -> Result<(), Error> {
    let mirostat = sampling.mirostat.is_none_or(|mode| mode != 0);
    let dry = sampling
        .dry_multiplier
        .is_none_or(|multiplier| multiplier != 0.0);
    for (parameter, wanted) in [
        ("mirostat", sampling.mirostat.is_some() && mirostat),
        ("mirostat_tau", sampling.mirostat_tau.is_some() && mirostat),
        ("mirostat_eta", sampling.mirostat_eta.is_some() && mirostat),
        ("dry_multiplier", sampling.dry_multiplier.is_some() && dry),
        ("dry_base", sampling.dry_base.is_some() && dry),
        (
            "dry_allowed_length",
            sampling.dry_allowed_length.is_some() && dry,
        ),
        (
            "dry_penalty_last_n",
            sampling.dry_penalty_last_n.is_some() && dry,
        ),
        (
            "dry_sequence_breakers",
            sampling.dry_sequence_breakers.is_some() && dry,
        ),
        ("logit_bias", !sampling.logit_bias.is_empty()),
    ] {
        if wanted {
            return Err(not_here(parameter));
        }
    }
    Ok(())
}

/// Ollama takes 0 for no limit.
fn at_least_one(max_tokens: Option<usize>) -> Result<Option<usize>, Error> {
    match max_tokens {
        Some(0) => Err(unfit("max_tokens", "at least 1 for Ollama", 0)),
        other => Ok(other),
    }
}

#[derive(Default)]
struct Options(Map<String, Value>);

impl Options {
    fn set(&mut self, name: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), json!(value));
        }
    }

    /// JSON has no word for what is not finite.
    fn number(&mut self, name: &'static str, value: Option<f64>) -> Result<(), Error> {
        if let Some(value) = value.filter(|value| !value.is_finite()) {
            return Err(unfit(name, "a finite number", value));
        }
        self.set(name, value);
        Ok(())
    }
}

fn not_here(parameter: &'static str) -> Error {
    Error::NotHere {
        parameter,
        backend: "ollama".to_owned(),
    }
}

/// A value that Ollama has no use for.
pub fn unfit(parameter: &'static str, expected: &str, value: impl ToString) -> Error {
    Error::Option {
        parameter,
        expected: expected.to_owned(),
        value: value.to_string(),
    }
}
