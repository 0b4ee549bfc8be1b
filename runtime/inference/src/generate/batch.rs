//! The loop that advances all live sequences of one model, on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Instant;

use super::generation::{Event, Generation};
use super::request::Request;
use super::sequence::Sequence;
use crate::{Error, Vocabulary};

/// Events that a reader may be behind before its sequence waits.
const CHANNEL_CAPACITY: usize = 32;

/// What the loop needs of a model.
pub(crate) trait LanguageModel: Send + 'static {
    /// What the model remembers of one sequence.
    type State: Send;

    fn state(&self) -> Self::State;

    /// Computes tokens that continue the sequence; returns the last one's logits, `[vocabulary]`.
    fn forward(&self, tokens: &[u32], state: &mut Self::State) -> Result<Vec<f32>, Error>;
}

/// A request on its way to the loop.
pub(crate) struct Admission {
    pub request: Request,
    pub events: tokio::sync::mpsc::Sender<Result<Event, Error>>,
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
}

impl Batch {
    /// Starts the thread; `name` names it.
    pub fn start<M: LanguageModel>(
        name: &str,
        model: M,
        vocabulary: Vocabulary,
        context_size: usize,
    ) -> Result<Self, Error> {
        let (admissions, arriving) = channel();
        let wake = Arc::new(Wake::default());
        let running = Running {
            model,
            vocabulary,
            context_size,
            arriving,
            live: Vec::new(),
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || running.run())
            .map_err(|source| Error::Thread { source })?;
        // Nothing has been admitted yet, so no wake-up can have been missed.
        wake.thread.get_or_init(|| thread.thread().clone());
        Ok(Self {
            admissions: Some(admissions),
            wake,
        })
    }

    /// The request must be valid for the model.
    pub fn admit(&self, request: Request) -> Generation {
        let (events, reader) = tokio::sync::mpsc::channel(CHANNEL_CAPACITY);
        let admission = Admission {
            request,
            events,
            admitted: Instant::now(),
        };
        if let Some(admissions) = &self.admissions {
            // Should the thread be gone, the reader finds its channel closed and reports it.
            let _ = admissions.send(admission);
        }
        self.wake.wake();
        Generation::new(reader, Arc::clone(&self.wake))
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.admissions = None;
        self.wake.wake();
    }
}

struct Running<M: LanguageModel> {
    model: M,
    vocabulary: Vocabulary,
    context_size: usize,
    arriving: Receiver<Admission>,
    live: Vec<Sequence<M::State>>,
}

impl<M: LanguageModel> Running<M> {
    fn run(mut self) {
        loop {
            let open = self.admit_arrivals();
            self.live.retain(|sequence| !sequence.is_over());
            let progressed = self.step_all();
            if self.live.is_empty() && !open {
                return;
            }
            if !progressed {
                // Nothing arrived and nobody could step; `Wake` ends this, also when it came first.
                std::thread::park();
            }
        }
    }

    /// False when no request can ever arrive again.
    fn admit_arrivals(&mut self) -> bool {
        loop {
            match self.arriving.try_recv() {
                Ok(admission) => {
                    let state = self.model.state();
                    self.live
                        .push(Sequence::new(admission, state, self.context_size));
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// Advances every ready sequence by one step; false when none was ready.
    fn step_all(&mut self) -> bool {
        let mut progressed = false;
        for sequence in &mut self.live {
            if sequence.is_over() || !sequence.is_ready() {
                continue;
            }
            progressed = true;
            let tokenizer = self.vocabulary.tokenizer();
            let step = || sequence.step(&self.model, tokenizer);
            // The sequence is not used again after a panic, except to report it.
            let result = catch_unwind(AssertUnwindSafe(step));
            if let Err(error) = result.unwrap_or_else(|panic| Err(panicked(&*panic))) {
                sequence.fail(error);
            }
        }
        progressed
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    Error::Panicked {
        reason: text.unwrap_or_else(|| "no message".to_owned()),
    }
}
