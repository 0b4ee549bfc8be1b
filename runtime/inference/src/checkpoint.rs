//! A model file that has been checked and is not loaded yet.

#[cfg(any(feature = "cuda", feature = "metal"))]
use crate::decoder::CandleOps;
use crate::decoder::{
    Decoder, Descriptor, HostOps, LONG_FACTORS, Load, PAGE, SHORT_FACTORS, page_bytes,
};
use crate::embedding::is_folder;
use crate::generate::{Batch, LanguageModel, Limits, MOST_LIVE};
use crate::gguf::File;
use crate::model::{DEFAULT_CACHE_BYTES, Device, Loaded, Options, Progress, Shared};
use crate::{Error, Model, ModelInfo, Source, Vocabulary};

/// A model file whose header, vocabulary and shape have been read: [`Checkpoint::footprint`] says what
/// loading it will take.
pub struct Checkpoint {
    file: File,
    info: ModelInfo,
    shape: Descriptor,
    vocabulary: Vocabulary,
}

/// What a model takes of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// Its weights as they are held. On the CPU most of them stay in the mapped file, which counts as they
    /// are read for every token.
    pub weight_bytes: u64,
    /// The keys and values of the smallest number of tokens that is kept together.
    pub page_bytes: u64,
    /// Tokens that a sequence may hold.
    pub context_size: usize,
}

impl Footprint {
    /// The bytes of the keys and values of so many tokens.
    pub fn cache_bytes(&self, tokens: usize) -> u64 {
        (tokens.div_ceil(PAGE) as u64).saturating_mul(self.page_bytes)
    }

    /// The bytes of the weights, and of the keys and values of so many tokens.
    pub fn bytes(&self, tokens: usize) -> u64 {
        self.weight_bytes.saturating_add(self.cache_bytes(tokens))
    }

    /// Whether a sequence may hold so many tokens, whatever memory there is.
    pub fn check_context(&self, asked: usize) -> Result<(), Error> {
        match (asked, self.context_size) {
            (0, _) => Err(Error::no_context()),
            (asked, largest) if asked > largest => Err(Error::ContextTooLarge { asked, largest }),
            _ => Ok(()),
        }
    }

    /// How many tokens have their keys and values in so many bytes.
    pub fn tokens(&self, bytes: u64) -> usize {
        self.pages(bytes).saturating_mul(PAGE)
    }

    /// How many pages fit into so many bytes.
    pub(crate) fn pages(&self, bytes: u64) -> usize {
        usize::try_from(bytes / self.page_bytes.max(1)).unwrap_or(usize::MAX)
    }
}

impl Checkpoint {
    /// Opens a GGUF and checks everything but its weights.
    pub fn open(source: impl Into<Source>) -> Result<Self, Error> {
        let source = source.into();
        if let Source::Path(path) = &source
            && is_folder(path)
            && let Ok(info) = ModelInfo::read(source.clone())
        {
            check_writes(&source.name(), &info)?;
        }
        let file = File::open(&source)?;
        let info = ModelInfo::of(&file)?;
        check_writes(&file.name, &info)?;
        if file.header.tensors.is_empty() {
            return Err(Error::VocabularyOnly { file: file.name });
        }
        let shape = Descriptor::read(&file)?;
        let vocabulary = Vocabulary::read(&file)?;
        check_vocabulary(&file, &vocabulary, &shape)?;
        Ok(Self {
            file,
            info,
            shape,
            vocabulary,
        })
    }

    /// The longest context for which the model rotates otherwise than for its longest one, if there is such: it has to be
    /// known when it is loaded.
    pub fn short_context(&self) -> Option<usize> {
        let tensors = &self.file.header.tensors;
        let short = self.shape.rope.original_context;
        let both = tensors.contains_key(SHORT_FACTORS) && tensors.contains_key(LONG_FACTORS);
        (both && short < self.shape.context_length).then_some(short)
    }

