//! What `LocalLLM` and `Agent` share: replies and streams.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use llmspell_core::spec::Ty;
use llmspell_core::{Cx, Error, IntoValue, Map, Value, api};
use llmspell_models::{Choice, Event, Finish, FinishReason, Generation, Models, Request, ToolCall};

use crate::json::from_json;
use crate::logprobs::TokenLogprob;
use crate::source::Source;

/// An answer.
#[api(result)]
pub struct Reply {
    /// The text.
    pub text: String,
    /// If `format` was set: the text read as JSON, nothing if it is none.
    data: Option<Parsed>,
    /// What the model thought before it answered, where it tells.
    thinking: Option<String>,
    /// The tools that the model wants called.
    tool_calls: Vec<Call>,
    /// If `logprobs` was set: one item for each token of `metadata.tokens.completion`.
    logprobs: Option<Vec<TokenLogprob>>,
    /// How it came about.
    metadata: Metadata,
}

/// A tool that the model wants called.
#[api(result)]
#[derive(Clone)]
pub struct Call {
    /// What the result has to name, where the provider has such ids.
    id: Option<String>,
    name: String,
    arguments: Arguments,
}

impl From<ToolCall> for Call {
    fn from(call: ToolCall) -> Self {
        Self {
            id: call.id,
            name: call.name,
            arguments: Arguments(call.arguments),
        }
    }
}

/// What an answer's JSON says.
pub struct Parsed(serde_json::Value);

impl IntoValue for Parsed {
    const TY: Ty = Ty::Value;

    fn into_value(self) -> Value {
        from_json(self.0)
    }
}

/// A map of arguments.
#[derive(Clone)]
struct Arguments(serde_json::Map<String, serde_json::Value>);

impl IntoValue for Arguments {
    const TY: Ty = Map::TY;

    fn into_value(self) -> Value {
        from_json(self.0.into())
    }
}

/// How an answer came about.
#[api(result)]
pub struct Metadata {
    /// The model's name.
    model: String,
    /// What ran it, such as `"candle"`.
    provider: String,
    /// `"stop"`, `"length"`, `"tool_calls"` or `"cancelled"`.
    finish_reason: &'static str,
    /// How many tokens.
    tokens: TokenCounts,
    /// From the call to the last token, in milliseconds.
    latency_ms: f64,
    /// From the call to the first token, in milliseconds.
    first_token_ms: f64,
    /// The speed after the first token.
    tokens_per_second: f64,
    /// How long loading the model took, if this call loaded it.
    load_ms: Option<f64>,
    /// How many tokens prompt and answer could have together.
    context_size: Option<usize>,
    /// How many messages were left out of the prompt because the conversation was too long.
    dropped_messages: usize,
}

/// How many tokens an answer took.
#[api(result)]
pub struct TokenCounts {
    prompt: usize,
    completion: usize,
    total: usize,
    /// Tokens of the prompt that needed no computing.
    cached: usize,
}

impl Metadata {
    fn new(finish: &Finish) -> Self {
        let loading = finish.load_time.unwrap_or_default();
        let decoding = finish.total.saturating_sub(finish.first_token);
        // The first token comes out of the prompt's computation.
        let speed = match finish.completion_tokens {
            0 | 1 => finish.completion_tokens as f64 / finish.total.as_secs_f64(),
            n => (n - 1) as f64 / decoding.as_secs_f64(),
        };
        Self {
            model: finish.model.clone(),
            provider: finish.provider.clone(),
            finish_reason: match finish.reason {
                FinishReason::Stop => "stop",
                FinishReason::Length => "length",
                FinishReason::ToolCalls => "tool_calls",
            },
            tokens: TokenCounts {
                prompt: finish.prompt_tokens,
                completion: finish.completion_tokens,
                total: finish.prompt_tokens + finish.completion_tokens,
                cached: finish.cached_tokens,
            },
            latency_ms: milliseconds(loading + finish.total),
            first_token_ms: milliseconds(loading + finish.first_token),
            tokens_per_second: if speed.is_finite() { speed } else { 0.0 },
            load_ms: finish.load_time.map(milliseconds),
            context_size: finish.context_size,
            dropped_messages: finish.dropped_messages,
        }
    }
}

fn milliseconds(length: Duration) -> f64 {
    length.as_secs_f64() * 1000.0
}

/// What the first answer of the model in the box tells the person at the terminal.
const WISP_ANSWERS: &str = "no model was named and no other is installed, so wisp answers, a tiny \
    demonstration. For a real one: `llmspell model pull llama3.2:3b`";

/// Where notices to the person at the terminal go; a host sets it with `Cx::set_host`.
pub struct Notices(RefCell<Option<Tell>>);

type Tell = Box<dyn FnOnce(&str)>;

