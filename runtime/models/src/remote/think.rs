//! How long a model thinks before it answers, as each provider has it said.

use rig_core::catalog::{Catalog, ReasoningSupport};
use rig_core::completion::{Effort, Reasoning};
use rig_core::providers::gemini;
use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::settings::RemoteKind;
use crate::Think;

/// What is asked of a provider: what rig knows how to say, and fields of our own.
#[derive(Debug, Default, PartialEq)]
pub struct Thinking {
    pub reasoning: Option<Reasoning>,
    pub fields: Vec<(&'static str, Value)>,
}

/// How `think` is said to a model.
pub fn thinking(endpoint: &Endpoint, model: &str, think: Option<Think>) -> Thinking {
    let Some(think) = think else {
        return Thinking::default();
    };
    match endpoint.kind {
        RemoteKind::OpenAi => Thinking {
            reasoning: Some(effort(think)),
            ..Thinking::default()
        },
        RemoteKind::OpenAiCompatible => Thinking {
            reasoning: None,
            fields: vec![compatible(endpoint, think)],
        },
        RemoteKind::Anthropic => Thinking {
            reasoning: Some(level("anthropic", model, think)),
            fields: Vec::new(),
        },
        RemoteKind::Gemini => Thinking {
            reasoning: Some(level(gemini::PROVIDER_NAME, model, think)),
            fields: shown(think),
        },
    }
}

fn effort(think: Think) -> Reasoning {
    match think {
        Think::Off => Reasoning::Off,
        Think::Low => Effort::Low.into(),
        // What the providers take without a word.
        Think::On | Think::Medium => Effort::Medium.into(),
        Think::High => Effort::High.into(),
    }
}

/// A level, or tokens for models that count those, as many as Google gives them for these levels.
/// Source: ai.google.dev/gemini-api/docs/openai, "Thinking".
fn level(vendor: &str, model: &str, think: Think) -> Reasoning {
    let resolve = |model: &str| Catalog::builtin().resolve(&format!("{vendor}/{model}"));
    let known = resolve(model).or_else(|| resolve(undated(model)?));
    let Some(range) = known.and_then(|model| counted(&model.reasoning)) else {
        return effort(think);
    };
    let tokens = match think {
        Think::Off => return Reasoning::Off,
        Think::Low => 1024,
        Think::On | Think::Medium => 8192,
        Think::High => 24_576,
    };
    Reasoning::Budget {
        tokens: tokens.clamp(*range.start(), *range.end()),
    }
}

/// A name without the date of its snapshot, such as `-20251001`.
pub fn undated(model: &str) -> Option<&str> {
    let (name, date) = model.rsplit_once('-')?;
    (date.len() == 8 && date.bytes().all(|digit| digit.is_ascii_digit())).then_some(name)
}

/// How many tokens a model may think, if that is how it is said to it.
fn counted(support: &ReasoningSupport) -> Option<&std::ops::RangeInclusive<u32>> {
    support
        .budget
        .as_ref()
        .filter(|_| support.levels.is_empty())
}

/// Gemini keeps its thoughts to itself unless it is asked.
fn shown(think: Think) -> Vec<(&'static str, Value)> {
    match think {
        Think::Off => Vec::new(),
        _ => vec![(
            "generationConfig",
            json!({ "thinkingConfig": { "includeThoughts": true } }),
        )],
    }
}

/// Levels are OpenAI's; on and off belong to the chat template (vLLM, SGLang, llama-server), save at OpenRouter.
fn compatible(endpoint: &Endpoint, think: Think) -> (&'static str, Value) {
    let switch = |on: bool| match endpoint.base.host_str() {
        Some("openrouter.ai") => ("reasoning", json!({ "enabled": on })),
        _ => ("chat_template_kwargs", json!({ "enable_thinking": on })),
    };
    match think {
        Think::Off => switch(false),
        Think::On => switch(true),
        Think::Low => ("reasoning_effort", json!("low")),
        Think::Medium => ("reasoning_effort", json!("medium")),
        Think::High => ("reasoning_effort", json!("high")),
    }
}
