//! Models that run in this process.

mod answer;
mod budget;
mod cache;
mod embedders;
mod files;
mod key;
mod prompt;
mod residents;
#[cfg(test)]
mod tests;
mod thread;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::stream;
use llmspell_inference as inference;
use llmspell_inference::{Source, Vocabulary};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::Error;
use crate::backend::{Backend, Pending};
use crate::catalogue::Catalogue;
use crate::entry::{AvailableModel, CandleStatus, ModelEntry};
use crate::models::{BUNDLED, Limits};
use crate::name::ModelName;
use crate::pull::{Pull, PullOptions, PullProgress, PullStatus};
use crate::request::{CacheType, Embeddings, Encoding, Generation, Loading, Prompt, Request};
use crate::settings::StoreSettings;
pub(crate) use crate::store::how_to_get;
use crate::store::{Installed, Store};
use answer::{Answer, Finished};
use cache::{Cache, LEAST_CONTEXT};
use embedders::Embedders;
use key::Key;
use thread::{beside, on_thread};

/// The embedded backend.
#[derive(Clone)]
pub struct Candle {
    cache: Cache,
    embedders: Embedders,
    store: Store,
    /// Those that were read without a model.
    vocabularies: Arc<Mutex<HashMap<Key, Known>>>,
}

/// A vocabulary, once whoever asked first has read it, and when its file had been changed.
#[derive(Clone, Default)]
struct Known {
    modified: Option<f64>,
    vocabulary: Arc<OnceCell<Vocabulary>>,
}

impl Candle {
    pub fn new(limits: &Limits, store: StoreSettings) -> Self {
        Self {
            cache: Cache::new(limits),
            embedders: Embedders::default(),
            store: Store::new(store),
            vocabularies: Arc::default(),
        }
    }

    /// How models are opened, memory aside.
    pub fn options(&self) -> Result<inference::Options, Error> {
        self.cache.options()
    }

    /// Where a model's file is.
    pub fn source(&self, name: &ModelName) -> Result<Source, Error> {
        Key::of(name, &self.store).map(|key| key.source())
    }

    /// As [`Self::status`], looked at on another thread.
    pub async fn status_elsewhere(&self) -> Result<CandleStatus, Error> {
        let candle = self.clone();
        on_thread(move || candle.status()).await
    }

    pub fn status(&self) -> CandleStatus {
        let installed = self.store.list().unwrap_or_default();
        let mut loaded_models = self.cache.loaded();
        for model in &mut loaded_models {
            let is = |other: &&Installed| Key::file(&other.path).name() == model.name;
            if let Some(found) = installed.iter().find(is) {
                model.name = found.name.clone();
            }
        }
        CandleStatus {
            ready: true,
            device: "cpu".to_owned(),
            models: 1 + installed.len(),
            loaded: loaded_models.len() + self.embedders.loaded(),
            loads: self.cache.loads(),
            memory_bytes: self.cache.memory_bytes(),
            memory_budget_bytes: self.cache.budget(),
            loaded_models,
        }
    }

    async fn answer(&self, name: ModelName, request: Request) -> Result<Generation, Error> {
        let called = Instant::now();
        let key = self.key(&name).await?;
        understood(&request)?;
        let lease = self.cache.acquire(&key, &request.loading).await?;
        let (model, context_size) = (&lease.model, lease.context_size);
        // For the answer that old turns give way to. Its last token is never computed and needs no room.
        let half = |most: usize| most.min(context_size / 2);
        let reserved = request.max_tokens.map_or(context_size / 4, half);
        let room = context_size.saturating_sub(reserved.max(1) - 1);
        let (vocabulary, prompt) = (model.vocabulary().clone(), request.prompt);
        let bytes = match &prompt {
            Prompt::Raw(text) => text.len(),
            Prompt::Chat(_) => usize::MAX, // a file's template may never end
        };
        let encode = move || prompt::encode(&vocabulary, &prompt, request.on_overflow, room);
        let encoded = beside(bytes, encode).await??;
        let prompt_tokens = encoded.tokens.len();
        if prompt_tokens > context_size {
            return Err(inference::Error::PromptTooLong {
                prompt_tokens,
                context_size,
            }
            .into());
        }
        let first = request.max_tokens.unwrap_or(LEAST_CONTEXT);
        let promised = prompt_tokens.saturating_add(first).min(context_size);
        lease.promise(promised).await?;
        let before = called.elapsed();
        let generation = model.generate(inference::Request {
            prompt: encoded.tokens,
            sampling: request.sampling.over(key.sampling())?,
            max_tokens: request.max_tokens,
            stop: request.stop,
            context_size: Some(context_size),
            ..inference::Request::default()
        })?;
        let finished = Finished {
            model: name.to_string(),
            context_size,
            dropped_messages: encoded.dropped,
            load_time: lease.load_time,
            waited: before.saturating_sub(lease.load_time.unwrap_or_default()),
        };
        let answer = Answer {
            generation,
            finished,
            most: match request.max_tokens {
                Some(_) => promised,
                None => context_size,
            },
            promised,
            lease,
        };
        Ok(answer.events())
    }

