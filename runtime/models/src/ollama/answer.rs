//! An answer under way: what Ollama streams, as events.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc::Sender;

use crate::Error;
use crate::ollama::library::listed_name;
use crate::ollama::lines::Lines;
use crate::request::{Event, Finish, FinishReason, Logprob, TokenLogprobs, ToolCall};

/// `ChatResponse` or `GenerateResponse` of `api/types.go`.
#[derive(Deserialize)]
struct Chunk {
    #[serde(flatten)]
    part: Part,
    done: bool,
    #[serde(flatten)]
    ending: Ending,
}

#[derive(Deserialize)]
struct Part {
    /// In an answer to a conversation.
    message: Option<Piece>,
    /// In an answer to a raw prompt.
    #[serde(flatten)]
    generated: Piece,
    logprobs: Option<Vec<Token>>,
}

#[derive(Deserialize, Default)]
struct Piece {
    #[serde(alias = "response")]
    content: Option<String>,
    thinking: Option<String>,
    tool_calls: Option<Vec<Called>>,
}

#[derive(Deserialize)]
struct Called {
    id: Option<String>,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    arguments: Option<Map<String, Value>>,
}

/// `Logprob` and `TokenLogprob` of `api/types.go`.
#[derive(Deserialize)]
struct Token {
    token: String,
    logprob: f64,
    bytes: Option<Vec<u8>>,
    top_logprobs: Option<Vec<Token>>,
}

/// What the last piece says of the whole; durations in nanoseconds.
#[derive(Deserialize)]
struct Ending {
    done_reason: Option<String>,
    total_duration: Option<u64>,
    load_duration: Option<u64>,
    prompt_eval_count: Option<usize>,
    eval_count: Option<usize>,
    eval_duration: Option<u64>,
}

/// What has been seen of an answer.
pub struct Answer {
    model: String,
    /// Whether logprobs were asked for and none came so far.
    logprobs_due: bool,
    called: bool,
    started: Instant,
    first: Option<Duration>,
}

impl Answer {
    /// Nothing has come yet of what was asked for at `started`.
    pub fn new(model: String, logprobs: bool, started: Instant) -> Self {
        Self {
            model,
            logprobs_due: logprobs,
            called: false,
            started,
            first: None,
        }
    }

    /// Reads it to its end, unless nobody wants its events any more.
    pub async fn read(mut self, mut lines: Lines, events: Sender<Event>) -> Result<(), Error> {
        while let Some(chunk) = lines.next::<Chunk>().await? {
            for event in self.events(chunk.part) {
                if events.send(event).await.is_err() {
                    return Ok(());
                }
            }
            if chunk.done {
                lines.finish().await;
                let finish = self.finish(chunk.ending, &lines)?;
                // Nobody may want to know any more.
                let _ = events.send(Event::Done(finish)).await;
                return Ok(());
            }
        }
        Err(lines
            .server
            .broken("it ended without saying that it is done"))
    }

    /// What a piece of the answer brings, logprobs before the text they belong to.
    fn events(&mut self, part: Part) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(tokens) = part.logprobs.filter(|tokens| !tokens.is_empty()) {
            self.logprobs_due = false;
            events.push(Event::Logprobs(tokens.into_iter().map(logprobs).collect()));
        }
        let piece = part.message.unwrap_or(part.generated);
        let filled = |text: &String| !text.is_empty();
        events.extend(piece.thinking.filter(filled).map(Event::Thinking));
        events.extend(piece.content.filter(filled).map(Event::Text));
        events.extend(piece.tool_calls.into_iter().flatten().map(call));
        self.called |= matches!(events.last(), Some(Event::ToolCall(_)));
        if !events.is_empty() {
            self.first.get_or_insert_with(|| self.started.elapsed());
        }
        events
    }

    fn finish(&self, ending: Ending, lines: &Lines) -> Result<Finish, Error> {
        let completion_tokens = ending.eval_count.unwrap_or(0);
        if self.logprobs_due && completion_tokens > 0 {
            return Err(lines.server.broken(
                "it tells no logprobs, though they were asked for; Ollama does from version 0.12.11 on",
            ));
        }
        let times = self.times(&ending);
        Ok(Finish {
            model: listed_name(&self.model),
            provider: "ollama".to_owned(),
            reason: match ending.done_reason.as_deref() {
                _ if self.called => FinishReason::ToolCalls,
                Some("length") => FinishReason::Length,
                _ => FinishReason::Stop,
            },
            prompt_tokens: ending.prompt_eval_count.unwrap_or(0),
            completion_tokens,
            cached_tokens: 0,
            context_size: None,
            dropped_messages: 0,
            first_token: times.first_token,
            total: times.total,
            load_time: times.loading,
        })
    }

    /// The server's own times where it tells them, and what was seen here elsewhere.
    fn times(&self, ending: &Ending) -> Times {
        let time = |nanoseconds: Option<u64>| nanoseconds.map(Duration::from_nanos);
        let loading = time(ending.load_duration);
        let whole = time(ending.total_duration).unwrap_or_else(|| self.started.elapsed());
        let before = match time(ending.eval_duration) {
            Some(generating) => whole.saturating_sub(generating),
            None => self.first.unwrap_or(whole),
        };
        Times {
            loading,
            first_token: before.saturating_sub(loading.unwrap_or_default()),
            total: whole.saturating_sub(loading.unwrap_or_default()),
        }
    }
}

/// Both of the others are counted from when the model was loaded.
struct Times {
    loading: Option<Duration>,
    first_token: Duration,
    total: Duration,
}

fn call(called: Called) -> Event {
    Event::ToolCall(ToolCall {
        id: called.id.filter(|id| !id.is_empty()),
        name: called.function.name,
        arguments: called.function.arguments.unwrap_or_default(),
    })
}

fn logprobs(mut token: Token) -> TokenLogprobs {
    let top = token.top_logprobs.take().unwrap_or_default();
    TokenLogprobs {
        chosen: logprob(token),
        top: top.into_iter().map(logprob).collect(),
    }
}

fn logprob(token: Token) -> Logprob {
    Logprob {
        token: None,
        bytes: token.bytes.unwrap_or_else(|| token.token.into_bytes()),
        logprob: token.logprob,
    }
}
