//! What a name asks to be pulled.

use llmspell_core::suggest::nearest;

use super::quantization;
use super::repository::{RepoPath, Repository};
use crate::Error;
use crate::catalogue::{Catalogue, Entry};
use crate::name::{HubName, ModelName};
use crate::pull::PullOptions;

/// What is to be pulled.
#[derive(Debug, PartialEq)]
pub struct Wanted {
    /// As it was asked for.
    pub model: String,
    pub repository: Repository,
    pub choice: Choice,
}

/// Which model of a repository.
#[derive(Debug, PartialEq)]
pub enum Choice {
    File(RepoPath),
    /// The server says which file it is; the default one without a quantization.
    Quantization(Option<String>),
}

impl Wanted {
    pub fn of(name: &ModelName, options: &PullOptions, default: &str) -> Result<Self, Error> {
        match name {
            ModelName::Hub(hub) => Ok(Self {
                model: name.to_string(),
                repository: hub.into(),
                choice: in_repository(hub, options)?,
            }),
            ModelName::Local { model, variant, .. } => {
                in_catalogue(model, variant.as_deref(), options, default)
            }
            ModelName::Path(path) => Err(Error::Name {
                name: path.display().to_string(),
                problem: "a file is used where it lies and need not be pulled".to_owned(),
            }),
            ModelName::Remote { .. } => Err(Error::Cannot {
                model: name.to_string(),
                backend: "candle".to_owned(),
                what: "download models of other providers",
            }),
        }
    }
}

fn in_repository(name: &HubName, options: &PullOptions) -> Result<Choice, Error> {
    let asked = options.quantization.as_ref();
    let said = match &name.file {
        Some(file) => quantization::of(file),
        None => name.quantization.clone(),
    };
    if let (Some(asked), Some(said)) = (asked, &said)
        && !asked.eq_ignore_ascii_case(said)
    {
        return Err(Error::Option {
            parameter: "quantization",
            expected: format!("what the name says, {said}"),
            value: asked.clone(),
        });
    }
    match &name.file {
        Some(file) => {
            let path = RepoPath::of(&name.into(), file)?;
            Ok(Choice::File(path))
        }
        None => Ok(Choice::Quantization(asked.cloned().or(said))),
    }
}

fn in_catalogue(
    model: &str,
    variant: Option<&str>,
    options: &PullOptions,
    default: &str,
) -> Result<Wanted, Error> {
    let catalogue = Catalogue::bundled()?;
    let (entry, said) = catalogue
        .find(model, variant)
        .ok_or_else(|| unknown(catalogue, model, variant))?;
    let asked = options.quantization.clone().or(said);
    let file = match &asked {
        Some(wanted) => entry.file(wanted),
        None => entry.file(default).or(entry.files().next()),
    };
    let file = file.ok_or_else(|| no_such(entry, asked.as_deref().unwrap_or(default)))?;
    Ok(Wanted {
        model: entry.name.clone(),
        repository: entry.repository.clone(),
        choice: Choice::File(file.file.clone()),
    })
}

/// How a model that is not there can be got, in words that follow "; ".
pub fn how_to_get(name: &ModelName) -> String {
    let known = match name {
        ModelName::Local { model, variant, .. } => Catalogue::bundled()
            .is_ok_and(|catalogue| catalogue.find(model, variant.as_deref()).is_some()),
        _ => true,
    };
    match known {
        true => format!("get it with `llmspell model pull {name}`"),
        false => "look for it with `llmspell model available`, get any GGUF on Hugging Face with \
                  `llmspell model pull hf:owner/repo`"
            .to_owned(),
    }
}

fn no_such(entry: &Entry, wanted: &str) -> Error {
    Error::NoSuchQuantization {
        model: entry.name.clone(),
        wanted: wanted.to_owned(),
        known: entry
            .files()
            .map(|file| file.quantization.clone())
            .collect(),
    }
}

fn unknown(catalogue: &Catalogue, model: &str, variant: Option<&str>) -> Error {
    let name = match variant {
        Some(variant) => format!("{model}:{variant}"),
        None => model.to_owned(),
    };
    let of_model = |entry: &&Entry| entry.name.split(':').next() == Some(model);
    let variants = catalogue.entries().iter().filter(of_model);
    let variants: Vec<_> = variants.map(|entry| entry.name.as_str()).collect();
    let names = || catalogue.entries().iter().map(|entry| entry.name.as_str());
    let near = match (&variants[..], nearest(&name, names())) {
        ([], Some(near)) => format!("; did you mean \"{near}\"?"),
        ([], None) => "; `llmspell model available` lists what is".to_owned(),
        (variants, _) => format!("; there are {}", variants.join(", ")),
    };
    Error::NotFound {
        model: name,
        place: "is in the catalogue".to_owned(),
        hint: format!("{near} (any GGUF on Hugging Face can be pulled as hf:owner/repo)"),
    }
}
