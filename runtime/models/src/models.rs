//! [`Models`]: every model there is, behind one door.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::backend::Backend;
use crate::candle::Candle;
use crate::choice::{self, Choice};
use crate::entry::{AvailableModel, CandleStatus, ModelEntry, OllamaStatus, Status};
use crate::name::{LocalBackend, ModelName};
use crate::pull::{Pull, PullOptions};
use crate::request::{Embeddings, Encoding, Generation, Loading, Request};
use crate::settings::StoreSettings;
use crate::url::masked;
use crate::{Config, Error};

/// The model that answers when no other is named or installed: the one in the box.
pub const BUNDLED: &str = "wisp";

/// What models may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory in bytes for the weights, keys and values of all models; `None`: three quarters of what the
    /// process may use, which is the machine's memory, or its container's where that is less.
    pub memory_budget: Option<u64>,
    /// Answers that a model computes at the same time, others wait for their turn; `None`: 64.
    pub max_sequences: Option<usize>,
    /// Tokens that prompt and answer may have together where a request does not say; `None`: as many as the
    /// model was trained for, or as there is memory for where that is less.
    pub context_size: Option<usize>,
    /// Prompt tokens that one step computes at most; `None`: as measured while it runs.
    pub batch_size: Option<usize>,
    /// Threads that compute, of all models together; `None`: as many as the machine has cores.
    pub threads: Option<NonZeroUsize>,
}

/// The models of a process: finds them by name and keeps what is loaded. Cheap to clone; all clones share
/// what is loaded.
#[derive(Clone)]
pub struct Models {
    candle: Candle,
    backends: Arc<RwLock<BTreeMap<String, Arc<dyn Backend>>>>,
    observer: Arc<OnceLock<Observer>>,
    config: Arc<Config>,
    default: Arc<OnceCell<Choice>>,
}

type Observer = Box<dyn Fn(&Choice) + Send + Sync>;

impl Default for Models {
    fn default() -> Self {
        Self::new()
    }
}

impl Models {
    /// No model is loaded yet. There are the bundled one and any file by its path, and nothing of the user's is
    /// looked at: [`Models::configured`] has the models that were pulled, Ollama and providers too.
    pub fn new() -> Self {
        Self::with_limits(&Limits::default())
    }

    /// Like [`Models::new`]; what is loaded stays within the limits.
    pub fn with_limits(limits: &Limits) -> Self {
        Self::with_store(limits, StoreSettings::nowhere())
    }

    /// No model is loaded yet; those of this process come from and go to the store.
    pub fn with_store(limits: &Limits, store: StoreSettings) -> Self {
        let models = Self::bare(limits, store);
        let added = models.register(models.embedded());
        added.expect("the first backend finds no other of its name");
        models
    }

    /// Without any backend.
    pub(crate) fn bare(limits: &Limits, store: StoreSettings) -> Self {
        Self {
            candle: Candle::new(limits, store),
            backends: Arc::default(),
            observer: Arc::default(),
            config: Arc::default(),
            default: Arc::default(),
        }
    }

    /// The backend of this process.
    pub(crate) fn embedded(&self) -> Arc<dyn Backend> {
        Arc::new(self.candle.clone())
    }

    pub(crate) fn set_config(&mut self, config: Config) {
        self.config = Arc::new(config);
    }

    /// What answers when no model is named, once that has been asked.
    pub(crate) fn default_choice(&self) -> &OnceCell<Choice> {
        &self.default
    }

    /// What is configured.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Adds a backend, whose models are then found under its name and a slash.
    pub fn register(&self, backend: Arc<dyn Backend>) -> Result<(), Error> {
        let name = backend.name().to_owned();
        // An insertion cannot leave the map half-changed, so poison does not matter.
        let mut backends = self
            .backends
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if backends.contains_key(&name) || name == "local" {
            return Err(Error::BackendExists(name));
        }
        backends.insert(name, backend);
        Ok(())
    }

    /// Sets who is told which backend runs a model each time one is chosen; the first who asks stays.
    pub fn on_choice(&self, observer: impl Fn(&Choice) + Send + Sync + 'static) {
        // Only a second observer is turned away.
        let _ = self.observer.set(Box::new(observer));
    }

