//! What every backend is asked for, and what it answers.

use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, Sampling};

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    pub content: String,
    /// What the user shows.
    pub images: Vec<Image>,
    /// What the assistant thought before it answered.
    pub thinking: Option<String>,
    /// What the assistant called.
    pub tool_calls: Vec<ToolCall>,
    /// Of a tool's result: which call it answers.
    pub tool_call_id: Option<String>,
    /// Of a tool's result: the tool.
    pub tool_name: Option<String>,
}

impl Message {
    /// A message.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            content: content.into(),
            ..Self::default()
        }
    }
}

/// A picture that goes with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    Path(PathBuf),
    /// The file's content, such as a PNG.
    Bytes(Vec<u8>),
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    pub name: String,
    pub description: String,
    /// The arguments: a JSON schema of type `object`.
    pub parameters: Value,
}

/// A call that the model wants to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// What the result has to name, where the provider has such ids.
    pub id: Option<String>,
    pub name: String,
    pub arguments: Map<String, Value>,
}

/// Whether a model that can think before it answers does so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Think {
    Off,
    On,
    Low,
    Medium,
    High,
}

/// What the model continues.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    /// Text as it is; control tokens written in it count as such.
    Raw(String),
    /// A conversation, put through the model's chat template.
    Chat(Vec<Message>),
}

/// How text becomes token ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Encoding {
    /// Adds the tokens that a prompt of this model begins and ends with.
    pub add_special: bool,
    /// Reads the names of control tokens in the text as these tokens.
    pub special: bool,
}

/// How keys and values are kept, which costs memory for each token of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheType {
    F32,
    #[default]
    F16,
    /// Half of the memory of [`CacheType::F16`], and a little less exact.
    Q8_0,
}

impl fmt::Display for CacheType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
        })
    }
}

/// How long a model stays loaded that nobody uses.
///
/// As JSON: null until it is needed, else seconds, negative for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "Option<f64>", from = "Option<f64>")]
pub enum KeepAlive {
    /// Until another model needs its memory.
    #[default]
    UntilNeeded,
    /// So long after its last use, unless its memory is needed before.
    For(Duration),
    /// Until it is unloaded; its memory goes to no other model.
    Forever,
}

impl From<KeepAlive> for Option<f64> {
    fn from(keep_alive: KeepAlive) -> Self {
        match keep_alive {
            KeepAlive::UntilNeeded => None,
            KeepAlive::For(length) => Some(length.as_secs_f64()),
            KeepAlive::Forever => Some(-1.0),
        }
    }
}

impl From<Option<f64>> for KeepAlive {
    fn from(seconds: Option<f64>) -> Self {
        match seconds {
            None => Self::UntilNeeded,
            // What is longer than a duration can be is for ever too.
            Some(seconds) => Duration::try_from_secs_f64(seconds).map_or(Self::Forever, Self::For),
        }
    }
}

/// How a model is to be loaded and kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Loading {
    /// Tokens that prompt and answer may have together; `None`: as many as the model was trained for, or as
    /// there is memory for where that is less.
    pub context_size: Option<usize>,
    /// `None`: what the model is loaded with.
    pub cache_type: Option<CacheType>,
    /// From now on; `None` changes nothing.
    pub keep_alive: Option<KeepAlive>,
}

/// What to do with a conversation that is too long for the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overflow {
    /// Nothing: it is an error.
    #[default]
    Error,
    /// Leaves out the oldest turns, as few as possible, until the rest and `max_tokens` fit, or one token
    /// if that is not set. What the system says and the turn of the last message always stay.
    DropOldest,
}

/// A generation to start.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// A model's name; `None` takes the default model.
    pub model: Option<String>,
    pub prompt: Prompt,
    pub sampling: Sampling,
    /// Ends the answer after so many tokens.
    pub max_tokens: Option<usize>,
    /// Texts that end the answer and are not part of it.
    pub stop: Vec<String>,
    pub loading: Loading,
    /// Of conversations; a raw prompt that is too long is an error.
    pub on_overflow: Overflow,
    /// Tools that the model may call.
    pub tools: Vec<Tool>,
    /// A JSON schema that the answer has to fit; `true` for any JSON.
    pub format: Option<Value>,
    /// `None`: as the model does by itself.
    pub think: Option<Think>,
    /// Another server of the same kind as the configured one.
    pub base_url: Option<String>,
}

impl Request {
    /// A request for a model's answer, all else as the model has it.
    pub fn new(model: Option<String>, prompt: Prompt) -> Self {
        Self {
            model,
            prompt,
            sampling: Sampling::default(),
            max_tokens: None,
            stop: Vec::new(),
            loading: Loading::default(),
            on_overflow: Overflow::Error,
            tools: Vec::new(),
            format: None,
            think: None,
            base_url: None,
        }
    }
}

/// What a [`Generation`] gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The tokens of the next text, or before the end those without text; only if asked for.
    Logprobs(Vec<TokenLogprobs>),
    Text(String),
    /// What the model thinks before it answers.
    Thinking(String),
    ToolCall(ToolCall),
    /// The last one.
    Done(Finish),
}

/// A token and how likely the model found it: the natural logarithm of its probability, before bias,
/// penalties, filters and temperature.
#[derive(Debug, Clone, PartialEq)]
pub struct Logprob {
    /// Its id, where the backend tells it.
    pub token: Option<u32>,
    /// What it spells; perhaps part of a character.
    pub bytes: Vec<u8>,
    pub logprob: f64,
}

/// A token of an answer, and what else might have stood in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenLogprobs {
    pub chosen: Logprob,
    /// The most likely tokens, most likely first.
    pub top: Vec<Logprob>,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model, or a stop text, ended it.
    Stop,
    /// `max_tokens` or the context did.
    Length,
    /// The model waits for the results of its calls.
    ToolCalls,
}

/// How a generation went.
#[derive(Debug, Clone, PartialEq)]
pub struct Finish {
    pub model: String,
    /// The backend or remote provider, such as `candle`.
    pub provider: String,
    pub reason: FinishReason,
    pub prompt_tokens: usize,
    pub completion_tokens: usize,
    /// Prompt tokens that needed no computing.
    pub cached_tokens: usize,
    /// Tokens that prompt and answer could have together, if known.
    pub context_size: Option<usize>,
    /// Messages that were left out of the prompt.
    pub dropped_messages: usize,
    /// From the request until the first token was chosen.
    pub first_token: Duration,
    /// From the request until the last token was chosen.
    pub total: Duration,
    /// How long loading the model took, if this request loaded it.
    pub load_time: Option<Duration>,
}

/// Vectors for texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    pub model: String,
    /// One for each text, in order, each of length 1.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens of all texts, where the backend counts them.
    pub prompt_tokens: Option<usize>,
}

/// An answer under way. Dropping it stops the model at the next token.
pub struct Generation(Pin<Box<dyn Stream<Item = Result<Event, Error>> + Send>>);

impl Generation {
    /// An answer from a backend's own stream.
    pub fn new(stream: impl Stream<Item = Result<Event, Error>> + Send + 'static) -> Self {
        Self(Box::pin(stream))
    }

    /// The next piece; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        self.0.next().await
    }
}
