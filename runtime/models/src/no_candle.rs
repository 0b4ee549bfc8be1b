//! What a build without embedded models says: every request is an error that names the feature.

use crate::Error;
use crate::backend::{Backend, Pending};
use crate::entry::CandleStatus;
use crate::models::Limits;
use crate::name::{LocalBackend, ModelName};
use crate::request::{Generation, Request};
use crate::settings::StoreSettings;

/// How a model that is not there can be got, in words that follow "; ": a plain name would be pulled for Candle,
/// which is not here.
pub fn how_to_get(name: &ModelName) -> String {
    let pulled = name.on(LocalBackend::Ollama);
    format!("get it with `llmspell model pull {pulled}`")
}

#[derive(Clone)]
pub struct Candle;

impl Candle {
    pub fn new(_: &Limits, _: StoreSettings) -> Self {
        Self
    }

    pub async fn removable(&self, _: &ModelName) -> Result<(), Error> {
        Err(Error::NoBackend)
    }

    pub async fn status_elsewhere(&self) -> Result<CandleStatus, Error> {
        Ok(self.status())
    }

    pub fn status(&self) -> CandleStatus {
        CandleStatus {
            device: "none".to_owned(),
            ..CandleStatus::default()
        }
    }
}

impl Backend for Candle {
    fn name(&self) -> &str {
        "candle"
    }

    fn check<'a>(&'a self, _: &'a ModelName, _: &'a Request) -> Pending<'a, ()> {
        Box::pin(async { Err(Error::NoBackend) })
    }

    fn has<'a>(&'a self, _: &'a ModelName) -> Pending<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    fn generate(&self, _: ModelName, _: Request) -> Pending<'_, Generation> {
        Box::pin(async { Err(Error::NoBackend) })
    }
}