    /// The backend of a name.
    pub(crate) fn backend(&self, name: &str) -> Option<Arc<dyn Backend>> {
        self.backends().get(name).cloned()
    }

    pub(crate) fn backends(&self) -> BTreeMap<String, Arc<dyn Backend>> {
        let backends = self.backends.read().unwrap_or_else(PoisonError::into_inner);
        backends.clone()
    }

    /// The state of the models that run in this process. Reads the folder of models; [`Self::status`] does not
    /// hold up its caller for that.
    pub fn candle_status(&self) -> CandleStatus {
        self.candle.status()
    }

    /// How models of this process are opened, memory aside.
    #[cfg(feature = "candle")]
    pub(crate) fn options(&self) -> Result<llmspell_inference::Options, Error> {
        self.candle.options()
    }

    /// Where the file of a model of this process is.
    #[cfg(feature = "candle")]
    pub(crate) fn source(&self, model: &str) -> Result<llmspell_inference::Source, Error> {
        let name = ModelName::parse(model)?;
        let elsewhere = match &name {
            ModelName::Remote { provider, .. } => Some(provider.as_str()),
            ModelName::Local {
                backend: Some(LocalBackend::Ollama),
                ..
            } => Some(LocalBackend::Ollama.name()),
            _ => None,
        };
        match elsewhere {
            Some(backend) => Err(Error::Cannot {
                model: name.to_string(),
                backend: backend.to_owned(),
                what: "say how fast a model is; only models of this process are measured",
            }),
            None => {
                choice::local(self, &name, LocalBackend::Candle)?;
                self.candle.source(&name)
            }
        }
    }

    /// The state of the backends of this machine.
    ///
    /// # Errors
    /// The folder of models cannot be looked at, for want of a thread.
    pub async fn status(&self) -> Result<Status, Error> {
        Ok(Status {
            candle: match self.backend(LocalBackend::Candle.name()) {
                Some(_) => self.candle.status_elsewhere().await?,
                // It is switched off.
                None => CandleStatus::default(),
            },
            ollama: self.ollama_status().await,
        })
    }

    /// The models that are there, on both backends of this machine or on one. An Ollama server that cannot tell them
    /// has none, unless it is asked for by name; [`Self::status`] says what is wrong with it.
    pub async fn list(&self, backend: Option<LocalBackend>) -> Result<Vec<ModelEntry>, Error> {
        Ok(self.listed(backend).await?.0)
    }

    /// The same, and what is wrong with a server that answers.
    pub(crate) async fn listed(
        &self,
        backend: Option<LocalBackend>,
    ) -> Result<(Vec<ModelEntry>, Option<Error>), Error> {
        let (mut models, mut passed_over) = (Vec::new(), None);
        for there in self.locals(backend) {
            let optional = backend.is_none() && there.name() == LocalBackend::Ollama.name();
            match there.list().await {
                Ok(more) => models.extend(more),
                Err(Error::Unreachable { .. }) if optional => {}
                Err(error) if optional => passed_over = Some(error),
                Err(error) => return Err(error),
            }
        }
        Ok((models, passed_over))
    }

    async fn ollama_status(&self) -> OllamaStatus {
        let url = &self.config.providers.ollama.base_url;
        #[cfg(feature = "ollama")]
        if self.backend(LocalBackend::Ollama.name()).is_some() {
            return crate::ollama::status(url.clone()).await;
        }
        OllamaStatus {
            url: masked(url),
            error: Some(choice::absent(LocalBackend::Ollama)),
            ..OllamaStatus::default()
        }
    }

    /// Models that could be got.
    pub async fn available(
        &self,
        backend: Option<LocalBackend>,
    ) -> Result<Vec<AvailableModel>, Error> {
        let mut models = Vec::new();
        for there in self.locals(backend) {
            models.extend(there.available().await?);
        }
        crate::recommended::add(&self.config, backend, &mut models);
        Ok(models)
    }

