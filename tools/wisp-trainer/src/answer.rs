//! Answers of the exported file, given by the runtime that will serve it.

use crate::{
    dialogue::{Call, Message, Prompt, Tool},
    error::Result,
};
use llmspell_inference::{Event, Generation, Model, Options, Request, Sampling};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The longest answer in tokens.
const LONGEST: usize = 120;

/// A loaded model file.
pub struct Answerer {
    model: Model,
}

impl Answerer {
    /// Loads a GGUF file.
    pub fn open(path: &Path) -> Result<Self> {
        let model = Model::open(path, &Options::default(), |_| {})?;
        Ok(Self { model })
    }

    /// The most likely answer to each prompt; all are generated side by side.
    pub fn greedy(&self, prompts: &[Prompt]) -> Result<Vec<String>> {
        let start = |prompt: &Prompt| self.start(*prompt);
        let started: Vec<Generation> = prompts.iter().map(start).collect::<Result<_>>()?;
        started.into_iter().map(text).collect()
    }

    /// True when the context holds the prompt and an answer.
    pub fn fits(&self, prompt: Prompt) -> Result<bool> {
        let (messages, tools) = for_runtime(prompt);
        let vocabulary = self.model.vocabulary();
        let tokens = vocabulary.prompt_tokens(&messages, tools.as_ref(), true)?;
        Ok(tokens.len() + LONGEST <= self.model.context_size())
    }

    /// A prompt as the chat template renders it.
    pub fn rendered(&self, prompt: Prompt) -> Result<String> {
        let (messages, tools) = for_runtime(prompt);
        let template = self.model.vocabulary().template(false)?;
        Ok(template.render(&messages, tools.as_ref(), true)?)
    }

    fn start(&self, prompt: Prompt) -> Result<Generation> {
        let (messages, tools) = for_runtime(prompt);
        let prompt = self
            .model
            .vocabulary()
            .prompt_tokens(&messages, tools.as_ref(), true)?;
        Ok(self.model.generate(Request {
            prompt,
            sampling: Sampling::greedy(),
            max_tokens: Some(LONGEST),
            ..Request::default()
        })?)
    }
}

fn text(mut generation: Generation) -> Result<String> {
    let mut text = String::new();
    while let Some(event) = generation.blocking_next() {
        if let Event::Text(piece) = event? {
            text.push_str(&piece);
        }
    }
    Ok(text)
}

/// Our messages and tools as the runtime's; a tool list that is empty is none.
pub fn for_runtime(prompt: Prompt) -> (Vec<llmspell_inference::Message>, Option<Value>) {
    let messages = prompt.messages.iter().map(message).collect();
    let tools = (!prompt.tools.is_empty()).then(|| prompt.tools.iter().map(declaration).collect());
    (messages, tools)
}

fn message(message: &Message) -> llmspell_inference::Message {
    let mut converted = llmspell_inference::Message::new(message.role.name(), &message.text);
    if !message.calls.is_empty() {
        let calls: Value = message.calls.iter().map(function_call).collect();
        converted.fields.insert("tool_calls".into(), calls);
    }
    converted
}

fn function_call(Call { name, arguments }: &Call) -> Value {
    json!({"type": "function", "function": {"name": name, "arguments": arguments}})
}

fn declaration(tool: &Tool) -> Value {
    let properties: Map<String, Value> = tool
        .parameters
        .iter()
        .map(|(name, kind)| (name.clone(), json!({"type": kind})))
        .collect();
    let parameters = json!({"type": "object", "properties": properties});
    json!({"type": "function", "function": {
        "name": tool.name, "description": tool.description, "parameters": parameters,
    }})
}
