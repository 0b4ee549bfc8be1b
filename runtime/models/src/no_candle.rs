//! What a build without embedded models says: every request is an error that names the feature.

use serde_json::{Map, Value};

use crate::Error;
use crate::entry::{CandleStatus, ModelEntry};
use crate::models::Limits;
use crate::name::ModelName;
use crate::request::{Encoding, Generation, Loading, Request};
use crate::sampling::Sampling;

#[derive(Clone)]
pub struct Candle;

impl Candle {
    pub fn new(_: &Limits) -> Self {
        Self
    }

    pub fn status(&self) -> CandleStatus {
        CandleStatus {
            ready: false,
            device: "none".to_owned(),
            models: 0,
            loaded: 0,
            loads: 0,
            memory_bytes: 0,
            memory_budget_bytes: 0,
            loaded_models: Vec::new(),
        }
    }

    pub fn list(&self) -> Result<Vec<ModelEntry>, Error> {
        Ok(Vec::new())
    }

    pub fn check(&self, _: &ModelName, _: &Sampling) -> Result<(), Error> {
        Err(Error::NoBackend)
    }

    pub async fn info(&self, _: ModelName) -> Result<ModelEntry, Error> {
        Err(Error::NoBackend)
    }

    pub async fn load(&self, _: ModelName, _: &Loading) -> Result<(), Error> {
        Err(Error::NoBackend)
    }

    pub async fn unload(&self, _: ModelName) -> Result<(), Error> {
        Err(Error::NoBackend)
    }

    pub async fn generate(&self, _: ModelName, _: Request) -> Result<Generation, Error> {
        Err(Error::NoBackend)
    }

    pub async fn tokenize(&self, _: ModelName, _: String, _: Encoding) -> Result<Vec<u32>, Error> {
        Err(Error::NoBackend)
    }

    pub async fn detokenize(&self, _: ModelName, _: Vec<u32>) -> Result<Vec<u8>, Error> {
        Err(Error::NoBackend)
    }

    pub async fn apply_template(
        &self,
        _: ModelName,
        _: Vec<Map<String, Value>>,
        _: Option<Value>,
        _: bool,
    ) -> Result<String, Error> {
        Err(Error::NoBackend)
    }
}