    /// The backends of this machine, or one of them.
    pub(crate) fn locals(&self, backend: Option<LocalBackend>) -> Vec<Arc<dyn Backend>> {
        let all = [LocalBackend::Candle, LocalBackend::Ollama];
        let wanted = all
            .into_iter()
            .filter(|local| backend.is_none_or(|backend| backend == *local));
        wanted
            .filter_map(|local| self.backend(local.name()))
            .collect()
    }

    /// Looks for what can be known wrong of a request, its prompt aside, without loading the model. Gives the model's
    /// name, the default model's where none is named; `None` for a model that comes with its first answer.
    pub async fn check(&self, request: &Request) -> Result<Option<String>, Error> {
        let checked = async {
            let choice = self.choose(request.model.as_deref()).await?;
            choice.backend.check(&choice.model, request).await?;
            Ok(Some(choice.model.to_string()))
        };
        match checked.await {
            Err(Error::NotFound { .. }) if self.pulls_missing() => Ok(None),
            checked => checked,
        }
    }

    fn pulls_missing(&self) -> bool {
        self.config.providers.local.auto_pull_missing
    }

    /// Whether a model is there to be used; its fallbacks do not count.
    pub async fn exists(&self, model: &str) -> Result<bool, Error> {
        match self.exactly(model).await {
            Ok(choice) => match choice.backend.has(&choice.model).await {
                Err(Error::NoKey { .. } | Error::Unreachable { .. }) => Ok(false),
                there => there,
            },
            Err(error @ Error::Name { .. }) => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// Which model a name stands for, and what runs it; the default model without a name.
    pub async fn choose(&self, model: Option<&str>) -> Result<Choice, Error> {
        self.observed(choice::choose(self, model).await)
    }

    /// What runs the model of this name, and no fallback of it.
    async fn exactly(&self, model: &str) -> Result<Choice, Error> {
        self.observed(choice::exactly(self, model).await)
    }

    fn observed(&self, choice: Result<Choice, Error>) -> Result<Choice, Error> {
        if let (Ok(choice), Some(observer)) = (&choice, self.observer.get()) {
            observer(choice);
        }
        choice
    }

    /// What is known of a model, without loading it; never of a fallback.
    pub async fn info(&self, model: &str) -> Result<ModelEntry, Error> {
        let choice = self.exactly(model).await?;
        choice.backend.info(choice.model).await
    }

    /// Loads a model unless it is loaded.
    pub async fn load(&self, model: &str, loading: Loading) -> Result<(), Error> {
        let choice = self.choose_or_pull(Some(model)).await?;
        choice.backend.load(choice.model, loading).await
    }

    /// Lets a model go. Answers that it is giving come to their end; what asks for it from now on loads it
    /// again. Returns when its memory is free, or at once while it is in use.
    pub async fn unload(&self, model: &str) -> Result<(), Error> {
        let choice = self.choose(Some(model)).await?;
        choice.backend.unload(choice.model).await
    }

    /// Gets a model, unless it is there.
    pub async fn pull(&self, model: &str, options: PullOptions) -> Result<Pull, Error> {
        let choice = choice::for_pull(self, ModelName::parse(model)?).await?;
        choice.backend.pull(choice.model, options).await
    }

    /// Deletes a model, and never its fallback.
    pub async fn remove(&self, model: &str) -> Result<(), Error> {
        let removed = match self.for_removal(model).await {
            Ok(choice) => choice.backend.remove(choice.model).await,
            Err(error) => Err(error),
        };
        self.nothing_to_remove(removed).await
    }

    /// Looks whether a model is there, whole or damaged, that [`Models::remove`] may delete.
    pub async fn removable(&self, model: &str) -> Result<(), Error> {
        let found = async {
            let choice = self.for_removal(model).await?;
            if choice.backend.name() == self.candle.name() {
                return self.candle.removable(&choice.model).await;
            }
            match choice.backend.has(&choice.model).await? {
                true => Ok(()),
                false => choice.backend.info(choice.model).await.map(drop),
            }
        };
        self.nothing_to_remove(found.await).await
    }

    /// What runs the model that is to be deleted; one that no backend has may be left in part.
    async fn for_removal(&self, model: &str) -> Result<Choice, Error> {
        let missing = match self.exactly(model).await {
            Err(missing @ Error::NotFound { .. }) => missing,
            choice => return choice,
        };
        let Ok(choice) = choice::for_pull(self, ModelName::parse(model)?).await else {
            return Err(missing);
        };
        let here = choice.backend.name() == self.candle.name();
        match here && self.candle.removable(&choice.model).await.is_ok() {
            true => Ok(choice),
            false => Err(missing),
        }
    }

    /// Whoever wants to delete a model is not told how to get it, but which others there are.
    async fn nothing_to_remove<T>(&self, found: Result<T, Error>) -> Result<T, Error> {
        let Err(Error::NotFound { model, place, .. }) = found else {
            return found;
        };
        let mut listed = self.list(None).await.unwrap_or_default();
        listed.retain(|entry| !entry.bundled);
        let hint = match choice::meant(&ModelName::parse(&model)?, &listed) {
            Some(name) => format!("; did you mean \"{name}\"?"),
            None => "; `llmspell model list` shows what is there".to_owned(),
        };
        Err(Error::NotFound { model, place, hint })
    }

    /// Starts an answer; loads the model if need be.
    pub async fn generate(&self, request: Request) -> Result<Generation, Error> {
        let choice = self.choose_or_pull(request.model.as_deref()).await?;
        choice.backend.generate(choice.model, request).await
    }

    /// Gets a model that is not there, if the configuration says so.
    async fn choose_or_pull(&self, model: Option<&str>) -> Result<Choice, Error> {
        let chosen = self.choose(model).await;
        if !self.pulls_missing() {
            return chosen;
        }
        let named = model.or(self.config.default_model.as_deref());
        let wanted = match (&chosen, named) {
            (Ok(choice), _) => choice.clone(),
            // Neither the model nor a fallback of it is there.
            (Err(Error::NotFound { .. }), Some(name)) => match choice::exactly(self, name).await {
                Ok(choice) => choice,
                Err(_) => choice::for_pull(self, ModelName::parse(name)?).await?,
            },
            (Err(_), _) => return chosen,
        };
        if !is_missing(&wanted).await {
            return chosen;
        }
        let pull = wanted.backend.pull(wanted.model, PullOptions::default());
        pull.await?.finish().await?;
        match chosen {
            Err(_) => self.choose(model).await,
            chosen => chosen,
        }
    }

    /// Vectors for texts, one each, of length 1.
    pub async fn embed(
        &self,
        model: Option<&str>,
        texts: Vec<String>,
    ) -> Result<Embeddings, Error> {
        let choice = self.choose_or_pull(model).await?;
        choice.backend.embed(choice.model, texts).await
    }

    /// The model's token ids for a text.
    pub async fn tokenize(
        &self,
        model: Option<&str>,
        text: String,
        encoding: Encoding,
    ) -> Result<Vec<u32>, Error> {
        let choice = self.choose(model).await?;
        choice.backend.tokenize(choice.model, text, encoding).await
    }

    /// The text of token ids, as bytes.
    pub async fn detokenize(&self, model: Option<&str>, ids: Vec<u32>) -> Result<Vec<u8>, Error> {
        let choice = self.choose(model).await?;
        choice.backend.detokenize(choice.model, ids).await
    }

    /// A conversation as the model's chat template writes it.
    pub async fn apply_template(
        &self,
        model: Option<&str>,
        messages: Vec<Map<String, Value>>,
        tools: Option<Value>,
        add_generation_prompt: bool,
    ) -> Result<String, Error> {
        let Choice { backend, model, .. } = self.choose(model).await?;
        backend
            .apply_template(model, messages, tools, add_generation_prompt)
            .await
    }
}

/// Whether a model that could be got is not there. A server that cannot be asked says so when it is used.
async fn is_missing(choice: &Choice) -> bool {
    match choice.model {
        ModelName::Local { .. } | ModelName::Hub(_) => {
            matches!(choice.backend.has(&choice.model).await, Ok(false))
        }
        ModelName::Path(_) | ModelName::Remote { .. } => false,
    }
}
