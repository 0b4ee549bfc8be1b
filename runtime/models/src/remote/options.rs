//! How tokens are drawn, under the names that each provider has for it. What one does not have is an error.

use std::fmt::Display;

use serde_json::{Map, Value, json};

use super::settings::RemoteKind;
use crate::{Error, KeepAlive, Overflow, Request, Sampling};

/// What OpenAI documents for chat completions.
const OPENAI: &[&str] = &[
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "seed",
    "logprobs",
    "top_logprobs",
];

/// What the servers that speak as OpenAI does take beyond that: vLLM, SGLang, llama-server and OpenRouter all do.
const COMPATIBLE: &[&str] = &["top_k", "min_p", "repeat_penalty"];

/// What Anthropic documents for messages.
const ANTHROPIC: &[&str] = &["temperature", "top_k", "top_p"];

/// What Google documents for `generationConfig`.
const GEMINI: &[&str] = &[
    "temperature",
    "top_k",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "seed",
    "logprobs",
    "top_logprobs",
];

/// Looks for options that the provider does not have.
pub fn check(provider: &str, kind: RemoteKind, request: &Request) -> Result<(), Error> {
    let has = |option: &&str| match kind {
        RemoteKind::OpenAi => OPENAI.contains(option),
        RemoteKind::OpenAiCompatible => OPENAI.contains(option) || COMPATIBLE.contains(option),
        RemoteKind::Anthropic => ANTHROPIC.contains(option),
        RemoteKind::Gemini => GEMINI.contains(option),
    };
    let sampling = &request.sampling;
    if let Some(parameter) = given(sampling).into_iter().find(|option| !has(option)) {
        return Err(not_here(provider, parameter));
    }
    let wanted = [
        ("temperature", sampling.temperature),
        ("top_p", sampling.top_p),
        ("min_p", sampling.min_p),
        ("repeat_penalty", sampling.repeat_penalty),
        ("frequency_penalty", sampling.frequency_penalty),
        ("presence_penalty", sampling.presence_penalty),
    ];
    let wanted = wanted
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let biases = sampling
        .logit_bias
        .values()
        .map(|bias| ("logit_bias", *bias));
    // JSON has no word for it.
    if let Some((name, value)) = wanted.chain(biases).find(|(_, value)| !value.is_finite()) {
        return Err(unfit(name, "a finite number", value));
    }
    if request.max_tokens == Some(0) {
        return Err(unfit("max_tokens", "at least 1", 0));
    }
    if request.base_url.is_some() && kind != RemoteKind::OpenAiCompatible {
        return Err(not_here(provider, "base_url"));
    }
    if request.format == Some(Value::Bool(true)) && kind == RemoteKind::Anthropic {
        let expected = "a JSON schema, since Anthropic has no mode for any JSON";
        return Err(unfit("format", expected, "\"json\""));
    }
    sampling.check()?;
    check_local(provider, request)
}

fn unfit(parameter: &'static str, expected: &str, value: impl Display) -> Error {
    Error::Option {
        parameter,
        expected: expected.to_owned(),
        value: value.to_string(),
    }
}

/// Looks for what a request asks that only makes sense of a model on this machine.
fn check_local(provider: &str, request: &Request) -> Result<(), Error> {
    let loading = &request.loading;
    let keeps = |kept: KeepAlive| kept != KeepAlive::UntilNeeded;
    let asked = [
        ("context_size", loading.context_size.is_some()),
        ("cache_type", loading.cache_type.is_some()),
        ("keep_alive", loading.keep_alive.is_some_and(keeps)),
        ("on_overflow", request.on_overflow != Overflow::Error),
    ];
    match asked.into_iter().find(|(_, asked)| *asked) {
        Some((parameter, _)) => Err(not_here(provider, parameter)),
        None => Ok(()),
    }
}

pub fn not_here(provider: &str, parameter: &'static str) -> Error {
    Error::NotHere {
        parameter,
        backend: provider.to_owned(),
    }
}

