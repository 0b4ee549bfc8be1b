//! A loaded model.

use std::sync::Arc;

#[cfg(any(feature = "cuda", feature = "metal"))]
use crate::decoder::CandleOps;
use crate::decoder::{CacheType, Decoder, Descriptor, HostOps, Load, Ops, PAGE, Page, Step};
use crate::generate::{Batch, Generation, LanguageModel, Limits, Request};
use crate::gguf::File;
use crate::{Error, ModelInfo, Source, Vocabulary};

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
    fn candle(self) -> Result<candle_core::Device, Error> {
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
    /// or one sequence of the whole context where that is more.
    pub cache_bytes: Option<u64>,
}

const DEFAULT_CACHE_BYTES: u64 = 2 << 30;

/// How far loading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub loaded_bytes: u64,
    pub total_bytes: u64,
}

/// A model ready to generate. Cheap to clone; all clones share weights and one batch loop, which
/// ends when the last clone is dropped and what runs has finished.
#[derive(Clone)]
pub struct Model {
    shared: Arc<Shared>,
}

struct Shared {
    info: ModelInfo,
    vocabulary: Vocabulary,
    /// Rows of the embedding table.
    tokens: usize,
    context_size: usize,
    batch: Batch,
}

impl Model {
    /// Loads a GGUF; `progress` is called as tensors are loaded.
    pub fn open(
        source: impl Into<Source>,
        options: &Options,
        mut progress: impl FnMut(Progress),
    ) -> Result<Self, Error> {
        let file = File::open(&source.into())?;
        let info = ModelInfo::of(&file)?;
        if file.header.tensors.is_empty() {
            return Err(Error::VocabularyOnly { file: file.name });
        }
        let shape = Descriptor::read(&file)?;
        let vocabulary = Vocabulary::read(&file)?;
        check_vocabulary(&file, &vocabulary, &shape)?;
        let context_size = context_size(options.context_size, shape.context_length)?;
        let tokens = shape.vocabulary;
        let total_bytes = file.header.tensors.values().map(|t| t.length as u64).sum();
        let mut loaded_bytes = 0;
        let mut loaded = |bytes: usize| {
            loaded_bytes += bytes as u64;
            progress(Progress {
                loaded_bytes,
                total_bytes,
            });
        };
        let starting = Starting {
            file: &file,
            shape,
            vocabulary: vocabulary.clone(),
            options,
            context_size,
        };
        let batch = match options.device {
            Device::Cpu => starting.batch(HostOps::new(options.cache_type), &mut loaded)?,
            #[cfg(any(feature = "cuda", feature = "metal"))]
            device => {
                let ops = CandleOps::new(device.candle()?, options.cache_type)?;
                starting.batch(ops, &mut loaded)?
            }
        };
        Ok(Self {
            shared: Arc::new(Shared {
                info,
                vocabulary,
                tokens,
                context_size,
                batch,
            }),
        })
    }

    pub fn info(&self) -> &ModelInfo {
        &self.shared.info
    }

    pub fn vocabulary(&self) -> &Vocabulary {
        &self.shared.vocabulary
    }

    /// Tokens a sequence may hold, prompt and completion.
    pub fn context_size(&self) -> usize {
        self.shared.context_size
    }

    /// Starts a generation; it runs whether or not it is read, up to a few events ahead.
    pub fn generate(&self, request: Request) -> Result<Generation, Error> {
        request.validate()?;
        let (prompt_tokens, context_size) = (request.prompt.len(), self.shared.context_size);
        if prompt_tokens > context_size {
            return Err(Error::PromptTooLong {
                prompt_tokens,
                context_size,
            });
        }
        let vocabulary = self.shared.tokens;
        let known = |token: &u32| (*token as usize) < vocabulary;
        if let Some(&token) = request.prompt.iter().find(|token| !known(token)) {
            return Err(Error::UnknownToken { token, vocabulary });
        }
        self.shared.batch.admit(request)
    }
}

/// A model on its way from the file to its thread.
struct Starting<'a> {
    file: &'a File,
    shape: Descriptor,
    vocabulary: Vocabulary,
    options: &'a Options,
    context_size: usize,
}

impl Starting<'_> {
    /// Loads the weights and starts the loop.
    fn batch<O>(self, ops: O, loaded: &mut dyn FnMut(usize)) -> Result<Batch, Error>
    where
        O: Load + Send + 'static,
        Decoder<O>: LanguageModel,
    {
        let decoder = Decoder::load(ops, self.file, self.shape, self.context_size, loaded)?;
        let limits = Limits {
            context_size: self.context_size,
            pages: pages(
                self.options.cache_bytes,
                decoder.page_bytes(),
                self.context_size,
            ),
        };
        let name = self.file.optional_string("general.name")?.unwrap_or("");
        let name = format!("model {}", name.replace('\0', " "));
        Batch::start(&name, decoder, self.vocabulary, limits)
    }
}

fn context_size(asked: Option<usize>, trained: usize) -> Result<usize, Error> {
    match asked {
        None => Ok(trained),
        Some(0) => Err(Error::OutOfRange {
            parameter: "context_size",
            value: "0".to_owned(),
            expected: "at least 1",
        }),
        Some(asked) => Ok(asked),
    }
}

/// Files may pad the embedding table, so it may have more rows than there are tokens, not fewer.
fn check_vocabulary(file: &File, vocabulary: &Vocabulary, shape: &Descriptor) -> Result<(), Error> {
    let tokens = vocabulary.tokenizer().len();
    if tokens <= shape.vocabulary {
        return Ok(());
    }
    let rows = shape.vocabulary;
    let reason = format!("{tokens} tokens for an embedding table of {rows} rows");
    Err(file.malformed("tokenizer.ggml.tokens", reason))
}

/// How many pages of `page_bytes` each there may be.
fn pages(asked: Option<u64>, page_bytes: usize, context_size: usize) -> usize {
    let fitting = |bytes: u64| usize::try_from(bytes / page_bytes as u64).unwrap_or(usize::MAX);
    match asked {
        Some(bytes) => fitting(bytes),
        None => fitting(DEFAULT_CACHE_BYTES).max(context_size.div_ceil(PAGE)),
    }
}

impl<O> LanguageModel for Decoder<O>
where
    O: Ops + Send + 'static,
    O::Matrix: Send + Sync,
    O::Vector: Send + Sync,
{
    type Page = Page<O>;

    fn new_page(&self) -> Result<Self::Page, Error> {
        Decoder::new_page(self)
    }

    fn copy_page(&self, page: &Self::Page) -> Result<Self::Page, Error> {
        Decoder::copy_page(self, page)
    }

    fn forward(&self, steps: &mut [Step<Self::Page>]) -> Result<Vec<Vec<f32>>, Error> {
        Decoder::forward(self, steps)
    }
}
