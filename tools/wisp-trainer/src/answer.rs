//! Answers of the exported file, given by the runtime that will serve it.

use crate::{
    dialogue::{Message, Role},
    error::Result,
};
use llmspell_inference::{Event, Generation, Model, Options, Request, Sampling};
use std::path::Path;

/// The longest answer in tokens.
const LONGEST: usize = 80;

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

    /// The most likely answer to each conversation; all are generated side by side.
    pub fn greedy(&self, conversations: &[&[Message]]) -> Result<Vec<String>> {
        let start = |messages: &&[Message]| self.start(messages);
        let started: Vec<Generation> = conversations.iter().map(start).collect::<Result<_>>()?;
        started.into_iter().map(text).collect()
    }

    fn start(&self, messages: &[Message]) -> Result<Generation> {
        let messages = for_runtime(messages);
        let prompt = self
            .model
            .vocabulary()
            .prompt_tokens(&messages, None, true)?;
        Ok(self.model.generate(Request {
            prompt,
            sampling: Sampling::greedy(),
            max_tokens: Some(LONGEST),
            stop: Vec::new(),
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

/// Our messages as the runtime's.
pub fn for_runtime(messages: &[Message]) -> Vec<llmspell_inference::Message> {
    let convert = |Message { role, text }: &Message| match role {
        Role::System => llmspell_inference::Message::system(text),
        Role::User => llmspell_inference::Message::user(text),
        Role::Assistant => llmspell_inference::Message::assistant(text),
    };
    messages.iter().map(convert).collect()
}