    async fn render(
        &self,
        name: ModelName,
        messages: Vec<Map<String, Value>>,
        tools: Option<Value>,
        add_generation_prompt: bool,
    ) -> Result<String, Error> {
        let vocabulary = self.vocabulary(&self.key(&name).await?).await?;
        let message = |fields| inference::Message { fields };
        let messages: Vec<_> = messages.into_iter().map(message).collect();
        let render = move || {
            let template = vocabulary.template(tools.is_some())?;
            template.render(&messages, tools.as_ref(), add_generation_prompt)
        };
        Ok(on_thread(render).await??)
    }

    async fn vocabulary(&self, key: &Key) -> Result<Vocabulary, Error> {
        if let Some(vocabulary) = self.cache.vocabulary(key) {
            return Ok(vocabulary);
        }
        let modified = key.modified();
        let known = {
            // An insertion cannot leave the map half-changed, so poison does not matter.
            let all = self.vocabularies.lock();
            let mut all = all.unwrap_or_else(PoisonError::into_inner);
            let known = all.entry(key.clone()).or_default();
            if known.modified != modified {
                *known = Known {
                    modified,
                    ..Known::default()
                };
            }
            known.vocabulary.clone()
        };
        let source = key.source();
        let open = || async {
            on_thread(move || Vocabulary::open(source))
                .await?
                .map_err(Error::from)
        };
        Ok(known.get_or_try_init(open).await?.clone())
    }
}

impl Backend for Candle {
    fn name(&self) -> &str {
        "candle"
    }

    fn check<'a>(&'a self, name: &'a ModelName, request: &'a Request) -> Pending<'a, ()> {
        Box::pin(async {
            let key = self.key(name).await?;
            key.check()?;
            understood(request)?;
            if request.loading.context_size == Some(0) {
                return Err(inference::Error::no_context().into());
            }
            let known = inference::Request {
                prompt: vec![0],
                sampling: request.sampling.over(key.sampling())?,
                max_tokens: request.max_tokens,
                stop: request.stop.clone(),
                ..inference::Request::default()
            };
            Ok(known.validate()?)
        })
    }

    fn list(&self) -> Pending<'_, Vec<ModelEntry>> {
        Box::pin(async {
            let candle = self.clone();
            on_thread(move || candle.entries()).await?
        })
    }

    fn available(&self) -> Pending<'_, Vec<AvailableModel>> {
        Box::pin(async {
            let known = Catalogue::bundled()?.entries();
            Ok(known.iter().map(|entry| self.offer(entry)).collect())
        })
    }

    fn info(&self, name: ModelName) -> Pending<'_, ModelEntry> {
        Box::pin(self.describe(name))
    }

    fn has<'a>(&'a self, name: &'a ModelName) -> Pending<'a, bool> {
        Box::pin(async {
            match self.key(name).await {
                Ok(key) => Ok(key.check().is_ok()),
                Err(Error::NotFound { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    fn generate(&self, name: ModelName, request: Request) -> Pending<'_, Generation> {
        Box::pin(self.answer(name, request))
    }

    fn pull(&self, name: ModelName, options: PullOptions) -> Pending<'_, Pull> {
        Box::pin(async move {
            match Key::at_once(&name) {
                Some(Key::Bundled) => {
                    in_the_box(&options)?;
                    Ok(Pull::new(stream::iter([Ok(bundled())])))
                }
                _ => self.store.pull(&name, &options),
            }
        })
    }

    fn remove(&self, name: ModelName) -> Pending<'_, ()> {
        let candle = self.clone();
        Box::pin(async move { on_thread(move || candle.delete(&name)).await? })
    }

    fn embed(&self, name: ModelName, texts: Vec<String>) -> Pending<'_, Embeddings> {
        Box::pin(async move {
            let key = self.key(&name).await?;
            let threads = self.cache.threads()?;
            let embeddings = self.embedders.embed(&key, threads, texts).await?;
            Ok(Embeddings {
                model: name.to_string(),
                ..embeddings
            })
        })
    }

    fn load(&self, name: ModelName, wanted: Loading) -> Pending<'_, ()> {
        Box::pin(async move {
            let key = self.key(&name).await?;
            match self.makes_vectors(&key).await? {
                true => {
                    nothing_set(&wanted)?;
                    let threads = self.cache.threads()?;
                    self.embedders.get(&key, threads).await.map(drop)
                }
                false => {
                    let lease = self.cache.acquire(&key, &wanted).await?;
                    if let Some(tokens) = wanted.context_size {
                        lease.set_usual_context_size(tokens);
                    }
                    Ok(())
                }
            }
        })
    }

    fn unload(&self, name: ModelName) -> Pending<'_, ()> {
        Box::pin(async move {
            let key = self.key(&name).await?;
            key.check()?;
            self.embedders.forget(&key);
            self.cache.unload(&key).await;
            Ok(())
        })
    }

    fn tokenize(&self, name: ModelName, text: String, encoding: Encoding) -> Pending<'_, Vec<u32>> {
        Box::pin(async move {
            let vocabulary = self.vocabulary(&self.key(&name).await?).await?;
            let (bytes, options) = (text.len(), prompt::options(encoding));
            let encode = move || vocabulary.tokenizer().encode(&text, options);
            beside(bytes, encode).await
        })
    }

    fn detokenize(&self, name: ModelName, ids: Vec<u32>) -> Pending<'_, Vec<u8>> {
        Box::pin(async move {
            let vocabulary = self.vocabulary(&self.key(&name).await?).await?;
            let bytes = size_of_val(ids.as_slice());
            let decode = move || vocabulary.tokenizer().decode_bytes(&ids, false);
            Ok(beside(bytes, decode).await??)
        })
    }

    fn apply_template(
        &self,
        name: ModelName,
        messages: Vec<Map<String, Value>>,
        tools: Option<Value>,
        add_generation_prompt: bool,
    ) -> Pending<'_, String> {
        Box::pin(self.render(name, messages, tools, add_generation_prompt))
    }
}

