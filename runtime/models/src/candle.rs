//! Models that run in this process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, UNIX_EPOCH};

use futures_util::stream;
use llmspell_inference as inference;
use llmspell_inference::tokenizer::EncodeOptions;
use llmspell_inference::{Model, ModelInfo, Options, Source, Vocabulary};
use tokio::sync::{OnceCell, oneshot};

use crate::entry::{CandleStatus, ModelEntry};
use crate::name::{Backend, ModelName};
use crate::request::{
    Encoding, Event, Finish, FinishReason, Generation, Message, Prompt, Request, Sampling,
};
use crate::{BUNDLED, Error};

/// The demonstration model in the box; its card stands beside it.
const WISP: &[u8] = include_bytes!("../wisp/wisp.gguf");

/// The embedded backend: loads each model once and keeps it.
#[derive(Clone, Default)]
pub struct Candle {
    loaded: Arc<Mutex<HashMap<Key, Arc<Loaded>>>>,
}

/// What a model is kept under: the same file under two names is one model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Bundled,
    File(PathBuf),
}

/// A model, or its vocabulary alone, loaded by whoever asks first.
#[derive(Default)]
struct Loaded {
    model: OnceCell<Model>,
    vocabulary: OnceCell<Vocabulary>,
}

impl Candle {
    pub fn status(&self) -> CandleStatus {
        let loaded = self.cache();
        CandleStatus {
            ready: true,
            device: "cpu".to_owned(),
            models: 1,
            loaded: loaded.values().filter(|l| l.model.initialized()).count(),
        }
    }

    pub fn list(&self) -> Result<Vec<ModelEntry>, Error> {
        let info = ModelInfo::read(Key::Bundled.source())?;
        Ok(vec![self.entry(&Key::Bundled, info)])
    }

    /// Looks for what can be known wrong of a request without loading the model.
    pub fn check(&self, name: &ModelName, wanted: &Sampling) -> Result<(), Error> {
        let key = Key::of(name)?;
        if let Key::File(path) = &key
            && !path.exists()
        {
            return Err(inference::Error::NotFound {
                file: path.display().to_string(),
            }
            .into());
        }
        Ok(sampling(wanted, key.sampling()).validate()?)
    }

    pub async fn info(&self, name: ModelName) -> Result<ModelEntry, Error> {
        let key = Key::of(&name)?;
        let source = key.source();
        let info = on_thread(move || ModelInfo::read(source)).await??;
        Ok(self.entry(&key, info))
    }

    pub async fn generate(&self, name: ModelName, request: Request) -> Result<Generation, Error> {
        let key = Key::of(&name)?;
        let (model, load_time) = self.model(&key).await?;
        let (vocabulary, prompt) = (model.vocabulary().clone(), request.prompt);
        let prompt = beside(prompt.len(), move || encode(&vocabulary, &prompt)).await??;
        let generation = model.generate(inference::Request {
            prompt,
            sampling: sampling(&request.sampling, key.sampling()),
            max_tokens: request.max_tokens,
            stop: request.stop,
            ..inference::Request::default()
        })?;
        let model = name.to_string();
        Ok(Generation::new(stream::unfold(
            generation,
            move |mut generation| {
                let model = model.clone();
                async move {
                    let event = match generation.next().await? {
                        Ok(inference::Event::Text(text)) => Ok(Event::Text(text)),
                        Ok(inference::Event::Done(finish)) => {
                            Ok(Event::Done(finished(model, finish, load_time)))
                        }
                        Err(error) => Err(error.into()),
                    };
                    Some((event, generation))
                }
            },
        )))
    }

    pub async fn tokenize(
        &self,
        name: ModelName,
        text: String,
        encoding: Encoding,
    ) -> Result<Vec<u32>, Error> {
        let vocabulary = self.vocabulary(&Key::of(&name)?).await?;
        beside(text.len(), move || {
            vocabulary.tokenizer().encode(&text, options(encoding))
        })
        .await
    }

    pub async fn detokenize(&self, name: ModelName, ids: Vec<u32>) -> Result<Vec<u8>, Error> {
        let vocabulary = self.vocabulary(&Key::of(&name)?).await?;
        let bytes = size_of_val(ids.as_slice());
        let decode = move || vocabulary.tokenizer().decode_bytes(&ids, false);
        Ok(beside(bytes, decode).await??)
    }

    pub async fn apply_template(
        &self,
        name: ModelName,
        messages: &[Message],
        tools: Option<serde_json::Value>,
        add_generation_prompt: bool,
    ) -> Result<String, Error> {
        let vocabulary = self.vocabulary(&Key::of(&name)?).await?;
        let bytes = messages.iter().map(|message| message.content.len()).sum();
        let messages = templated(messages);
        let render = move || {
            let template = vocabulary.template()?;
            template.render(&messages, tools.as_ref(), add_generation_prompt)
        };
        Ok(beside(bytes, render).await??)
    }

    fn cache(&self) -> MutexGuard<'_, HashMap<Key, Arc<Loaded>>> {
        // An insertion cannot leave the map half-changed, so poison does not matter.
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loaded(&self, key: &Key) -> Arc<Loaded> {
        self.cache().entry(key.clone()).or_default().clone()
    }

