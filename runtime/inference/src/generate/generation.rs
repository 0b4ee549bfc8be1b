//! The stream that a caller reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::Receiver;

use super::batch::Wake;
use super::sampler::TokenLogprobs;
use crate::Error;

/// A running generation. Dropping it cancels at the next token.
pub struct Generation {
    /// `None` once it has ended.
    events: Option<Receiver<Result<Event, Error>>>,
    length: Arc<AtomicUsize>,
    batch: Arc<Wake>,
}

/// What a generation yields: text, then one [`Event::Done`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The tokens since the last one of these, just before the text in which they end up. Before
    /// [`Event::Done`]: those without text. Only if [`Sampling::logprobs`](crate::Sampling) asks for it.
    Logprobs(Vec<TokenLogprobs>),
    /// Some text, whole characters, never empty.
    Text(String),
    Done(Finish),
}

/// How a generation ended, and what it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Finish {
    pub reason: FinishReason,
    pub prompt_tokens: usize,
    /// Tokens generated, the one that ended the generation included.
    pub completion_tokens: usize,
    /// Prompt tokens that were in a cache and not computed.
    pub cached_tokens: usize,
    pub timings: Timings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model ended, or a stop string appeared.
    Stop,
    /// `max_tokens` was reached, or the context is full, or the memory for keys and values.
    Length,
}

/// Where the time went, all from the moment of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Until the first token was chosen.
    pub first_token: Duration,
    /// Until the last one was.
    pub total: Duration,
}

impl Generation {
    pub(super) fn new(
        events: Receiver<Result<Event, Error>>,
        length: Arc<AtomicUsize>,
        batch: Arc<Wake>,
    ) -> Self {
        Self {
            events: Some(events),
            length,
            batch,
        }
    }

    /// Tokens of the prompt and of the completion so far, which is a little ahead of what was read.
    pub fn tokens(&self) -> usize {
        self.length.load(Ordering::Relaxed)
    }

    /// The next event; `None` after [`Event::Done`] or an error. Needs no particular runtime.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        let received = self.events.as_mut()?.recv().await;
        Some(self.received(received))
    }

    /// Like [`Generation::next`], blocking the thread; not for asynchronous code.
    pub fn blocking_next(&mut self) -> Option<Result<Event, Error>> {
        let received = self.events.as_mut()?.blocking_recv();
        Some(self.received(received))
    }

    fn received(&mut self, received: Option<Result<Event, Error>>) -> Result<Event, Error> {
        // There is room in the channel again.
        self.batch.wake();
        let event = received.unwrap_or_else(|| {
            // The thread never drops a sequence without a last event while it can run.
            Err(Error::Panicked {
                reason: "the generation was lost".to_owned(),
            })
        });
        if matches!(event, Ok(Event::Done(_)) | Err(_)) {
            self.events = None;
        }
        event
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.events = None;
        self.batch.wake();
    }
}