/// Refuses options of loading that a model for vectors has no use for.
fn nothing_set(wanted: &Loading) -> Result<(), Error> {
    let given = [
        (wanted.context_size.is_some(), "context_size"),
        (wanted.cache_type.is_some(), "cache_type"),
        (wanted.keep_alive.is_some(), "keep_alive"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, parameter)) => Err(Error::NotHere {
            parameter,
            backend: "an embedding model".to_owned(),
        }),
        None => Ok(()),
    }
}

/// Refuses what this backend does not do yet.
fn understood(request: &Request) -> Result<(), Error> {
    let images = match &request.prompt {
        Prompt::Chat(messages) => messages.iter().any(|message| !message.images.is_empty()),
        Prompt::Raw(_) => false,
    };
    for (given, parameter) in [
        (images, "images"),
        (!request.tools.is_empty(), "tools"),
        (request.format.is_some(), "format"),
        (request.think.is_some(), "think"),
        (request.base_url.is_some(), "base_url"),
    ] {
        if given {
            return Err(Error::NotHere {
                parameter,
                backend: "candle".to_owned(),
            });
        }
    }
    Ok(())
}

/// What is in the box cannot be got in another form, or again.
fn in_the_box(options: &PullOptions) -> Result<(), Error> {
    let (parameter, value) = match options {
        PullOptions {
            quantization: Some(name),
            ..
        } => ("quantization", name.clone()),
        PullOptions { force: true, .. } => ("force", "true".to_owned()),
        _ => return Ok(()),
    };
    let expected = format!("nothing for {BUNDLED}, which is part of llmspell");
    Err(Error::Option {
        parameter,
        expected,
        value,
    })
}

/// How far the pull of the bundled model is: it is always there.
fn bundled() -> PullProgress {
    let size = key::WISP.len() as u64;
    PullProgress {
        model_id: BUNDLED.to_owned(),
        status: PullStatus::Complete,
        item: None,
        completed_bytes: size,
        total_bytes: Some(size),
        percent_complete: 100.0,
        bytes_per_second: 0.0,
    }
}

impl From<CacheType> for inference::CacheType {
    fn from(kind: CacheType) -> Self {
        match kind {
            CacheType::F32 => Self::F32,
            CacheType::F16 => Self::F16,
            CacheType::Q8_0 => Self::Q8_0,
        }
    }
}