    /// The model, and how long loading it took if this call loaded it.
    async fn model(&self, key: &Key) -> Result<(Model, Option<Duration>), Error> {
        let loaded = self.loaded(key);
        let mut load_time = None;
        let load = async {
            let start = Instant::now();
            let source = key.source();
            let opened = on_thread(move || Model::open(source, &Options::default(), |_| {}));
            let model = opened.await??;
            load_time = Some(start.elapsed());
            Ok::<_, Error>(model)
        };
        let model = loaded.model.get_or_try_init(|| load).await?.clone();
        Ok((model, load_time))
    }

    async fn vocabulary(&self, key: &Key) -> Result<Vocabulary, Error> {
        let loaded = self.loaded(key);
        if let Some(model) = loaded.model.get() {
            return Ok(model.vocabulary().clone());
        }
        let source = key.source();
        let open = || async {
            on_thread(move || Vocabulary::open(source))
                .await?
                .map_err(Error::from)
        };
        Ok(loaded.vocabulary.get_or_try_init(open).await?.clone())
    }

    fn entry(&self, key: &Key, info: ModelInfo) -> ModelEntry {
        let loaded = self.cache().get(key).is_some_and(|l| l.model.initialized());
        ModelEntry {
            name: key.name(),
            backend: Backend::Candle,
            size_bytes: info.size_bytes,
            quantization: info.quantization,
            architecture: info.architecture,
            parameters: info.parameters,
            context_length: info.context_length,
            modified: key.modified(),
            loaded,
            bundled: *key == Key::Bundled,
            chat_template: info.has_chat_template,
            vocabulary_size: info.vocabulary_size,
        }
    }
}

/// Where a model's file is.
pub fn source(name: &ModelName) -> Result<Source, Error> {
    Key::of(name).map(|key| key.source())
}

impl Key {
    fn of(name: &ModelName) -> Result<Self, Error> {
        match name {
            ModelName::Path(path) => Ok(Self::File(path.canonicalize().unwrap_or(path.clone()))),
            ModelName::Local {
                model,
                variant: None,
                ..
            } if model == BUNDLED => Ok(Self::Bundled),
            other => Err(Error::NotFound(other.to_string())),
        }
    }

    fn source(&self) -> Source {
        match self {
            Self::Bundled => Source::Bytes {
                name: BUNDLED.to_owned(),
                bytes: WISP,
            },
            Self::File(path) => Source::Path(path.clone()),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Bundled => BUNDLED.to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// How tokens are drawn unless the request says otherwise: a model as small as the bundled one
    /// makes sense only without chance.
    fn sampling(&self) -> inference::Sampling {
        match self {
            Self::Bundled => inference::Sampling::greedy(),
            Self::File(_) => inference::Sampling::default(),
        }
    }

    fn modified(&self) -> Option<f64> {
        match self {
            Self::Bundled => None,
            Self::File(path) => modified(path),
        }
    }
}

fn modified(path: &Path) -> Option<f64> {
    let time = std::fs::metadata(path).ok()?.modified().ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs_f64())
}

/// Texts shorter than this, in bytes, are tokenized faster than a thread starts.
const SHORT: usize = 4096;

/// Runs work on a text of so many bytes: at once, or on a thread if that could hold others up.
async fn beside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    match bytes < SHORT {
        true => Ok(work()),
        false => on_thread(work).await,
    }
}

/// Runs slow work beside the caller's thread; dropping the future lets it end by itself.
async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("llmspell-model".to_owned());
    let send = move || drop(sender.send(work()));
    thread.spawn(send).map_err(Error::Thread)?;
    receiver.await.map_err(|_| Error::LoaderEnded)
}

fn encode(vocabulary: &Vocabulary, prompt: &Prompt) -> Result<Vec<u32>, Error> {
    match prompt {
        Prompt::Chat(messages) => Ok(vocabulary.prompt_tokens(&templated(messages), None, true)?),
        Prompt::Raw(text) => {
            let special = Encoding {
                add_special: true,
                special: true,
            };
            Ok(vocabulary.tokenizer().encode(text, options(special)))
        }
    }
}

fn templated(messages: &[Message]) -> Vec<inference::Message> {
    let message = |m: &Message| inference::Message::new(&m.role, &m.content);
    messages.iter().map(message).collect()
}

fn options(encoding: Encoding) -> EncodeOptions {
    EncodeOptions {
        add_special: encoding.add_special,
        special: encoding.special,
    }
}

/// What the request sets, over the model's own defaults.
fn sampling(wanted: &Sampling, default: inference::Sampling) -> inference::Sampling {
    inference::Sampling {
        temperature: wanted.temperature.map_or(default.temperature, |x| x as f32),
        top_k: wanted.top_k.unwrap_or(default.top_k),
        top_p: wanted.top_p.map_or(default.top_p, |x| x as f32),
        min_p: wanted.min_p.map_or(default.min_p, |x| x as f32),
        repeat_penalty: wanted
            .repeat_penalty
            .map_or(default.repeat_penalty, |x| x as f32),
        seed: wanted.seed.or(default.seed),
    }
}

fn finished(model: String, finish: inference::Finish, load_time: Option<Duration>) -> Finish {
    Finish {
        model,
        provider: "candle",
        reason: match finish.reason {
            inference::FinishReason::Stop => FinishReason::Stop,
            inference::FinishReason::Length => FinishReason::Length,
        },
        prompt_tokens: finish.prompt_tokens,
        completion_tokens: finish.completion_tokens,
        cached_tokens: finish.cached_tokens,
        first_token: finish.timings.first_token,
        total: finish.timings.total,
        load_time,
    }
}