impl Notices {
    /// Calls `tell` with the first notice.
    pub fn new(tell: impl FnOnce(&str) + 'static) -> Self {
        Self(RefCell::new(Some(Box::new(tell))))
    }
}

/// Tells the person at the terminal, once, that no better model was found.
fn notice(cx: &Cx, choice: &Choice) {
    if choice.last_resort
        && let Some(notices) = cx.host::<Notices>()
        && let Some(tell) = notices.0.take()
    {
        tell(WISP_ANSWERS);
    }
}

/// The models of this runtime.
pub fn models(cx: &Cx) -> Result<Rc<Models>, Error> {
    let missing = || Error::raise("this host has set up no models");
    cx.host::<Models>().ok_or_else(missing)
}

/// A model's error as the call named `function` raises it.
pub fn problem(function: &str) -> impl Fn(llmspell_models::Error) -> Error {
    move |error| Error::Raise(format!("{function}: {error}"))
}

/// An answer under way.
pub struct Answer {
    generation: Generation,
    text: String,
    thinking: Option<String>,
    tool_calls: Vec<Call>,
    /// Those of the text to come, if they are asked for.
    logprobs: Option<Vec<TokenLogprob>>,
    /// Whether the text is to be read as JSON.
    structured: bool,
    function: &'static str,
}

/// A piece of an answer.
pub enum Piece {
    Text(String, Option<Vec<TokenLogprob>>),
    Thinking(String),
    ToolCall(Call),
    /// With the tokens that have no text.
    Done(Metadata, Option<Vec<TokenLogprob>>),
}

impl Answer {
    /// Starts an answer for the call named `function`.
    pub async fn start(cx: &Cx, function: &'static str, request: Request) -> Result<Self, Error> {
        let models = models(cx)?;
        // A default that was configured is no last resort, and choosing it may ask a server.
        if request.model.is_none()
            && models.config().default_model.is_none()
            && let Ok(chosen) = cx.external(models.choose(None)).await
        {
            notice(cx, &chosen);
        }
        let logprobs = request.sampling.logprobs.unwrap_or(false);
        let structured = request.format.is_some();
        let generation = cx.external(models.generate(request)).await;
        Ok(Self {
            generation: generation.map_err(problem(function))?,
            text: String::new(),
            thinking: None,
            tool_calls: Vec::new(),
            logprobs: logprobs.then(Vec::new),
            structured,
            function,
        })
    }

    /// The next piece; `None` after the last one.
    pub async fn next(&mut self, cx: &Cx) -> Result<Option<Piece>, Error> {
        loop {
            let event = cx.external(self.generation.next()).await;
            let Some(event) = event.transpose().map_err(problem(self.function))? else {
                return Ok(None);
            };
            match event {
                Event::Logprobs(tokens) => {
                    let tokens = tokens.into_iter().map(Into::into);
                    self.logprobs.get_or_insert_default().extend(tokens);
                }
                Event::Text(text) => {
                    self.text.push_str(&text);
                    return Ok(Some(Piece::Text(text, self.take_logprobs())));
                }
                Event::Thinking(text) => {
                    self.thinking.get_or_insert_default().push_str(&text);
                    return Ok(Some(Piece::Thinking(text)));
                }
                Event::ToolCall(call) => {
                    let call = Call::from(call);
                    self.tool_calls.push(call.clone());
                    return Ok(Some(Piece::ToolCall(call)));
                }
                Event::Done(finish) => {
                    let metadata = Metadata::new(&finish);
                    return Ok(Some(Piece::Done(metadata, self.take_logprobs())));
                }
            }
        }
    }

    fn take_logprobs(&mut self) -> Option<Vec<TokenLogprob>> {
        self.logprobs.as_mut().map(std::mem::take)
    }

    /// The whole answer.
    pub async fn finish(mut self, cx: &Cx) -> Result<Reply, Error> {
        let mut logprobs = Vec::new();
        while let Some(piece) = self.next(cx).await? {
            match piece {
                Piece::Text(_, tokens) => logprobs.extend(tokens.unwrap_or_default()),
                Piece::Thinking(_) | Piece::ToolCall(_) => {}
                Piece::Done(metadata, tokens) => {
                    let asked = tokens.is_some();
                    logprobs.extend(tokens.unwrap_or_default());
                    let data = || serde_json::from_str(&self.text).ok().map(Parsed);
                    return Ok(Reply {
                        data: self.structured.then(data).flatten(),
                        text: self.text,
                        thinking: self.thinking,
                        tool_calls: self.tool_calls,
                        logprobs: asked.then_some(logprobs),
                        metadata,
                    });
                }
            }
        }
        let message = "the model ended without saying so. This is a bug, please report it";
        Err(Error::Raise(format!("{}: {message}", self.function)))
    }
}

