//! Which backend runs a model, and why.

use std::sync::Arc;

use llmspell_core::suggest::hint;

use crate::Error;
use crate::backend::Backend;
use crate::models::{BUNDLED, Models};
use crate::name::{LocalBackend, ModelName};

/// What a name stands for.
#[derive(Clone)]
pub struct Choice {
    pub backend: Arc<dyn Backend>,
    pub model: ModelName,
    /// Why this backend, in a sentence for people.
    pub reason: String,
}

/// The backend for a model that is to be used.
pub async fn choose(models: &Models, model: ModelName) -> Result<Choice, Error> {
    let chosen = |backend: Arc<dyn Backend>, reason: String| Choice {
        backend,
        model: model.clone(),
        reason,
    };
    let on = |backend: LocalBackend, reason: &str| {
        let found = local(models, &model, backend)?;
        Ok(chosen(
            found,
            format!("{model} on {}: {reason}", backend.name()),
        ))
    };
    match &model {
        ModelName::Path(_) => on(LocalBackend::Candle, "it is a file"),
        ModelName::Hub(_) => on(LocalBackend::Candle, "it is a repository on Hugging Face"),
        ModelName::Local {
            model: name,
            variant: None,
            backend: None,
        } if name == BUNDLED => on(LocalBackend::Candle, "it is the bundled model"),
        ModelName::Local {
            backend: Some(backend),
            ..
        } => on(*backend, "its name says so"),
        ModelName::Local { .. } => automatic(models, &model).await,
        ModelName::Remote { provider, .. } => {
            let backend = models
                .backend(provider)
                .ok_or_else(|| unknown(models, &model, provider))?;
            Ok(chosen(
                backend,
                format!("{model} on {provider}: its name says so"),
            ))
        }
    }
}

/// The backend that a model is to be got for: Candle unless the name says otherwise, since it is always there.
pub async fn for_pull(models: &Models, model: ModelName) -> Result<Choice, Error> {
    match &model {
        ModelName::Local { backend: None, .. } => {
            choose(models, model.on(LocalBackend::Candle)).await
        }
        _ => choose(models, model).await,
    }
}

/// Ollama when it answers and has the model, else Candle if that has it.
async fn automatic(models: &Models, model: &ModelName) -> Result<Choice, Error> {
    let mut tried = Vec::new();
    for place in [LocalBackend::Ollama, LocalBackend::Candle] {
        let Some(backend) = models.backend(place.name()) else {
            continue;
        };
        let here = model.on(place);
        match backend.has(&here).await {
            Ok(true) => {
                tried.push(format!("{} has it", place.name()));
                return Ok(Choice {
                    backend,
                    model: here,
                    reason: format!("{model} on {}: {}", place.name(), tried.join(", ")),
                });
            }
            Ok(false) => tried.push(format!("{} does not have it", place.name())),
            Err(error) => tried.push(error.to_string()),
        }
    }
    Err(Error::NotFound {
        model: model.to_string(),
        place: "is installed".to_owned(),
        hint: format!(
            " ({}); get it with `llmspell model pull {model}`, or give the path of a GGUF file",
            tried.join("; ")
        ),
    })
}

fn local(
    models: &Models,
    model: &ModelName,
    backend: LocalBackend,
) -> Result<Arc<dyn Backend>, Error> {
    let name = backend.name();
    models.backend(name).ok_or_else(|| Error::NoSuchBackend {
        model: model.to_string(),
        backend: name.to_owned(),
        hint: format!("; it is switched off, or this build lacks the cargo feature `{name}`"),
    })
}

fn unknown(models: &Models, model: &ModelName, provider: &str) -> Error {
    let known = models.backends();
    let known = known.keys().map(String::as_str).chain(["local", "hf:"]);
    Error::NoSuchBackend {
        model: model.to_string(),
        backend: provider.to_owned(),
        hint: hint(provider, known.collect::<Vec<_>>()),
    }
}
