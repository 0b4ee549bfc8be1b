//! The loop that advances all live sequences of one model, on a thread of its own.
//!
//! Each turn computes one step of the model: a token of every sequence that is generating, and as much of
//! waiting prompts as does not hold those up ("chunked prefill", Agrawal et al., "Sarathi-Serve", 2024).

mod running;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Instant;

use super::generation::{Event, Generation};
use super::pages::Pool;
use super::request::Request;
use crate::decoder::Step;
use crate::{Error, Threads, Vocabulary};
use running::Running;

/// Events that a reader may be behind before its sequence waits.
const CHANNEL_CAPACITY: usize = 32;
/// Sequences that are computed at the same time unless told; others wait for their turn.
pub(crate) const MOST_LIVE: usize = 64;
/// Requests that may wait for their turn; more are refused.
pub(crate) const MOST_WAITING: usize = 10_000;

/// What the loop needs of a model.
pub(crate) trait LanguageModel: Send + Sync + 'static {
    /// What the model remembers of [`PAGE`](crate::decoder::PAGE) tokens of a sequence.
    type Page: Send + Sync;

    fn new_page(&self) -> Result<Self::Page, Error>;

    fn copy_page(&self, page: &Self::Page) -> Result<Self::Page, Error>;

    /// Computes tokens that continue sequences; returns the logits `[vocabulary]` after the last token
    /// of each. Doing the same step again does no harm.
    fn forward(&self, steps: &mut [Step<Self::Page>]) -> Result<Vec<Vec<f32>>, Error>;
}

/// How much a loop may use.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Tokens that a sequence may hold.
    pub context_size: usize,
    /// Pages of all sequences and of what is kept of ended ones.
    pub pages: usize,
    /// Sequences that are computed at the same time.
    pub sequences: usize,
    /// Prompt tokens of one step, at least 1.
    pub prompt_tokens: usize,
    pub threads: Threads,
}

/// A request on its way to the loop.
pub(crate) struct Admission {
    pub request: Request,
    pub events: tokio::sync::mpsc::Sender<Result<Event, Error>>,
    /// How many tokens the sequence has, for its reader.
    pub length: Arc<AtomicUsize>,
    pub admitted: Instant,
}

/// Wakes the loop when a request has arrived, or a reader has made room or gone.
#[derive(Default)]
pub(crate) struct Wake {
    thread: OnceLock<Thread>,
}

impl Wake {
    pub fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

/// The way into a model's loop. When the last one is dropped, the loop finishes what is running and
/// ends.
pub(crate) struct Batch {
    /// `None` only while dropping.
    admissions: Option<Sender<Admission>>,
    wake: Arc<Wake>,
    gauges: Gauges,
}

/// What other threads may know of a loop.
#[derive(Clone)]
struct Gauges {
    /// Requests that wait for their turn.
    queued: Arc<AtomicUsize>,
    /// Sequences that are being computed.
    live: Arc<AtomicUsize>,
    /// Pages that are held by anyone, and how many there may be.
    pages: Arc<AtomicUsize>,
    page_limit: Arc<AtomicUsize>,
}

impl Batch {
    /// Starts the thread; `name` names it.
    pub fn start<M: LanguageModel>(
        name: &str,
        model: M,
        vocabulary: Vocabulary,
        limits: Limits,
    ) -> Result<Self, Error> {
        let (admissions, arriving) = channel();
        let wake = Arc::new(Wake::default());
        let pool = Pool::new(limits.pages);
        let gauges = Gauges {
            queued: Arc::default(),
            live: Arc::default(),
            pages: pool.count(),
            page_limit: pool.shared_limit(),
        };
        let running = Running::new(model, vocabulary, limits, pool, arriving, gauges.clone());
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || running.run())
            .map_err(|source| Error::Thread { source })?;
        // Nothing has been admitted yet, so no wake-up can have been missed.
        wake.thread.get_or_init(|| thread.thread().clone());
        Ok(Self {
            admissions: Some(admissions),
            wake,
            gauges,
        })
    }

    /// The request must be valid for the model. When too many wait already, it is refused.
    pub fn admit(&self, request: Request) -> Result<Generation, Error> {
        if self.gauges.queued.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            self.gauges.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::QueueFull {
                waiting: MOST_WAITING,
            });
        }
        let (events, reader) = tokio::sync::mpsc::channel(CHANNEL_CAPACITY);
        let length = Arc::new(AtomicUsize::new(request.prompt.len()));
        let admission = Admission {
            request,
            events,
            length: length.clone(),
            admitted: Instant::now(),
        };
        if let Some(admissions) = &self.admissions {
            // Should the thread be gone, the reader finds its channel closed and reports it.
            let _ = admissions.send(admission);
        }
        self.wake.wake();
        Ok(Generation::new(reader, length, Arc::clone(&self.wake)))
    }

    /// Requests that wait for their turn.
    pub fn queued(&self) -> usize {
        self.gauges.queued.load(Ordering::Relaxed)
    }

    /// Sequences that are being computed.
    pub fn live(&self) -> usize {
        self.gauges.live.load(Ordering::Relaxed)
    }

    /// Pages that are held, those of ended sequences included.
    pub fn pages(&self) -> usize {
        self.gauges.pages.load(Ordering::Relaxed)
    }

    /// How many pages there may be.
    pub fn page_limit(&self) -> usize {
        self.gauges.page_limit.load(Ordering::Relaxed)
    }

    pub fn set_page_limit(&self, pages: usize) {
        self.gauges.page_limit.store(pages, Ordering::Relaxed);
        self.wake.wake();
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.admissions = None;
        self.wake.wake();
    }
}