/// What happens with a whole answer.
pub type Finished = Box<dyn FnOnce(&str)>;

/// An answer as a script reads it piece by piece.
pub struct Stream(Source<(Answer, Option<Finished>)>);

impl Stream {
    /// A stream of an answer; `finished` gets its whole text.
    pub fn new(answer: Answer, finished: Option<Finished>) -> Rc<Self> {
        Rc::new(Self(Source::new("Stream", (answer, finished))))
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An answer that comes in chunks: `for chunk in stream` reads them. Closing it stops the model, and
/// so does losing it: at once in Rhai, when its garbage is collected in Lua.
#[api(handle = "Stream")]
impl Stream {
    /// The next chunk, nothing after the last one.
    ///
    /// `chunk.content.type` is `"text"` or `"thinking"` with `chunk.content.text`, `"tool_call"` with
    /// `chunk.content.tool_call`, and last `"done"` with `chunk.content.metadata`.
    ///
    /// ```lua
    /// local stream = Agent.create({ temperature = 0 }):execute_streaming("Hello!")
    /// for chunk in stream do
    ///   if chunk.content.type == "text" then Console.write(chunk.content.text) end
    /// end
    /// ```
    /// ```rhai
    /// let stream = Agent.create(#{ temperature: 0 }).execute_streaming("Hello!");
    /// for chunk in stream {
    ///     if chunk.content.type == "text" { Console.write(chunk.content.text); }
    /// }
    /// ```
    #[api(iterates)]
    async fn next(&self, cx: &Cx) -> Result<Option<Chunk>, Error> {
        // Whoever drops the task that waits here drops the answer too, which stops the model.
        let Some(mut reading) = self.0.read()? else {
            return Ok(None);
        };
        let (answer, finished) = reading.source();
        let chunk = match answer.next(cx).await? {
            Some(Piece::Text(text, logprobs)) => Chunk::text(text, logprobs),
            Some(Piece::Thinking(text)) => Chunk::thinking(text),
            Some(Piece::ToolCall(call)) => Chunk::tool_call(call),
            Some(Piece::Done(metadata, logprobs)) => {
                if let Some(finished) = finished.take() {
                    finished(&answer.text);
                }
                return Ok(Some(Chunk::done(metadata, logprobs)));
            }
            None => return Ok(None),
        };
        reading.go_on();
        Ok(Some(chunk))
    }

    /// Stops the model; what was not read is lost.
    ///
    /// ```lua
    /// local stream = LocalLLM.generate_streaming("Once")
    /// stream:next()
    /// stream:close()
    /// ```
    /// ```rhai
    /// let stream = LocalLLM.generate_streaming("Once");
    /// stream.next();
    /// stream.close();
    /// ```
    fn close(&self) -> Result<(), Error> {
        self.0.close()
    }
}

/// A piece of an answer.
#[api(result)]
pub struct Chunk {
    /// What it holds.
    content: Content,
}

/// What a chunk holds.
#[api(result)]
pub struct Content {
    /// `"text"`, `"thinking"`, `"tool_call"` or `"done"`.
    r#type: &'static str,
    /// Of `"text"` and `"thinking"`: some text.
    text: Option<String>,
    /// Of `"tool_call"`: a tool that the model wants called.
    tool_call: Option<Call>,
    /// If `logprobs` was set: the tokens of this text, and of `"done"` those without text, such as the
    /// one that ended the answer.
    logprobs: Option<Vec<TokenLogprob>>,
    /// Of `"done"`: how the answer came about.
    metadata: Option<Metadata>,
}

impl Chunk {
    fn text(text: String, logprobs: Option<Vec<TokenLogprob>>) -> Self {
        let (text, empty) = (Some(text), Self::of("text"));
        Self::from(Content {
            text,
            logprobs,
            ..empty
        })
    }

    fn thinking(text: String) -> Self {
        let (text, empty) = (Some(text), Self::of("thinking"));
        Self::from(Content { text, ..empty })
    }

    fn tool_call(call: Call) -> Self {
        let (tool_call, empty) = (Some(call), Self::of("tool_call"));
        Self::from(Content { tool_call, ..empty })
    }

    fn done(metadata: Metadata, logprobs: Option<Vec<TokenLogprob>>) -> Self {
        let (metadata, empty) = (Some(metadata), Self::of("done"));
        Self::from(Content {
            metadata,
            logprobs,
            ..empty
        })
    }

    /// Nothing yet, of some type.
    fn of(r#type: &'static str) -> Content {
        Content {
            r#type,
            text: None,
            tool_call: None,
            logprobs: None,
            metadata: None,
        }
    }
}

impl From<Content> for Chunk {
    fn from(content: Content) -> Self {
        Self { content }
    }
}
