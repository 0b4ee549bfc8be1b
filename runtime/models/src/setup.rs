//! [`Models`] as a configuration says.

use crate::config::CandleOptions;
use crate::models::{Limits, Models};
use crate::settings::StoreSettings;
use crate::{Config, Error};

impl Models {
    /// The models and backends that a configuration says. No model is loaded yet, and no server has been asked.
    ///
    /// # Errors
    /// A setting that this build or machine cannot follow.
    pub fn configured(config: Config) -> Result<Self, Error> {
        let options = &config.providers.candle.options;
        let mut models = Self::bare(&limits(options), store(options));
        if config.providers.candle.enabled {
            models.register(models.embedded())?;
        }
        #[cfg(feature = "ollama")]
        models.add_ollama(&config)?;
        #[cfg(feature = "remote")]
        models.add_providers(&config)?;
        models.set_config(config);
        Ok(models)
    }

    #[cfg(feature = "ollama")]
    fn add_ollama(&self, config: &Config) -> Result<(), Error> {
        let settings = &config.providers.ollama;
        if !settings.enabled {
            return Ok(());
        }
        let ollama = crate::Ollama::new(crate::OllamaSettings {
            base_url: Some(settings.base_url.clone()),
            timeout: settings.timeout,
            auto_start: settings.options.auto_start,
            health_check_interval: settings.options.health_check_interval,
            ..crate::OllamaSettings::default()
        })?;
        self.register(std::sync::Arc::new(ollama))
    }

    #[cfg(feature = "remote")]
    fn add_providers(&self, config: &Config) -> Result<(), Error> {
        let providers = config.providers.remote.iter();
        for (name, settings) in providers.filter(|(_, settings)| settings.enabled) {
            let remote = crate::Remote::new(provider(name, settings))?;
            self.register(std::sync::Arc::new(remote))?;
        }
        Ok(())
    }
}

#[cfg(feature = "remote")]
fn provider(name: &str, settings: &crate::config::RemoteSettings) -> crate::RemoteSettings {
    use crate::RemoteKind;
    use crate::config::ProviderType;
    let kind = match settings.provider_type {
        ProviderType::Anthropic => RemoteKind::Anthropic,
        ProviderType::Gemini => RemoteKind::Gemini,
        // A server of one's own leaves out what only OpenAI has.
        ProviderType::OpenAi if settings.base_url.is_some() => RemoteKind::OpenAiCompatible,
        ProviderType::OpenAi => RemoteKind::OpenAi,
    };
    // The key that a provider documents is for that provider; another server gets one only by `api_key_env`.
    let foreign = settings.base_url.is_some() && settings.api_key_env.is_none();
    crate::RemoteSettings {
        key: foreign.then(String::new),
        base_url: settings.base_url.clone(),
        api_key_env: settings.api_key_env.clone(),
        default_model: settings.default_model.clone(),
        max_tokens: settings.max_tokens,
        timeout: settings.timeout,
        ..crate::RemoteSettings::new(name, kind)
    }
}

fn limits(options: &CandleOptions) -> Limits {
    Limits {
        memory_budget: options.memory_budget,
        max_sequences: options.max_concurrent,
        context_size: options.context_size,
        batch_size: options.batch_size,
        threads: std::num::NonZeroUsize::new(options.cpu_threads),
    }
}

fn store(options: &CandleOptions) -> StoreSettings {
    let settings = StoreSettings::default();
    StoreSettings {
        directory: options.model_directory.clone().or(settings.directory),
        default_quantization: options.default_quantization.clone(),
        ..settings
    }
}