    /// What the model takes of memory once it is loaded with these options.
    pub fn footprint(&self, options: &Options) -> Result<Footprint, Error> {
        match options.device {
            Device::Cpu => self.footprint_on(&HostOps::new(options.cache_type), options),
            #[cfg(any(feature = "cuda", feature = "metal"))]
            device => {
                let ops = CandleOps::new(device.candle()?, options.cache_type)?;
                self.footprint_on(&ops, options)
            }
        }
    }

    fn footprint_on(&self, ops: &impl Load, options: &Options) -> Result<Footprint, Error> {
        let tensors = self.file.header.tensors.values();
        Ok(Footprint {
            weight_bytes: tensors.map(|tensor| ops.held_bytes(tensor)).sum(),
            page_bytes: page_bytes(ops, &self.shape) as u64,
            context_size: context_size(options.context_size, self.shape.context_length)?,
        })
    }

    /// Loads the weights; `progress` is called as tensors are loaded. `held` is dropped when the model's
    /// memory is free again, or when loading it fails.
    pub fn load(
        self,
        options: &Options,
        held: impl Send + Sync + 'static,
        progress: impl FnMut(Progress),
    ) -> Result<Model, Error> {
        match options.device {
            Device::Cpu => self.load_on(HostOps::new(options.cache_type), options, held, progress),
            #[cfg(any(feature = "cuda", feature = "metal"))]
            device => {
                let ops = CandleOps::new(device.candle()?, options.cache_type)?;
                self.load_on(ops, options, held, progress)
            }
        }
    }

    fn load_on<O, H>(
        self,
        ops: O,
        options: &Options,
        held: H,
        mut progress: impl FnMut(Progress),
    ) -> Result<Model, Error>
    where
        O: Load + Send + Sync + 'static,
        Loaded<O, H>: LanguageModel,
    {
        let footprint = self.footprint_on(&ops, options)?;
        let (tokens, context_size) = (self.shape.vocabulary, footprint.context_size);
        let tensors = self.file.header.tensors.values();
        let total_bytes = tensors.map(|tensor| tensor.length as u64).sum();
        let mut loaded_bytes = 0;
        let mut loaded = |bytes: usize| {
            loaded_bytes += bytes as u64;
            progress(Progress {
                loaded_bytes,
                total_bytes,
            });
        };
        let loaded = Loaded {
            decoder: Decoder::load(ops, &self.file, self.shape, context_size, &mut loaded)?,
            _held: held,
        };
        let limits = Limits {
            context_size,
            pages: pages(options.cache_bytes, &footprint),
            sequences: options.max_sequences.unwrap_or(MOST_LIVE).max(1),
            prompt_tokens: options.batch_size.unwrap_or(usize::MAX).max(1),
            threads: options.threads.clone(),
        };
        let (info, vocabulary) = (self.info, self.vocabulary);
        let batch = Batch::start(&thread_name(&info), loaded, vocabulary.clone(), limits)?;
        Ok(Model::new(Shared {
            info,
            vocabulary,
            tokens,
            footprint,
            batch,
        }))
    }
}

fn check_writes(file: &str, info: &ModelInfo) -> Result<(), Error> {
    match info.embeds() {
        true => Err(Error::WritesNoText {
            file: file.to_owned(),
            architecture: info.architecture.clone(),
        }),
        false => Ok(()),
    }
}

fn context_size(asked: Option<usize>, trained: usize) -> Result<usize, Error> {
    match asked {
        None => Ok(trained),
        Some(0) => Err(Error::no_context()),
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

/// How many pages there may be.
fn pages(asked: Option<u64>, footprint: &Footprint) -> usize {
    match asked {
        Some(bytes) => footprint.pages(bytes),
        None => {
            let context = footprint.context_size.div_ceil(PAGE);
            footprint.pages(DEFAULT_CACHE_BYTES).max(context)
        }
    }
}

fn thread_name(info: &ModelInfo) -> String {
    let name = info.name.as_deref().unwrap_or(&info.architecture);
    format!("model {name}").replace('\0', " ")
}
