//! One live sequence: its prompt, its sampler, its way out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::batch::Admission;
use super::generation::{Event, Finish, FinishReason, Timings};
use super::pages::Pages;
use super::sampler::{Distribution, Sampler, TokenLogprobs};
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
    /// How many of `tokens` it has got as far as, before it gave way to others.
    reached: usize,
    /// How many tokens of the prompt others had computed.
    pub cached: usize,
    pub pages: Pages<P>,
    /// How many tokens the completion may have.
    room: usize,
    ignore_end: bool,
    /// Whether it has ended, perhaps with events left to be read.
    ended: bool,
    sampler: Sampler,
    /// If the request asks for logprobs.
    distribution: Option<Distribution>,
    detokenizer: Detokenizer,
    stop: StopMatcher,
    admitted: Instant,
    first_token: Option<Instant>,
    /// How many `tokens` there are, for whoever reads.
    length: Arc<AtomicUsize>,
    out: Outlet,
}

impl<P> Sequence<P> {
    /// The prompt must fit into the context: the request's own, or `context_size`.
    pub fn new(admission: Admission, context_size: usize, number: u64) -> Self {
        let request = admission.request;
        let prompt_tokens = request.prompt.len();
        let context_size = request.context_size.unwrap_or(context_size);
        // The last token of all is chosen and never computed, so one more fits.
        let free = context_size.saturating_sub(prompt_tokens) + 1;
        Self {
            number,
            prompt_tokens,
            computed: 0,
            reached: 0,
            cached: 0,
            pages: Pages::default(),
            room: request.max_tokens.unwrap_or(free).min(free),
            ignore_end: request.ignore_end,
            tokens: request.prompt,
            ended: false,
            sampler: Sampler::new(&request.sampling),
            distribution: request.sampling.logprobs.map(Distribution::new),
            detokenizer: Detokenizer::default(),
            stop: StopMatcher::new(request.stop),
            admitted: admission.admitted,
            first_token: None,
            length: admission.length,
            out: Outlet {
                events: admission.events,
                waiting: VecDeque::new(),
                logprobs: Vec::new(),
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

    /// Takes tokens that were computed before: by others, where it has not been yet.
    pub fn adopt(&mut self, adopted: usize) {
        let before = self.reached;
        self.compute(self.computed + adopted);
        if self.tokens.len() == self.prompt_tokens {
            self.cached += self.reached - before;
        }
    }

    /// Notes that the first `computed` tokens are computed.
    pub fn compute(&mut self, computed: usize) {
        self.computed = computed;
        self.reached = self.reached.max(computed);
    }

    /// Leaves its memory to others; it will compute again what it had.
    pub fn give_way(&mut self) {
        self.pages = Pages::default();
        self.computed = 0;
    }

    /// Chooses the next token from the logits after all others.
    pub fn advance(&mut self, mut logits: Vec<f32>, tokenizer: &Tokenizer) -> Result<(), Error> {
        // Rows that pad the embedding table are no tokens.
        logits.truncate(tokenizer.len());
        if let Some(distribution) = &mut self.distribution {
            distribution.observe(&logits);
        }
        let token = self.sampler.sample(&mut logits, &self.tokens, tokenizer)?;
        self.first_token.get_or_insert_with(Instant::now);
        if let Some(distribution) = &mut self.distribution {
            self.out.logprobs.push(distribution.of(token, tokenizer)?);
        }
        self.tokens.push(token);
        self.length.store(self.tokens.len(), Ordering::Relaxed);
        self.accept(token, tokenizer)
    }

    fn accept(&mut self, token: u32, tokenizer: &Tokenizer) -> Result<(), Error> {
        if !self.ignore_end && tokenizer.is_end(token) {
            self.finish(FinishReason::Stop);
            return Ok(());
        }
        let text = self.detokenizer.push(tokenizer, token)?;
        let checked = self.stop.push(&text);
        self.out.text(checked.text);
        if checked.stopped {
            self.end(FinishReason::Stop);
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
        self.end(reason);
    }

    fn end(&mut self, reason: FinishReason) {
        let summary = self.summary(reason);
        self.out.done(summary);
        self.ended = true;
    }

    /// Ends the sequence for want of memory: with what it has, or if that is nothing, with an error.
    pub fn run_out(&mut self, error: Error) {
        match self.completion_tokens() {
            0 => self.fail(error),
            _ => self.finish(FinishReason::Length),
        }
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
    /// Of tokens whose text has not come yet.
    logprobs: Vec<TokenLogprobs>,
}

impl Outlet {
    fn text(&mut self, text: String) {
        if !text.is_empty() {
            self.logprobs();
            self.push(Ok(Event::Text(text)));
        }
    }

    fn done(&mut self, finish: Finish) {
        self.logprobs();
        self.push(Ok(Event::Done(finish)));
    }

    fn logprobs(&mut self) {
        if !self.logprobs.is_empty() {
            let logprobs = std::mem::take(&mut self.logprobs);
            self.push(Ok(Event::Logprobs(logprobs)));
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
