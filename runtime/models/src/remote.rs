//! Remote providers: OpenAI, Anthropic, Gemini, and servers that speak as OpenAI does, through the crate
//! `rig-core`, which knows their languages, over the HTTP client of this crate.

mod answer;
mod embed;
mod endpoint;
mod failure;
mod generate;
mod history;
mod http;
mod image;
mod listing;
mod logprobs;
mod options;
mod settings;
mod tap;
mod think;
mod turns;

use std::sync::Arc;
use std::time::Instant;

use reqwest::Url;

use crate::backend::{Backend, Pending};
use crate::entry::ModelEntry;
use crate::name::ModelName;
use crate::request::{Embeddings, Generation, Request};
use crate::{Error, network};
use answer::Answer;
use endpoint::Endpoint;
use http::Http;
pub use settings::{RemoteKind, RemoteSettings};
use tap::Seen;
use turns::Turns;

/// A remote provider. Cheap to clone; register it with [`Models::register`](crate::Models::register).
#[derive(Debug, Clone)]
pub struct Remote(Arc<Provider>);

#[derive(Debug)]
struct Provider {
    settings: RemoteSettings,
    base: Url,
    http: Http,
    turns: Turns,
}

impl Remote {
    /// A provider, as its settings say. Nothing is asked of it yet, and no key is read.
    pub fn new(settings: RemoteSettings) -> Result<Self, Error> {
        check_name(&settings)?;
        let base = settings.base()?;
        if settings.timeout.is_zero() {
            return Err(settings.wrong(
                "timeout_seconds",
                "0 leaves no time for an answer".to_owned(),
            ));
        }
        let http = Http::new(settings.timeout);
        let http = http.map_err(|error| Error::Network(error.to_string()))?;
        Ok(Self(Arc::new(Provider {
            settings,
            base,
            http,
            turns: Turns::default(),
        })))
    }

    /// What it was set up with.
    pub fn settings(&self) -> &RemoteSettings {
        &self.0.settings
    }

    fn endpoint(&self, asked: Option<&str>) -> Result<Endpoint, Error> {
        let Provider {
            settings,
            base,
            http,
            ..
        } = &*self.0;
        Endpoint::new(settings, http, base, asked)
    }

    async fn start(self, model: String, mut request: Request) -> Result<Generation, Error> {
        let started = Instant::now();
        let settings = self.settings();
        options::check(&settings.name, settings.kind, &request)?;
        let endpoint = self.endpoint(request.base_url.as_deref())?;
        request.max_tokens = request.max_tokens.or(settings.max_tokens);
        let seen = (request.sampling.logprobs == Some(true)).then(Seen::default);
        let turns = self.0.turns.clone();
        let asked = generate::asked(&endpoint, &model, request, &turns).await?;
        let stream = generate::open(&endpoint, &model, asked, seen.clone())?;
        let answer = Answer::new(endpoint, model, started, turns, (stream, seen));
        answer.begin().await
    }
}

impl Backend for Remote {
    fn name(&self) -> &str {
        &self.settings().name
    }

    fn generate(&self, model: ModelName, request: Request) -> Pending<'_, Generation> {
        let remote = self.clone();
        Box::pin(network::run(async move {
            let model = remote.model(&model)?;
            remote.start(model, request).await
        }))
    }

    fn check<'a>(&'a self, _: &'a ModelName, request: &'a Request) -> Pending<'a, ()> {
        let settings = self.settings();
        Box::pin(async { options::check(&settings.name, settings.kind, request) })
    }

    fn list(&self) -> Pending<'_, Vec<ModelEntry>> {
        let remote = self.clone();
        Box::pin(network::run(async move {
            let default = remote.settings().default_model.as_deref();
            listing::list(&remote.endpoint(None)?, default).await
        }))
    }

    fn info(&self, model: ModelName) -> Pending<'_, ModelEntry> {
        let remote = self.clone();
        Box::pin(network::run(async move {
            let model = remote.model(&model)?;
            listing::info(&remote.endpoint(None)?, &model).await
        }))
    }

    fn embed(&self, model: ModelName, texts: Vec<String>) -> Pending<'_, Embeddings> {
        let remote = self.clone();
        Box::pin(network::run(async move {
            let model = remote.model(&model)?;
            embed::embed(&remote.endpoint(None)?, &model, texts).await
        }))
    }
}

impl Remote {
    /// The model as the provider calls it. Gemini's names become part of a path, so they must not lead elsewhere.
    fn model(&self, name: &ModelName) -> Result<String, Error> {
        let model = name.model();
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let in_path = self.settings().kind == RemoteKind::Gemini;
        let part = model.strip_prefix("models/").unwrap_or(&model);
        if in_path && (!part.chars().all(fits) || part.chars().all(|c| c == '.')) {
            return Err(Error::Name {
                name: name.to_string(),
                problem:
                    "Gemini's models have letters, digits, \".\", \"-\" and \"_\" in their names"
                        .to_owned(),
            });
        }
        Ok(part.to_owned())
    }
}

/// The name stands before a slash in models' names.
fn check_name(settings: &RemoteSettings) -> Result<(), Error> {
    let name = &settings.name;
    let parsed = ModelName::parse(&format!("{name}/model"));
    match parsed {
        Ok(ModelName::Remote { provider, .. }) if provider == *name => Ok(()),
        _ => Err(settings.wrong(
            "name",
            "is taken or no name; letters, digits, \".\", \"-\" and \"_\" make one".to_owned(),
        )),
    }
}
