//! A loaded model.

use std::sync::Arc;

use crate::decoder::{CacheType, Decoder, Ops, PAGE, Page, Step};
use crate::generate::{Batch, Generation, LanguageModel, Request};
use crate::{Checkpoint, Error, Footprint, ModelInfo, Source, Threads, Vocabulary};

/// Where a model computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Device {
    #[default]
    Cpu,
    /// The CUDA device with this number.
    #[cfg(feature = "cuda")]
    Cuda(usize),
    /// The Metal device with this number.
    #[cfg(feature = "metal")]
    Metal(usize),
}

#[cfg(any(feature = "cuda", feature = "metal"))]
impl Device {
    pub(crate) fn candle(self) -> Result<candle_core::Device, Error> {
        Ok(match self {
            Self::Cpu => candle_core::Device::Cpu,
            #[cfg(feature = "cuda")]
            Self::Cuda(number) => candle_core::Device::new_cuda(number)?,
            #[cfg(feature = "metal")]
            Self::Metal(number) => candle_core::Device::new_metal(number)?,
        })
    }
}

/// How a model is opened.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub device: Device,
    /// Tokens a sequence may hold, prompt and completion; `None`: what the model was trained for.
    pub context_size: Option<usize>,
    /// How keys and values are kept.
    pub cache_type: CacheType,
    /// Memory for the keys and values of all sequences, and of what is kept of ended ones; `None`: 2 GiB,
    /// or one sequence of the whole context where that is more. Too little for the context makes the
    /// context smaller.
    pub cache_bytes: Option<u64>,
    /// Sequences that are computed at the same time, others wait for their turn; `None`: 64.
    pub max_sequences: Option<usize>,
    /// Prompt tokens that one step computes at most; `None`: 512, and fewer while others generate.
    pub batch_size: Option<usize>,
    pub threads: Threads,
}

pub(crate) const DEFAULT_CACHE_BYTES: u64 = 2 << 30;

/// How far loading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub loaded_bytes: u64,
    pub total_bytes: u64,
}

/// What a model is doing, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Sequences that are being computed.
    pub sequences: usize,
    /// Requests that wait for their turn.
    pub queued: usize,
    /// Keys and values, those kept of ended sequences included.
    pub cache_bytes: u64,
}

/// A model ready to generate. Cheap to clone; all clones share weights and one batch loop, which
/// ends when the last clone is dropped and what runs has finished.
#[derive(Clone)]
pub struct Model {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub info: ModelInfo,
    pub vocabulary: Vocabulary,
    /// Rows of the embedding table.
    pub tokens: usize,
    pub footprint: Footprint,
    pub batch: Batch,
}

impl Model {
    pub(crate) fn new(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Loads a GGUF; `progress` is called as tensors are loaded.
    pub fn open(
        source: impl Into<Source>,
        options: &Options,
        progress: impl FnMut(Progress),
    ) -> Result<Self, Error> {
        Checkpoint::open(source)?.load(options, (), progress)
    }

    pub fn info(&self) -> &ModelInfo {
        &self.shared.info
    }

    pub fn vocabulary(&self) -> &Vocabulary {
        &self.shared.vocabulary
    }

    /// What it takes of memory; its keys and values take as much as they need, up to a limit.
    pub fn footprint(&self) -> Footprint {
        self.shared.footprint
    }

    /// Tokens a sequence may hold, prompt and completion: as many as the model was opened for, or as its
    /// keys and values have memory for where that is less.
    pub fn context_size(&self) -> usize {
        let fitting = self.shared.batch.page_limit().saturating_mul(PAGE);
        self.shared.footprint.context_size.min(fitting)
    }

    /// Sets the memory for keys and values, as [`Options::cache_bytes`] does. What is held beyond a
    /// smaller limit stays until it is let go of.
    pub fn set_cache_bytes(&self, bytes: u64) {
        let pages = self.shared.footprint.pages(bytes);
        self.shared.batch.set_page_limit(pages);
    }

    /// What it is doing now.
    pub fn activity(&self) -> Activity {
        let batch = &self.shared.batch;
        Activity {
            sequences: batch.live(),
            queued: batch.queued(),
            cache_bytes: batch.pages() as u64 * self.shared.footprint.page_bytes,
        }
    }

    /// Starts a generation; it runs whether or not it is read, up to a few events ahead. It ends where its context or
    /// the memory for keys and values does.
    pub fn generate(&self, mut request: Request) -> Result<Generation, Error> {
        request.validate()?;
        let (prompt_tokens, capacity) = (request.prompt.len(), self.context_size());
        let context_size = request.context_size.unwrap_or(capacity.max(1));
        self.shared.footprint.check_context(context_size)?;
        if prompt_tokens > context_size {
            return Err(Error::PromptTooLong {
                prompt_tokens,
                context_size,
            });
        }
        if prompt_tokens > capacity {
            let tokens = prompt_tokens;
            return Err(Error::CacheFull { tokens, capacity });
        }
        let vocabulary = self.shared.tokens;
        let known = |token: &u32| (*token as usize) < vocabulary;
        if let Some(&token) = request.prompt.iter().find(|token| !known(token)) {
            return Err(Error::UnknownToken { token, vocabulary });
        }
        let mut biased = request.sampling.logit_bias.keys();
        if let Some(token) = biased.find(|token| !known(token)) {
            return Err(Error::OutOfRange {
                parameter: "logit_bias",
                value: format!("token {token}"),
                expected: "tokens that the model has",
            });
        }
        request.context_size = Some(context_size);
        self.shared.batch.admit(request)
    }
}

/// The decoder in its thread, and what is let go of with it.
pub(crate) struct Loaded<O: Ops, H> {
    pub decoder: Decoder<O>,
    pub _held: H,
}

impl<O, H> LanguageModel for Loaded<O, H>
where
    O: Ops + Send + Sync + 'static,
    O::Matrix: Send + Sync,
    O::Vector: Send + Sync,
    H: Send + Sync + 'static,
{
    type Page = Page<O>;

    fn new_page(&self) -> Result<Self::Page, Error> {
        self.decoder.new_page()
    }

    fn copy_page(&self, page: &Self::Page) -> Result<Self::Page, Error> {
        self.decoder.copy_page(page)
    }

    fn forward(&self, steps: &mut [Step<Self::Page>]) -> Result<Vec<Vec<f32>>, Error> {
        self.decoder.forward(steps)
    }
}
