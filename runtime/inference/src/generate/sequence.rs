//! One live sequence: its prompt, its sampler, its way out.

use std::collections::VecDeque;
use std::time::Instant;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::batch::Admission;
use super::generation::{Event, Finish, FinishReason, Timings};
use super::pages::Pages;
use super::sampler::Sampler;
use super::stop::StopMatcher;
use crate::tokenizer::Detokenizer;
use crate::{Error, Tokenizer};

pub(super) struct Sequence<P> {
    /// Later sequences have higher numbers.
    pub number: u64,
    /// Prompt and completion.
    pub tokens: Vec<u32>,
    pub prompt_tokens: usize,
    /// How many of `tokens` the model has seen.
    pub computed: usize,
    /// How many of those others had computed.
    pub cached: usize,
    pub pages: Pages<P>,
    /// How many tokens the completion may have.
    room: usize,
    /// Whether it has ended, perhaps with events left to be read.
    ended: bool,
    sampler: Sampler,
    detokenizer: Detokenizer,
    stop: StopMatcher,
    admitted: Instant,
    first_token: Option<Instant>,
    out: Outlet,
}

impl<P> Sequence<P> {
    /// The prompt must fit into the context.
    pub fn new(admission: Admission, context_size: usize, number: u64) -> Self {
        let request = admission.request;
        let prompt_tokens = request.prompt.len();
        // The last token of all is chosen and never computed, so one more fits.
        let free = context_size.saturating_sub(prompt_tokens) + 1;
        Self {
            number,
            prompt_tokens,
            computed: 0,
            cached: 0,
            pages: Pages::default(),
            room: request.max_tokens.unwrap_or(free).min(free),
            tokens: request.prompt,
            ended: false,
            sampler: Sampler::new(request.sampling),
            detokenizer: Detokenizer::default(),
            stop: StopMatcher::new(request.stop),
            admitted: admission.admitted,
            first_token: None,
            out: Outlet {
                events: admission.events,
                waiting: VecDeque::new(),
            },
        }
    }

    /// Whether nothing is left to do or nobody is left to read it.
    pub fn is_over(&self) -> bool {
        self.out.events.is_closed() || (self.ended && self.out.waiting.is_empty())
    }

    /// Whether nothing is left to compute.
    pub fn has_ended(&self) -> bool {
        self.ended || self.out.events.is_closed()
    }

    /// Whether it goes on at the next turn: it has not ended and its reader keeps up.
    pub fn is_computing(&self) -> bool {
        !self.has_ended() && self.out.waiting.is_empty()
    }

    /// Sends what waits; true when the sequence may take a step.
    pub fn is_ready(&mut self) -> bool {
        self.out.flush() && !self.ended
    }

    /// Tokens left to compute; 1 is the last one chosen.
    pub fn pending(&self) -> usize {
        self.tokens.len() - self.computed
    }

    /// Chooses the next token from the logits after all others.
    pub fn advance(&mut self, logits: Vec<f32>, tokenizer: &Tokenizer) -> Result<(), Error> {
        let token = self.sampler.sample(logits, &self.tokens)?;
        self.first_token.get_or_insert_with(Instant::now);
        self.tokens.push(token);
        self.accept(token, tokenizer)
    }

    fn accept(&mut self, token: u32, tokenizer: &Tokenizer) -> Result<(), Error> {
        if tokenizer.is_end(token) {
            self.finish(FinishReason::Stop);
            return Ok(());
        }
        let text = self.detokenizer.push(tokenizer, token)?;
        let checked = self.stop.push(&text);
        self.out.text(checked.text);
        if checked.stopped {
            self.out
                .push(Ok(Event::Done(self.summary(FinishReason::Stop))));
            self.ended = true;
        } else if self.completion_tokens() >= self.room {
            self.finish(FinishReason::Length);
        }
        Ok(())
    }

    fn finish(&mut self, reason: FinishReason) {
        let rest = self.detokenizer.finish();
        let checked = self.stop.push(&rest);
        self.out.text(checked.text);
        self.out.text(self.stop.finish());
        let reason = if checked.stopped {
            FinishReason::Stop
        } else {
            reason
        };
        self.out.push(Ok(Event::Done(self.summary(reason))));
        self.ended = true;
    }

    /// Ends the sequence with an error.
    pub fn fail(&mut self, error: Error) {
        self.out.push(Err(error));
        self.ended = true;
    }

    fn completion_tokens(&self) -> usize {
        self.tokens.len() - self.prompt_tokens
    }

    fn summary(&self, reason: FinishReason) -> Finish {
        let since = |instant: Instant| instant.duration_since(self.admitted);
        Finish {
            reason,
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens(),
            cached_tokens: self.cached,
            timings: Timings {
                first_token: self.first_token.map(since).unwrap_or_default(),
                total: since(Instant::now()),
            },
        }
    }
}

/// The bounded channel and what did not fit into it: a slow reader makes its own sequence wait and
/// no other.
struct Outlet {
    events: Sender<Result<Event, Error>>,
    waiting: VecDeque<Result<Event, Error>>,
}

impl Outlet {
    fn text(&mut self, text: String) {
        if !text.is_empty() {
            self.push(Ok(Event::Text(text)));
        }
    }

    fn push(&mut self, event: Result<Event, Error>) {
        self.waiting.push_back(event);
        self.flush();
    }

    /// True when nothing waits any more.
    fn flush(&mut self) -> bool {
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    return false;
                }
                Err(TrySendError::Closed(_)) => {
                    self.waiting.clear();
                    return false;
                }
            }
        }
        true
    }
}
