//! [`Models`]: every model there is, behind one door.

use serde_json::{Map, Value};

use crate::Error;
use crate::candle::Candle;
use crate::entry::{CandleStatus, ModelEntry};
use crate::name::{Backend, ModelName};
use crate::request::{Encoding, Generation, Loading, Request};
use crate::sampling::Sampling;

/// The model that answers when no other is named or installed: the one in the box.
pub const BUNDLED: &str = "wisp";

/// What models may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory in bytes for the weights, keys and values of all models; `None`: three quarters of what the
    /// process may use, which is the machine's memory, or its container's where that is less.
    pub memory_budget: Option<u64>,
}

/// The models of a process: finds them by name and keeps what is loaded. Cheap to clone; all clones share
/// what is loaded.
#[derive(Clone)]
pub struct Models {
    candle: Candle,
}

impl Default for Models {
    fn default() -> Self {
        Self::new()
    }
}

impl Models {
    /// No model is loaded yet.
    pub fn new() -> Self {
        Self::with_limits(&Limits::default())
    }

    /// No model is loaded yet; those that will be stay within the limits.
    pub fn with_limits(limits: &Limits) -> Self {
        Self {
            candle: Candle::new(limits),
        }
    }

    /// The state of the models that run in this process.
    pub fn candle_status(&self) -> CandleStatus {
        self.candle.status()
    }

    /// The models that are there.
    pub fn list(&self, backend: Option<Backend>) -> Result<Vec<ModelEntry>, Error> {
        match backend {
            None | Some(Backend::Candle) => self.candle.list(),
            Some(Backend::Ollama) => Ok(Vec::new()),
        }
    }

    /// Looks for what can be known wrong of a request without loading the model.
    pub fn check(&self, model: Option<&str>, sampling: &Sampling) -> Result<(), Error> {
        self.candle.check(&resolve(model)?, sampling)
    }

    /// What is known of a model, without loading it.
    pub async fn info(&self, model: &str) -> Result<ModelEntry, Error> {
        self.candle.info(resolve(Some(model))?).await
    }

    /// Loads a model unless it is loaded.
    pub async fn load(&self, model: &str, loading: &Loading) -> Result<(), Error> {
        self.candle.load(resolve(Some(model))?, loading).await
    }

    /// Lets a model go. Answers that it is giving come to their end; what asks for it from now on loads it
    /// again. Returns when its memory is free, or at once while it is in use.
    pub async fn unload(&self, model: &str) -> Result<(), Error> {
        self.candle.unload(resolve(Some(model))?).await
    }

    /// Starts an answer; loads the model if need be.
    pub async fn generate(&self, request: Request) -> Result<Generation, Error> {
        let name = resolve(request.model.as_deref())?;
        self.candle.generate(name, request).await
    }

    /// The model's token ids for a text.
    pub async fn tokenize(
        &self,
        model: Option<&str>,
        text: String,
        encoding: Encoding,
    ) -> Result<Vec<u32>, Error> {
        self.candle.tokenize(resolve(model)?, text, encoding).await
    }

    /// The text of token ids, as bytes.
    pub async fn detokenize(&self, model: Option<&str>, ids: Vec<u32>) -> Result<Vec<u8>, Error> {
        self.candle.detokenize(resolve(model)?, ids).await
    }

    /// A conversation as the model's chat template writes it.
    pub async fn apply_template(
        &self,
        model: Option<&str>,
        messages: Vec<Map<String, Value>>,
        tools: Option<Value>,
        add_generation_prompt: bool,
    ) -> Result<String, Error> {
        let name = resolve(model)?;
        self.candle
            .apply_template(name, messages, tools, add_generation_prompt)
            .await
    }
}

/// The model that a name stands for; the bundled one without a name.
pub(crate) fn resolve(name: Option<&str>) -> Result<ModelName, Error> {
    let name = name.unwrap_or(BUNDLED);
    let unsupported = |what| Error::Unsupported {
        name: name.to_owned(),
        what,
    };
    match ModelName::parse(name)? {
        ModelName::HuggingFace(_) => Err(unsupported("downloads")),
        ModelName::Remote { .. } => Err(unsupported("remote providers")),
        ModelName::Local {
            backend: Some(Backend::Ollama),
            ..
        } => Err(unsupported("the Ollama backend")),
        name => Ok(name),
    }
}
