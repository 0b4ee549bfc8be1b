//! Which backend runs a model, and why.

use std::path::Path;
use std::sync::Arc;

use llmspell_core::suggest::{hint, nearest};

use crate::Error;
use crate::backend::Backend;
use crate::candle::how_to_get;
use crate::config::BackendChoice;
use crate::entry::ModelEntry;
use crate::models::{BUNDLED, Models};
use crate::name::{LocalBackend, ModelName};

/// What a name stands for.
#[derive(Clone)]
pub struct Choice {
    pub backend: Arc<dyn Backend>,
    pub model: ModelName,
    /// Why this backend, in a sentence for people.
    pub reason: String,
    /// Whether it is the bundled model because nobody named, configured or installed another.
    pub last_resort: bool,
    /// What people are to know: that it answers in the place of another, and why.
    pub notice: Option<String>,
}

impl Choice {
    fn new(backend: Arc<dyn Backend>, model: ModelName, reason: String) -> Self {
        Self {
            backend,
            model,
            reason,
            last_resort: false,
            notice: None,
        }
    }
}

/// What a name stands for; the default model without one.
pub async fn choose(models: &Models, name: Option<&str>) -> Result<Choice, Error> {
    match name {
        Some(name) => or_fallback(models, name).await,
        None => default(models).await,
    }
}

/// What a name stands for, or a fallback that is there in the place of a model that is not.
async fn or_fallback(models: &Models, name: &str) -> Result<Choice, Error> {
    let first = named(models, ModelName::parse(name)?).await;
    let fallbacks = models.config().fallbacks(name);
    if fallbacks.is_empty() {
        return first;
    }
    let (first, problem) = match first {
        Ok(choice) => match present(choice.clone()).await {
            Ok(choice) => return Ok(choice),
            Err(problem) => (Some(choice), problem),
        },
        Err(problem) => (None, problem),
    };
    let mut tried = String::new();
    for fallback in fallbacks {
        let other = match exactly(models, &fallback).await {
            Ok(other) => present(other).await,
            Err(problem) => Err(problem),
        };
        match other {
            Ok(other) => {
                let (why, reason, model) = (in_short(&problem), &other.reason, &other.model);
                return Ok(Choice {
                    reason: format!("{reason}, as the fallback of {name}: {why}"),
                    notice: Some(format!("{name}: {why}; its fallback {model} answers")),
                    ..other
                });
            }
            Err(other) => {
                let reason = in_short(&other);
                tried += &format!("; its fallback {fallback} is not there either ({reason})");
            }
        }
    }
    match (first, problem) {
        // Ollama may be started by what uses it.
        (Some(choice), Error::Unreachable { .. }) => Ok(choice),
        (_, Error::NotFound { model, place, hint }) => Err(Error::NotFound {
            model,
            place,
            hint: hint + &tried,
        }),
        (_, problem) => Err(Error::NoFallback {
            problem: Box::new(problem),
            tried,
        }),
    }
}

/// The choice, or why its model is not there.
async fn present(choice: Choice) -> Result<Choice, Error> {
    match choice.backend.has(&choice.model).await {
        Ok(false) => match choice.backend.info(choice.model.clone()).await {
            Err(problem) => Err(problem),
            Ok(_) => Ok(choice), // it has come meanwhile
        },
        Ok(true) | Err(Error::Cannot { .. }) => Ok(choice), // a host's backend need not be able to tell
        Err(problem) => Err(problem),
    }
}

/// An error without what to do about it.
fn in_short(error: &Error) -> String {
    match error {
        Error::NotFound { place, .. } => format!("nothing of this name {place}"),
        Error::Unreachable { server, reason, .. } => format!("{server} does not answer: {reason}"),
        other => other.to_string(),
    }
}

/// What a name stands for, and never a fallback of it.
pub async fn exactly(models: &Models, name: &str) -> Result<Choice, Error> {
    named(models, ModelName::parse(name)?).await
}

/// The configured default, else the newest model or the bundled one, whichever it was at first.
async fn default(models: &Models) -> Result<Choice, Error> {
    if let Some(name) = &models.config().default_model {
        let choice = or_fallback(models, name).await?;
        let reason = format!(
            "{}; it is the default_model of the configuration",
            choice.reason
        );
        return Ok(Choice { reason, ..choice });
    }
    let chosen = models.default_choice().get_or_try_init(|| newest(models));
    chosen.await.cloned()
}

/// The model that was installed last, else the bundled one.
async fn newest(models: &Models) -> Result<Choice, Error> {
    let (mut installed, mut passed_over) = (Vec::new(), None);
    for backend in models.locals(None) {
        match backend.list().await {
            Ok(more) => installed.extend(more),
            Err(Error::Unreachable { .. }) => {} // a server that does not run has no models
            Err(error) => passed_over = Some(error.to_string()),
        }
    }
    // A file that cannot be read has no architecture; what Ollama does not tell is no fault.
    let usable = |model: &&ModelEntry| {
        model.architecture.is_some() || model.backend != LocalBackend::Candle.name()
    };
    let generates = |model: &&ModelEntry| !model.bundled && model.generates();
    let newest = installed.iter().filter(generates).filter(usable);
    let newest = newest.max_by(|a, b| {
        a.modified
            .unwrap_or(0.0)
            .total_cmp(&b.modified.unwrap_or(0.0))
    });
    let choice = match newest.and_then(|model| Some((model, LocalBackend::named(&model.backend)?)))
    {
        Some((model, backend)) => {
            let name = ModelName::parse(&model.name)?.on(backend);
            let choice = named(models, name).await?;
            let reason = format!("{}; none was named, and it is the newest", choice.reason);
            Choice { reason, ..choice }
        }
        None => Choice {
            last_resort: true,
            ..named(models, ModelName::parse(BUNDLED)?).await?
        },
    };
    let Some(problem) = passed_over else {
        return Ok(choice);
    };
    Ok(Choice {
        reason: format!("{}; {problem}", choice.reason),
        notice: Some(format!("{problem}; {} answers", choice.model)),
        last_resort: false, // nobody knows whether there is another
        ..choice
    })
}