/// The options that are set. Every field is named, so that none is forgotten.
fn given(sampling: &Sampling) -> Vec<&'static str> {
    let Sampling {
        temperature,
        top_k,
        typical_p,
        top_p,
        min_p,
        repeat_penalty,
        frequency_penalty,
        presence_penalty,
        repeat_last_n,
        dry_multiplier,
        dry_base,
        dry_allowed_length,
        dry_penalty_last_n,
        dry_sequence_breakers,
        mirostat,
        mirostat_tau,
        mirostat_eta,
        logit_bias,
        seed,
        logprobs,
        top_logprobs,
    } = sampling;
    let options = [
        ("temperature", temperature.is_some()),
        ("top_k", top_k.is_some()),
        ("typical_p", typical_p.is_some()),
        ("top_p", top_p.is_some()),
        ("min_p", min_p.is_some()),
        ("repeat_penalty", repeat_penalty.is_some()),
        ("frequency_penalty", frequency_penalty.is_some()),
        ("presence_penalty", presence_penalty.is_some()),
        ("repeat_last_n", repeat_last_n.is_some()),
        ("dry_multiplier", dry_multiplier.is_some()),
        ("dry_base", dry_base.is_some()),
        ("dry_allowed_length", dry_allowed_length.is_some()),
        ("dry_penalty_last_n", dry_penalty_last_n.is_some()),
        ("dry_sequence_breakers", dry_sequence_breakers.is_some()),
        ("mirostat", mirostat.is_some()),
        ("mirostat_tau", mirostat_tau.is_some()),
        ("mirostat_eta", mirostat_eta.is_some()),
        ("logit_bias", !logit_bias.is_empty()),
        ("seed", seed.is_some()),
        ("logprobs", *logprobs == Some(true)),
        ("top_logprobs", top_logprobs.is_some()),
    ];
    let set = options.into_iter().filter(|(_, set)| *set);
    set.map(|(name, _)| name).collect()
}

/// Fields of a request's body, beyond those that rig has by itself.
#[derive(Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn put(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
    }

    /// Adds to an object that may be there.
    pub fn merge(&mut self, name: &str, value: Value) {
        match (self.0.get_mut(name), value) {
            (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
            (_, value) => self.put(name, Some(value)),
        }
    }

    /// As rig's `additional_params`, which it lays over what it wrote.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    fn into_option(self) -> Option<Value> {
        (!self.0.is_empty()).then(|| self.into_value())
    }
}

/// The fields for a provider.
pub fn fields(kind: RemoteKind, sampling: &Sampling, stop: &[String]) -> Fields {
    match kind {
        RemoteKind::OpenAi => openai(sampling),
        RemoteKind::OpenAiCompatible => compatible(sampling, stop),
        RemoteKind::Anthropic => {
            let mut fields = Fields::default();
            fields.put("top_k", sampling.top_k);
            fields
        }
        RemoteKind::Gemini => gemini(sampling),
    }
}

fn openai(sampling: &Sampling) -> Fields {
    let mut fields = Fields::default();
    fields.put("frequency_penalty", sampling.frequency_penalty);
    fields.put("presence_penalty", sampling.presence_penalty);
    if sampling.logprobs == Some(true) {
        fields.put("logprobs", Some(true));
        fields.put("top_logprobs", sampling.top_logprobs);
    }
    let biases = sampling.logit_bias.iter();
    let biases: Map<_, _> = biases
        .map(|(token, bias)| (token.to_string(), json!(bias)))
        .collect();
    fields.put("logit_bias", (!biases.is_empty()).then_some(biases));
    fields
}

/// Rig passes on nothing by itself to a server that it does not know.
fn compatible(sampling: &Sampling, stop: &[String]) -> Fields {
    let mut fields = openai(sampling);
    fields.put("top_p", sampling.top_p);
    fields.put("top_k", sampling.top_k);
    fields.put("min_p", sampling.min_p);
    fields.put("seed", sampling.seed);
    fields.put("stop", (!stop.is_empty()).then(|| stop.to_vec()));
    // vLLM, SGLang and OpenRouter have the first name for it, llama-server the second; each leaves the other be.
    fields.put("repetition_penalty", sampling.repeat_penalty);
    fields.put("repeat_penalty", sampling.repeat_penalty);
    fields
}

fn gemini(sampling: &Sampling) -> Fields {
    let mut config = Fields::default();
    config.put("topK", sampling.top_k);
    config.put("frequencyPenalty", sampling.frequency_penalty);
    config.put("presencePenalty", sampling.presence_penalty);
    if sampling.logprobs == Some(true) {
        config.put("responseLogprobs", Some(true));
        config.put("logprobs", sampling.top_logprobs);
    }
    let mut fields = Fields::default();
    fields.put("generationConfig", config.into_option());
    fields
}
