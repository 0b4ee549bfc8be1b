//! A server, and how it is asked.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use crate::Error;
use crate::ollama::connection::{client, is_local, parse};
use crate::ollama::health::{Health, State};
use crate::ollama::problems::{innermost, said};
use crate::ollama::settings::OllamaSettings;
use crate::ollama::start::Starter;

/// How long a server that is well may take to tell its version.
pub const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// A server. Cheap to clone; all servers share their connections.
#[derive(Clone)]
pub struct Server {
    url: Url,
    client: &'static Client,
    /// How long it may be silent.
    pub timeout: Duration,
    pub health: Arc<Health>,
    starter: Option<Arc<Starter>>,
}

impl Server {
    pub fn new(settings: &OllamaSettings) -> Result<Self, Error> {
        let url = parse(&settings.url())?;
        let local = is_local(&url);
        Ok(Self {
            client: client(local)?,
            timeout: settings.timeout,
            health: Arc::new(Health::new(settings.health_check_interval)),
            starter: (settings.auto_start && local && url.scheme() == "http")
                .then(|| Arc::new(Starter::new(settings))),
            url,
        })
    }

    /// Another server, dealt with in the same way, but never started.
    pub fn at(&self, base_url: &str) -> Result<Self, Error> {
        let other = Self::new(&OllamaSettings {
            base_url: Some(base_url.to_owned()),
            timeout: self.timeout,
            ..OllamaSettings::default()
        })?;
        Ok(if other.url == self.url {
            self.clone()
        } else {
            other
        })
    }

    /// Where it is, without what may be a secret.
    pub fn address(&self) -> String {
        let mut url = self.url.clone();
        // Only addresses without a host refuse this, and those are no servers.
        let _ = url.set_username("").and(url.set_password(None));
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// As errors call it.
    pub fn name(&self) -> String {
        format!("Ollama at {}", self.address())
    }

    /// Host and port, as `OLLAMA_HOST` has them.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// What a path answers, as JSON.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.ask(self.request(Method::GET, path), None).await
    }

    /// What a path answers to a request about a model, as JSON.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        model: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let request = self.request(Method::POST, path).json(body);
        self.ask(request, Some(model)).await
    }

    /// The beginning of what a path streams in answer to a request about a model.
    pub async fn open(
        &self,
        path: &str,
        model: &str,
        body: &impl Serialize,
    ) -> Result<Response, Error> {
        let request = self.request(Method::POST, path).json(body);
        self.send(request, Some(model)).await
    }

    /// Has a model deleted.
    pub async fn delete(&self, path: &str, model: &str) -> Result<(), Error> {
        let body = serde_json::json!({ "model": model });
        let request = self.request(Method::DELETE, path).json(&body);
        self.send(request, Some(model)).await.map(drop)
    }

    /// The server's version.
    pub async fn version(&self) -> Result<String, Error> {
        match (self.sign_of_life().await, &self.starter) {
            (Err(Error::Unreachable { .. }), Some(starter)) => {
                starter.start(self).await?;
                self.sign_of_life().await
            }
            (answer, _) => answer,
        }
    }

    /// The version of a server that runs; none is started.
    pub async fn sign_of_life(&self) -> Result<String, Error> {
        let asked = async {
            let request = self.request(Method::GET, "/api/version");
            let response = self.attempt(request, None).await?;
            self.read::<Value>(response).await
        };
        let answer = timeout(SIGN_OF_LIFE, asked).await;
        let answer = answer.unwrap_or_else(|_| Err(self.no_sign_of_life()))?;
        let version = answer["version"].as_str().map(str::to_owned);
        version.ok_or_else(|| self.broken("it told no version; is it an Ollama server?"))
    }

    /// Whether it answers, asked at most once within the interval of its health check.
    pub async fn alive(&self) -> Result<(), Error> {
        let _asking = self.health.asking.lock().await;
        match self.health.state() {
            State::Up => Ok(()),
            State::Down(reason) => Err(self.unreachable(reason)),
            State::Unknown => self.version().await.map(drop),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let base = self.url.as_str().trim_end_matches('/');
        self.client.request(method, format!("{base}{path}"))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        model: Option<&str>,
    ) -> Result<T, Error> {
        let response = self.send(request, model).await?;
        self.read(response).await
    }

    async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, Error> {
        let body = timeout(self.timeout, response.bytes()).await;
        let body = body.map_err(|_| self.silent())?;
        let body = body.map_err(|error| self.broken(innermost(&error)))?;
        let unknown = |error| self.broken(format!("it is no JSON that Ollama documents: {error}"));
        let answer: Value = serde_json::from_slice(&body).map_err(unknown)?;
        match said(&answer) {
            Some(reason) => Err(self.failed(reason)),
            None => serde_json::from_value(answer).map_err(unknown),
        }
    }

    /// Sends a request; starts the server first if it does not run and may be started.
    async fn send(&self, request: RequestBuilder, model: Option<&str>) -> Result<Response, Error> {
        let again = request.try_clone();
        match (self.attempt(request, model).await, again, &self.starter) {
            (Err(Error::Unreachable { .. }), Some(again), Some(starter)) => {
                starter.start(self).await?;
                self.attempt(again, model).await
            }
            (answer, ..) => answer,
        }
    }

    /// Sends a request once.
    async fn attempt(
        &self,
        request: RequestBuilder,
        model: Option<&str>,
    ) -> Result<Response, Error> {
        let sent = timeout(self.timeout, request.send()).await;
        match sent.map_err(|_| self.silent())? {
            Err(error) if error.is_connect() => {
                let reason = innermost(&error);
                self.health.note(Some(reason.clone()));
                Err(self.unreachable(reason))
            }
            Err(error) => Err(self.broken(innermost(&error))),
            Ok(response) => {
                self.health.note(None);
                self.accepted(response, model).await
            }
        }
    }

    /// A refusal is an error.
    async fn accepted(&self, response: Response, model: Option<&str>) -> Result<Response, Error> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = timeout(self.timeout, response.text()).await;
        let text = text.map_err(|_| self.silent())?.unwrap_or_default();
        let said = serde_json::from_str(&text).ok().as_ref().and_then(said);
        match (status, said, model) {
            (StatusCode::NOT_FOUND, Some(_), Some(model)) => Err(self.not_there(model)),
            (_, Some(reason), _) => Err(self.refused(status, &reason, "")),
            (_, None, _) => Err(self.refused(
                status,
                text.lines().next().unwrap_or("nothing more"),
                "; is it the address of an Ollama server?",
            )),
        }
    }
}
