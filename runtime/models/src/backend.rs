//! [`Backend`]: what runs models, the same for all of them.

use std::future::Future;
use std::pin::Pin;

use serde_json::{Map, Value};

use crate::Error;
use crate::entry::{AvailableModel, ModelEntry};
use crate::name::ModelName;
use crate::pull::{Pull, PullOptions};
use crate::request::{Embeddings, Encoding, Generation, Loading, Request};

/// What a backend answers later. It may be polled on any thread, outside of any async runtime; dropping it
/// gives the work up.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// What runs models: this process, a server, a provider, or what a host brings along. A host registers its
/// own with [`Models::register`](crate::Models::register), and scripts then find its models under
/// `name/model`.
///
/// What a backend cannot do it leaves to the default, an error that says so.
pub trait Backend: Send + Sync {
    /// What stands before the slash in its models' names, and in an answer's `metadata.provider`.
    fn name(&self) -> &str;

    /// Starts an answer. An option that the backend has no use for is an error, never ignored.
    fn generate(&self, model: ModelName, request: Request) -> Pending<'_, Generation>;

    /// Looks for what can be known wrong of a request, its prompt aside, without loading the model or asking a server.
    fn check<'a>(&'a self, model: &'a ModelName, request: &'a Request) -> Pending<'a, ()> {
        let _ = (model, request);
        Box::pin(async { Ok(()) })
    }

    /// The models that are there.
    fn list(&self) -> Pending<'_, Vec<ModelEntry>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Models that could be got.
    fn available(&self) -> Pending<'_, Vec<AvailableModel>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// What is known of a model.
    fn info(&self, model: ModelName) -> Pending<'_, ModelEntry> {
        cannot(self.name(), "tell about its models", model)
    }

    /// Whether a model is there to be used.
    fn has<'a>(&'a self, model: &'a ModelName) -> Pending<'a, bool> {
        Box::pin(async {
            match self.info(model.clone()).await {
                Ok(_) => Ok(true),
                Err(Error::NotFound { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    /// Vectors for texts, one each, of length 1.
    fn embed(&self, model: ModelName, texts: Vec<String>) -> Pending<'_, Embeddings> {
        let _ = texts;
        cannot(self.name(), "compute embeddings", model)
    }

    /// Gets a model, unless it is there.
    fn pull(&self, model: ModelName, options: PullOptions) -> Pending<'_, Pull> {
        let _ = options;
        cannot(self.name(), "download models", model)
    }

    /// Deletes a model.
    fn remove(&self, model: ModelName) -> Pending<'_, ()> {
        cannot(self.name(), "delete models", model)
    }

    /// Loads a model unless it is loaded.
    fn load(&self, model: ModelName, loading: Loading) -> Pending<'_, ()> {
        let _ = loading;
        cannot(self.name(), "load models", model)
    }

    /// Lets a model go.
    fn unload(&self, model: ModelName) -> Pending<'_, ()> {
        cannot(self.name(), "unload models", model)
    }

    /// The model's token ids for a text.
    fn tokenize(
        &self,
        model: ModelName,
        text: String,
        encoding: Encoding,
    ) -> Pending<'_, Vec<u32>> {
        let _ = (text, encoding);
        cannot(self.name(), "tokenize", model)
    }

    /// The text of token ids, as bytes.
    fn detokenize(&self, model: ModelName, ids: Vec<u32>) -> Pending<'_, Vec<u8>> {
        let _ = ids;
        cannot(self.name(), "tokenize", model)
    }

    /// A conversation as the model's chat template writes it.
    fn apply_template(
        &self,
        model: ModelName,
        messages: Vec<Map<String, Value>>,
        tools: Option<Value>,
        add_generation_prompt: bool,
    ) -> Pending<'_, String> {
        let _ = (messages, tools, add_generation_prompt);
        cannot(self.name(), "apply chat templates", model)
    }
}

fn cannot<T: 'static>(backend: &str, what: &'static str, model: ModelName) -> Pending<'static, T> {
    let (backend, model) = (backend.to_owned(), model.to_string());
    let error = Error::Cannot {
        model,
        backend,
        what,
    };
    Box::pin(async { Err(error) })
}
