//! An answer of a model of this process, as all backends give theirs.

use std::time::Duration;

use futures_util::stream;
use llmspell_inference as inference;

use super::cache::{LEAST_CONTEXT, Lease};
use crate::Error;
use crate::request::{Event, Finish, FinishReason, Generation, Logprob, TokenLogprobs};

/// Tokens before the end of what an answer was promised at which it asks for more: more than it may be ahead of its
/// reader.
const AHEAD: usize = 256;

/// An answer that is being generated.
pub struct Answer {
    pub generation: inference::Generation,
    pub finished: Finished,
    /// Tokens that it has memory for whatever others do, its prompt included.
    pub promised: usize,
    /// Tokens that it may come to hold.
    pub most: usize,
    pub lease: Lease,
}

impl Answer {
    pub fn events(self) -> Generation {
        Generation::new(stream::unfold(self, async |mut answer| {
            let event = answer.next().await?;
            Some((event, answer))
        }))
    }

    async fn next(&mut self) -> Option<Result<Event, Error>> {
        let event = self.generation.next().await?;
        self.grow().await;
        Some(match event {
            Ok(inference::Event::Text(text)) => Ok(Event::Text(text)),
            Ok(inference::Event::Logprobs(tokens)) => {
                Ok(Event::Logprobs(tokens.into_iter().map(logprobs).collect()))
            }
            Ok(inference::Event::Done(finish)) => Ok(Event::Done(self.finished.with(finish))),
            Err(error) => Err(error.into()),
        })
    }

    /// Gets more memory before it is needed. If there is none, the answer ends where its memory does.
    async fn grow(&mut self) {
        if self.promised < self.most && self.promised < self.generation.tokens() + AHEAD {
            let more = (self.promised + LEAST_CONTEXT).min(self.most);
            match self.lease.promise(more).await {
                Ok(()) => self.promised = more,
                Err(_) => self.most = self.promised,
            }
        }
    }
}

/// What is known of an answer's end before it has begun.
pub struct Finished {
    pub model: String,
    pub context_size: usize,
    pub dropped_messages: usize,
    pub load_time: Option<Duration>,
    /// From the call to the model's first step, its loading for this call left out.
    pub waited: Duration,
}

impl Finished {
    fn with(&self, finish: inference::Finish) -> Finish {
        Finish {
            model: self.model.clone(),
            provider: "candle".to_owned(),
            reason: match finish.reason {
                inference::FinishReason::Stop => FinishReason::Stop,
                inference::FinishReason::Length => FinishReason::Length,
            },
            prompt_tokens: finish.prompt_tokens,
            completion_tokens: finish.completion_tokens,
            cached_tokens: finish.cached_tokens,
            context_size: Some(self.context_size),
            dropped_messages: self.dropped_messages,
            first_token: self.waited + finish.timings.first_token,
            total: self.waited + finish.timings.total,
            load_time: self.load_time,
        }
    }
}

fn logprobs(token: inference::TokenLogprobs) -> TokenLogprobs {
    TokenLogprobs {
        chosen: logprob(token.chosen),
        top: token.top.into_iter().map(logprob).collect(),
    }
}

fn logprob(token: inference::Logprob) -> Logprob {
    Logprob {
        token: Some(token.token),
        bytes: token.bytes,
        logprob: token.logprob,
    }
}
