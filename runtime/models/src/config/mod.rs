//! [`Config`]: what the user, the project, the environment and the command line set.
//!
//! Each source is read into a [`Layer`], every value checked where it stands; the crate `config` lays the
//! layers over each other, the weakest first: defaults, the user's file, the project's file, the environment,
//! flags. All keys are in [`keys`].

mod defaults;
mod entry;
mod environment;
mod expand;
mod files;
mod flags;
mod keys;
mod kind;
mod layer;
mod origin;
mod problems;
mod reader;
mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::BTreeMap;
use std::path::PathBuf;

use llmspell_core::Diagnostic;
use serde::Deserialize;

pub use entry::ConfigEntry;
pub use environment::Environment;
use layer::Layer;
pub use problems::Problems;
pub use settings::{
    BackendChoice, CandleOptions, CandleSettings, LocalSettings, OfferedBy, OllamaOptions,
    OllamaSettings, ProviderType, Providers, RecommendedModel, RemoteSettings,
};

use crate::{Error, ModelName};

/// What is set, by whomever.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    /// What answers when no model is named.
    pub default_model: Option<String>,
    /// Models to try in the place of one that is not there. See [`Config::fallbacks`].
    #[serde(default)]
    pub fallback: BTreeMap<String, Vec<String>>,
    /// Folders whose projects may send keys to servers of their own choice; absolute paths.
    pub trusted_folders: Vec<PathBuf>,
    pub providers: Providers,
    #[serde(skip)]
    entries: Vec<ConfigEntry>,
}

/// Where to look for a configuration.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The project's file, `llmspell.toml`, is looked for in this folder and above it; `None`: in the current
    /// folder.
    pub script_folder: Option<PathBuf>,
    /// A file to take in the place of the project's.
    pub explicit_file: Option<PathBuf>,
    pub environment: Environment,
    /// As `KEY=VALUE`.
    pub flags: Vec<String>,
}

impl Default for Config {
    /// What holds when nobody sets anything and the environment is empty.
    fn default() -> Self {
        Self::of(vec![], &Environment::default(), Problems::default())
            .expect("the defaults are valid, which a test shows")
    }
}

impl Config {
    /// Reads all sources.
    ///
    /// # Errors
    /// [`Error::Configuration`] with all that is wrong in any of them.
    pub fn load(search: &Search) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let layers = sources::layers(search, &mut problems);
        Self::of(layers, &search.environment, problems)
    }

    /// The layers over the defaults.
    fn of(
        mut layers: Vec<Layer>,
        environment: &Environment,
        mut problems: Problems,
    ) -> Result<Self, Error> {
        layers.insert(0, defaults::layer(&layers, environment, &mut problems));
        if !problems.is_empty() {
            return Err(Error::Configuration(problems));
        }
        let merged = layer::merged(layers).and_then(|merged| {
            let entries = entry::all(&merged.cache, environment);
            let config: Self = merged.try_deserialize()?;
            Ok(Self { entries, ..config })
        });
        merged.map(Self::settled).map_err(|error| {
            problems.push(Diagnostic::new(format!(
                "{error}. This is a bug, please report it"
            )));
            Error::Configuration(problems)
        })
    }

    /// Settings that follow from others.
    fn settled(mut self) -> Self {
        let providers = &mut self.providers;
        providers.ollama.enabled &= providers.local.enabled;
        providers.candle.enabled &= providers.local.enabled;
        self
    }

    /// Every key with its value and where that comes from.
    pub fn entries(&self) -> &[ConfigEntry] {
        &self.entries
    }

    /// What runs a model whose name does not say.
    pub fn default_backend(&self) -> BackendChoice {
        let local = self.providers.local.default_backend;
        local.unwrap_or(self.providers.ollama.options.default_backend)
    }

    /// The models to try, in this order, in the place of one that is not there: those that `[fallback]` lists,
    /// then with `fallback_to_cloud` the default model of each remote provider, in the order of their names.
    pub fn fallbacks(&self, model: &str) -> Vec<String> {
        let named = ModelName::parse(model).ok();
        let same = |other: &str| other == model || ModelName::parse(other).ok() == named;
        let listed = self.fallback.get(model).or_else(|| {
            let mut all = self.fallback.iter();
            all.find_map(|(key, models)| same(key).then_some(models))
        });
        let mut models = listed.cloned().unwrap_or_default();
        if self.providers.local.fallback_to_cloud {
            let remote = self.providers.remote.iter().filter(|(_, p)| p.enabled);
            models.extend(
                remote
                    .filter_map(|(name, p)| Some(format!("{name}/{}", p.default_model.as_ref()?))),
            );
        }
        models.retain(|other| !same(other));
        models
    }
}
