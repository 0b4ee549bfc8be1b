//! [`Ollama`]: the models of an Ollama server.

use std::time::Instant;

use serde_json::{Value, json};

use crate::Error;
use crate::backend::{Backend, Pending};
use crate::entry::{ModelEntry, OllamaStatus};
use crate::name::ModelName;
use crate::network;
use crate::ollama::answer::Answer;
use crate::ollama::body::{Body, keep_alive};
use crate::ollama::lines::Lines;
use crate::ollama::options::{no_cache_type, options};
use crate::ollama::server::Server;
use crate::ollama::{OllamaSettings, RunningModel, embeddings, library, not_running, pull, stream};
use crate::pull::{Pull, PullOptions};
use crate::request::{Embeddings, Generation, Loading, Request};

/// An Ollama server as a backend. Cheap to clone; all clones share connections and what is known of the
/// server.
#[derive(Clone)]
pub struct Ollama {
    server: Server,
}

impl Ollama {
    /// A server that nobody has asked yet. An address that is none is an error.
    pub fn new(settings: OllamaSettings) -> Result<Self, Error> {
        Ok(Self {
            server: Server::new(&settings)?,
        })
    }

    /// Where the server is.
    pub fn url(&self) -> String {
        self.server.address()
    }

    /// How the server is. It is asked now, and never started for that.
    pub async fn status(&self) -> OllamaStatus {
        let server = self.server.clone();
        let asked = network::run(async move {
            let version = server.sign_of_life().await?;
            Ok((version, library::count(&server).await?))
        });
        match asked.await {
            Ok((version, models)) => OllamaStatus {
                running: true,
                version: Some(version),
                models,
                url: self.url(),
                error: None,
            },
            Err(Error::Unreachable { reason, .. }) => not_running(self.url(), reason),
            Err(error) => not_running(self.url(), error.to_string()),
        }
    }

    /// The server's version.
    pub async fn version(&self) -> Result<String, Error> {
        let server = self.server.clone();
        network::run(async move { server.version().await }).await
    }

    /// The models that the server has in memory.
    pub async fn running(&self) -> Result<Vec<RunningModel>, Error> {
        let server = self.server.clone();
        network::run(async move { library::running(&server).await }).await
    }

    /// Whether the server answers, as it was found out within the interval of its health check.
    pub async fn alive(&self) -> Result<(), Error> {
        let server = self.server.clone();
        network::run(async move { server.alive().await }).await
    }
}

impl Backend for Ollama {
    fn name(&self) -> &str {
        "ollama"
    }

    fn generate(&self, model: ModelName, request: Request) -> Pending<'_, Generation> {
        let server = self.server.clone();
        Box::pin(network::run(generate(server, model, request)))
    }

    fn check<'a>(&'a self, _: &'a ModelName, request: &'a Request) -> Pending<'a, ()> {
        Box::pin(async { options(request).map(drop) })
    }

    fn list(&self) -> Pending<'_, Vec<ModelEntry>> {
        let server = self.server.clone();
        Box::pin(network::run(async move {
            server.version().await?; // one that hangs is found out soon
            library::list(&server).await
        }))
    }

    fn info(&self, model: ModelName) -> Pending<'_, ModelEntry> {
        let server = self.server.clone();
        Box::pin(network::run(async move {
            server.version().await?;
            library::info(&server, &model).await
        }))
    }

    fn has<'a>(&'a self, model: &'a ModelName) -> Pending<'a, bool> {
        let (server, model) = (self.server.clone(), model.model());
        Box::pin(network::run(async move {
            server.alive().await?;
            library::has(&server, &model).await
        }))
    }

    fn embed(&self, model: ModelName, texts: Vec<String>) -> Pending<'_, Embeddings> {
        let (server, model) = (self.server.clone(), model.model());
        Box::pin(network::run(async move {
            embeddings::embed(&server, &model, texts).await
        }))
    }

    fn pull(&self, model: ModelName, options: PullOptions) -> Pending<'_, Pull> {
        let server = self.server.clone();
        Box::pin(network::run(pull::pull(server, model, options)))
    }

    fn remove(&self, model: ModelName) -> Pending<'_, ()> {
        let (server, model) = (self.server.clone(), model.model());
        Box::pin(network::run(async move {
            server.delete("/api/delete", &model).await
        }))
    }

    fn load(&self, model: ModelName, loading: Loading) -> Pending<'_, ()> {
        let (server, model) = (self.server.clone(), model.model());
        Box::pin(network::run(load(server, model, loading)))
    }

    fn unload(&self, model: ModelName) -> Pending<'_, ()> {
        let (server, model) = (self.server.clone(), model.model());
        let body = json!({ "model": model, "keep_alive": 0, "stream": false });
        Box::pin(network::run(async move {
            let _: Value = server.post("/api/generate", &model, &body).await?;
            Ok(())
        }))
    }
}

async fn generate(server: Server, name: ModelName, request: Request) -> Result<Generation, Error> {
    let started = Instant::now();
    let server = match &request.base_url {
        Some(base_url) => server.at(base_url)?,
        None => server,
    };
    let (model, logprobs) = (name.model(), request.sampling.logprobs == Some(true));
    let body = Body::new(&model, request).await?;
    let response = server.open(body.path(), &model, &body).await?;
    let lines = Lines::new(server, response);
    let answer = Answer::new(model, logprobs, started);
    Ok(Generation::new(stream::sent(|events| {
        answer.read(lines, events)
    })?))
}

/// An empty prompt loads a model ("Load a model" in `docs/api.md`).
async fn load(server: Server, model: String, loading: Loading) -> Result<(), Error> {
    no_cache_type(loading.cache_type)?;
    let mut body = json!({ "model": model });
    if let Some(context_size) = loading.context_size {
        body["options"] = json!({ "num_ctx": context_size });
    }
    if let Some(wanted) = loading.keep_alive {
        body["keep_alive"] = keep_alive(wanted);
    }
    if library::only_embeds(&server, &model).await? {
        body["input"] = json!("");
        return embeddings::load(&server, &model, &body).await;
    }
    body["stream"] = json!(false);
    let _: Value = server.post("/api/generate", &model, &body).await?;
    Ok(())
}
