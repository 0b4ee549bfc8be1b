//! What a model is asked: messages, and the options of `LocalLLM.generate` and `LocalLLM.chat`.

use llmspell_core::api;
use llmspell_models::{Message, Prompt, Request};

use crate::answering::AnsweringOptions;
use crate::loading::{LoadingOptions, OnOverflow};
use crate::sampling::SamplingOptions;

/// Who says something.
#[api(choice)]
#[derive(Debug, Clone, Copy)]
pub enum Role {
    System,
    User,
    Assistant,
    Tool,
}

/// One message of a conversation.
#[api(options, result)]
pub struct ChatMessage {
    role: Role,
    content: String,
}

impl From<ChatMessage> for Message {
    fn from(message: ChatMessage) -> Self {
        Self::new(message.role.name(), message.content)
    }
}

impl From<&Message> for ChatMessage {
    fn from(message: &Message) -> Self {
        Self {
            role: match message.role.as_str() {
                "system" => Role::System,
                "assistant" => Role::Assistant,
                "tool" => Role::Tool,
                _ => Role::User,
            },
            content: message.content.clone(),
        }
    }
}

/// Which model answers, and how.
#[api(options)]
#[derive(Default)]
pub struct GenerateOptions {
    /// The model's name or the path of a GGUF file.
    model: Option<String>,
    #[api(include)]
    answering: AnsweringOptions,
    #[api(include)]
    loading: LoadingOptions,
    #[api(include)]
    sampling: SamplingOptions,
}

/// Which model answers a conversation, and how.
#[api(options)]
#[derive(Default)]
pub struct ChatOptions {
    /// The model's name or the path of a GGUF file.
    model: Option<String>,
    /// What to do when the conversation is too long for the context: `"error"`, or `"drop_oldest"`, which
    /// leaves the oldest turns out of the prompt; `metadata.dropped_messages` tells how many messages.
    on_overflow: Option<OnOverflow>,
    #[api(include)]
    answering: AnsweringOptions,
    #[api(include)]
    loading: LoadingOptions,
    #[api(include)]
    sampling: SamplingOptions,
}

impl ChatOptions {
    /// The request of these options for `prompt`.
    pub fn request(self, prompt: Prompt) -> Request {
        self.answering.within(Request {
            loading: self.loading.into(),
            on_overflow: self.on_overflow.map(Into::into).unwrap_or_default(),
            ..self.sampling.request(self.model, prompt)
        })
    }
}

impl From<GenerateOptions> for ChatOptions {
    fn from(options: GenerateOptions) -> Self {
        Self {
            model: options.model,
            on_overflow: None,
            answering: options.answering,
            loading: options.loading,
            sampling: options.sampling,
        }
    }
}