/// A provider's model that is called like a file, as servers of one file call theirs.
fn of_provider(models: &Models, path: &Path) -> Option<(Arc<dyn Backend>, ModelName)> {
    let (provider, model) = path.to_str()?.split_once('/')?;
    if LocalBackend::named(provider).is_some() || path.exists() {
        return None;
    }
    let name = ModelName::Remote {
        provider: provider.to_owned(),
        model: model.to_owned(),
    };
    Some((models.backend(provider)?, name))
}

/// The backend for a model that is to be used.
async fn named(models: &Models, model: ModelName) -> Result<Choice, Error> {
    let on = |backend: LocalBackend, reason: &str| {
        let reason = format!("{model} on {}: {reason}", backend.name());
        let backend = local(models, &model, backend)?;
        Ok(Choice::new(backend, model.clone(), reason))
    };
    match &model {
        ModelName::Path(path) => match of_provider(models, path) {
            Some((backend, model)) => {
                let reason = format!("{model} on {}: there is no such file", backend.name());
                Ok(Choice::new(backend, model, reason))
            }
            None => on(LocalBackend::Candle, "it is a file"),
        },
        ModelName::Hub(_) => on(LocalBackend::Candle, "it is a repository on Hugging Face"),
        ModelName::Local {
            backend: Some(backend),
            ..
        } => on(*backend, "its name says so"),
        ModelName::Local { .. } if model.is_bundled() => {
            on(LocalBackend::Candle, "it is the bundled model")
        }
        ModelName::Local { .. } => match models.config().default_backend() {
            BackendChoice::Auto => automatic(models, &model).await,
            BackendChoice::Ollama => on(LocalBackend::Ollama, "it is the default_backend"),
            BackendChoice::Candle => on(LocalBackend::Candle, "it is the default_backend"),
        },
        ModelName::Remote { provider, .. } => {
            let backend = models.backend(provider);
            let backend = backend.ok_or_else(|| unknown(models, &model, provider))?;
            let reason = format!("{model} on {provider}: its name says so");
            Ok(Choice::new(backend, model, reason))
        }
    }
}

/// The backend that a model is to be got for: Candle unless the name says otherwise, since it is always there.
pub async fn for_pull(models: &Models, model: ModelName) -> Result<Choice, Error> {
    match &model {
        ModelName::Local { backend: None, .. } => {
            named(models, model.on(LocalBackend::Candle)).await
        }
        _ => named(models, model).await,
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
                let reason = format!("{model} on {}: {}", place.name(), tried.join(", "));
                return Ok(Choice::new(backend, here, reason));
            }
            Ok(false) => tried.push(format!("{} does not have it", place.name())),
            Err(error) => tried.push(error.to_string()),
        }
    }
    let listed = models.list(None).await.unwrap_or_default();
    let meant = match meant(model, &listed) {
        Some(name) => format!("; did you mean \"{name}\"? If not, "),
        None => "; ".to_owned(),
    };
    Err(Error::NotFound {
        model: model.to_string(),
        place: format!("is installed ({})", tried.join("; ")),
        hint: format!(
            "{meant}{}, or give the path of a GGUF file",
            how_to_get(model)
        ),
    })
}

/// The name of what may be meant by a name that stands for nothing: of those `listed`, the same name on another
/// backend, else the nearest.
pub fn meant(model: &ModelName, listed: &[ModelEntry]) -> Option<String> {
    let asked = model.to_string().to_lowercase();
    let same = |entry: &&ModelEntry| entry.name.to_lowercase() == asked;
    if let Some(ModelEntry { name, backend, .. }) = listed.iter().find(same) {
        return Some(format!("{name}@{backend}"));
    }
    nearest(&asked, listed.iter().map(|entry| entry.name.as_str())).map(str::to_owned)
}

/// A backend of this machine, unless it is switched off.
pub fn local(
    models: &Models,
    model: &ModelName,
    backend: LocalBackend,
) -> Result<Arc<dyn Backend>, Error> {
    let name = backend.name();
    models.backend(name).ok_or_else(|| Error::NoSuchBackend {
        model: model.to_string(),
        backend: name.to_owned(),
        hint: format!("; {}", absent(backend)),
    })
}

/// Why a backend of this machine is not there.
pub fn absent(backend: LocalBackend) -> String {
    let built = match backend {
        LocalBackend::Candle => cfg!(feature = "candle"),
        LocalBackend::Ollama => cfg!(feature = "ollama"),
    };
    match built {
        true => "it is switched off in the configuration, or there is none".to_owned(),
        false => format!("this build lacks the cargo feature `{}`", backend.name()),
    }
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
