//! [`ModelName`]: what people call a model.

use std::fmt;
use std::path::PathBuf;

use llmspell_core::suggest::hint;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::models::BUNDLED;

/// The longest name in bytes, which file systems take too.
const LONGEST: usize = 255;
/// The longest path in bytes (`PATH_MAX` of Linux).
const LONGEST_PATH: usize = 4096;

/// What runs a model on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalBackend {
    Candle,
    Ollama,
}

impl LocalBackend {
    /// As names spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Candle => "candle",
            Self::Ollama => "ollama",
        }
    }

    /// The backend of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Candle, Self::Ollama]
            .into_iter()
            .find(|backend| backend.name() == name)
    }
}

/// A repository on Hugging Face, and what of it is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HubName {
    pub owner: String,
    pub repository: String,
    /// A file in it, with its folders.
    pub file: Option<String>,
    /// Such as `Q4_K_M`.
    pub quantization: Option<String>,
}

/// A model's name, parsed: `[provider/]model[:variant][@backend]`, `hf:owner/repo[/file.gguf][:Q4_K_M]`, or the
/// path of a GGUF or safetensors file. Nothing in it leads out of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModelName {
    /// A file; its name ends in `.gguf` or `.safetensors`.
    Path(PathBuf),
    /// A model that a backend of this machine knows by name.
    Local {
        /// For Ollama it may have parts, such as `user/model`.
        model: String,
        variant: Option<String>,
        /// `None` lets llmspell choose.
        backend: Option<LocalBackend>,
    },
    /// A model in a Hugging Face repository.
    Hub(HubName),
    /// A model of a remote provider or of a host's own backend.
    Remote { provider: String, model: String },
}

impl ModelName {
    /// Parses a name.
    pub fn parse(name: &str) -> Result<Self, Error> {
        parse(name).map_err(|problem| Error::Name {
            name: shortened(name),
            problem,
        })
    }

    /// The name without its provider and backend, as the backend itself calls the model.
    pub fn model(&self) -> String {
        match self {
            Self::Remote { model, .. } => model.clone(),
            other => other.to_string(),
        }
    }

    /// Whether it is the model in the box.
    pub fn is_bundled(&self) -> bool {
        match self {
            Self::Local {
                model,
                variant: None,
                backend,
            } => model == BUNDLED && *backend != Some(LocalBackend::Ollama),
            _ => false,
        }
    }

    /// The same model on one backend.
    pub fn on(&self, chosen: LocalBackend) -> Self {
        match self.clone() {
            Self::Local { model, variant, .. } => Self::Local {
                model,
                variant,
                backend: Some(chosen),
            },
            other => other,
        }
    }
}

/// A name as an error shows it.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn parse(name: &str) -> Result<ModelName, String> {
    if name.trim().is_empty() {
        return Err("it is empty; an example is \"llama3.2:3b\"".to_owned());
    }
    // Every name may have `local/` before it.
    let bare = name.strip_prefix("local/").unwrap_or(name);
    let in_repository = bare.strip_prefix("hf:");
    let is_path = in_repository.is_none() && is_model_file(name);
    let longest = if is_path { LONGEST_PATH } else { LONGEST };
    if name.len() > longest {
        let length = name.len();
        return Err(format!(
            "it has {length} bytes, at most {longest} are allowed"
        ));
    }
    if is_path {
        return Ok(ModelName::Path(name.into()));
    }
    if let Some(rest) = in_repository {
        return hub(rest).map(ModelName::Hub);
    }
    let (name, backend) = match name.rsplit_once('@') {
        Some((rest, backend)) => (rest, Some(at(backend)?)),
        None => (name, None),
    };
    match name.split_once('/') {
        None => local(name, backend),
        Some(("local", model)) => local(model, backend),
        Some((provider, model)) => match LocalBackend::named(provider) {
            Some(other) if backend.is_some_and(|backend| backend != other) => Err(
                "the provider and the backend after @ contradict each other; leave one out"
                    .to_owned(),
            ),
            Some(provider) => local(model, Some(provider)),
            None if backend == Some(LocalBackend::Ollama) => local(name, backend),
            None => remote(provider, model, backend),
        },
    }
}

fn at(backend: &str) -> Result<LocalBackend, String> {
    LocalBackend::named(backend).ok_or_else(|| {
        let hint = hint(backend, ["candle", "ollama"]);
        format!("after @ comes the backend, not \"{backend}\"{hint}")
    })
}

fn local(name: &str, backend: Option<LocalBackend>) -> Result<ModelName, String> {
    let (model, variant) = match name.split_once(':') {
        Some((model, variant)) => (model, Some(variant)),
        None => (name, None),
    };
    path(model)?;
    if let Some(variant) = variant {
        part(variant, "the variant after the colon")?;
    }
    if model.contains('/') && backend != Some(LocalBackend::Ollama) {
        return Err(format!(
            "only models of Ollama have parts; write \"ollama/{name}\" for one of those, \"hf:{name}\" for a \
             repository on Hugging Face"
        ));
    }
    Ok(ModelName::Local {
        model: model.to_owned(),
        variant: variant.map(str::to_owned),
        backend,
    })
}

fn remote(provider: &str, model: &str, backend: Option<LocalBackend>) -> Result<ModelName, String> {
    part(provider, "the provider before the slash")?;
    if let Some(backend) = backend {
        let backend = backend.name();
        return Err(format!(
            "a model of \"{provider}\" does not run on {backend}; leave out \"@{backend}\""
        ));
    }
    // Providers have names of all kinds, but none that could break out of a request.
    match model {
        "" => Err(format!("after \"{provider}/\" comes the model")),
        model if model.chars().any(|c| c.is_control() || c.is_whitespace()) => {
            Err("it has a space or a control character in it".to_owned())
        }
        model
            if model
                .split('/')
                .any(|part| part.is_empty() || part.chars().all(|c| c == '.')) =>
        {
            Err(
                "between two slashes has to be a name; for a file give its path, ending in .gguf"
                    .to_owned(),
            )
        }
        model => Ok(ModelName::Remote {
            provider: provider.to_owned(),
            model: model.to_owned(),
        }),
    }
}

fn hub(name: &str) -> Result<HubName, String> {
    const SHAPE: &str = "expected hf:owner/repo, hf:owner/repo/file.gguf or hf:owner/repo:Q4_K_M";
    let (name, quantization) = match name.split_once(':') {
        Some((name, quantization)) => (name, Some(quantization)),
        None => (name, None),
    };
    path(name).map_err(|problem| format!("{problem}; {SHAPE}"))?;
    if let Some(quantization) = quantization {
        part(quantization, "the quantization after the colon")?;
    }
    let mut parts = name.splitn(3, '/');
    let (Some(owner), Some(repository)) = (parts.next(), parts.next()) else {
        return Err(SHAPE.to_owned());
    };
    let file = parts.next();
    if file.is_some_and(|file| !is_model_file(file)) {
        return Err(format!(
            "the file has to end in .gguf or .safetensors; {SHAPE}"
        ));
    }
    if file.is_some() && quantization.is_some() {
        return Err("give either a file or a quantization".to_owned());
    }
    Ok(HubName {
        owner: owner.to_owned(),
        repository: repository.to_owned(),
        file: file.map(str::to_owned),
        quantization: quantization.map(str::to_owned),
    })
}

fn is_model_file(file: &str) -> bool {
    let file = file.to_ascii_lowercase();
    file.ends_with(".gguf") || file.ends_with(".safetensors")
}

/// Checks parts with slashes between them.
fn path(text: &str) -> Result<(), String> {
    if text.starts_with('/') {
        return Err("nothing stands before the slash".to_owned());
    }
    text.split('/').try_for_each(|text| part(text, "the model"))
}

/// Checks one part: letters, digits, dots, dashes and underscores, and never only dots.
fn part(text: &str, what: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!(
            "{what} is empty; expected [provider/]model[:variant][@backend]"
        ));
    }
    if text.chars().all(|c| c == '.') {
        return Err(format!(
            "\"{text}\" is no name; for a file give its path, ending in .gguf"
        ));
    }
    let odd = |c: &char| !(c.is_ascii_alphanumeric() || "._-+".contains(*c));
    match text.chars().find(odd) {
        Some(odd) => Err(format!(
            "{odd:?} cannot be part of it: letters, digits, \".\", \"-\", \"_\" and \"+\" can"
        )),
        None => Ok(()),
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Hub(name) => name.fmt(f),
            Self::Remote { provider, model } => write!(f, "{provider}/{model}"),
            Self::Local { model, variant, .. } => match variant {
                Some(variant) => write!(f, "{model}:{variant}"),
                None => f.write_str(model),
            },
        }
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hf:{}/{}", self.owner, self.repository)?;
        if let Some(file) = &self.file {
            write!(f, "/{file}")?;
        }
        if let Some(quantization) = &self.quantization {
            write!(f, ":{quantization}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(model: &str, variant: Option<&str>, backend: Option<LocalBackend>) -> ModelName {
        ModelName::Local {
            model: model.to_owned(),
            variant: variant.map(str::to_owned),
            backend,
        }
    }

    fn hub(file: Option<&str>, quantization: Option<&str>) -> ModelName {
        ModelName::Hub(HubName {
            owner: "owner".to_owned(),
            repository: "repo".to_owned(),
            file: file.map(str::to_owned),
            quantization: quantization.map(str::to_owned),
        })
    }

    #[test]
    fn names_are_split_into_provider_model_variant_and_backend() {
        use LocalBackend::{Candle, Ollama};
        let remote = |provider: &str, model: &str| ModelName::Remote {
            provider: provider.to_owned(),
            model: model.to_owned(),
        };
        let cases = [
            ("wisp", local("wisp", None, None)),
            ("local/llama3.1:8b", local("llama3.1", Some("8b"), None)),
            (
                "local/llama3.1:8b@candle",
                local("llama3.1", Some("8b"), Some(Candle)),
            ),
            (
                "llama3.1:8b@ollama",
                local("llama3.1", Some("8b"), Some(Ollama)),
            ),
            (
                "ollama/phi3:3.8b",
                local("phi3", Some("3.8b"), Some(Ollama)),
            ),
            (
                "ollama/user/model:tag",
                local("user/model", Some("tag"), Some(Ollama)),
            ),
            ("user/model@ollama", local("user/model", None, Some(Ollama))),
            (
                "candle/mistral:7b",
                local("mistral", Some("7b"), Some(Candle)),
            ),
            ("models/a.gguf", ModelName::Path("models/a.gguf".into())),
            ("../A.GGUF", ModelName::Path("../A.GGUF".into())),
            ("hf:owner/repo", hub(None, None)),
            ("hf:owner/repo:Q4_K_M", hub(None, Some("Q4_K_M"))),
            ("hf:owner/repo/a/file.gguf", hub(Some("a/file.gguf"), None)),
            ("openai/gpt-4o", remote("openai", "gpt-4o")),
            (
                "router/meta/llama-3:free",
                remote("router", "meta/llama-3:free"),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(ModelName::parse(text).expect(text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_none_says_why() {
        let long = "a".repeat(300);
        let cases = [
            ("", "empty"),
            (" ", "empty"),
            (&long, "300 bytes"),
            ("llama@gpu", "known: candle, ollama"),
            ("llama@olama", "did you mean \"ollama\"?"),
            ("candle/llama@ollama", "contradict"),
            ("openai/gpt-4o@candle", "leave out \"@candle\""),
            ("llama:", "[provider/]model"),
            ("llama:a:b", "':' cannot be part"),
            ("local/", "is empty"),
            ("openai/", "comes the model"),
            ("local/../../etc/passwd", "is no name"),
            ("candle/../x", "is no name"),
            ("ollama/a/../b", "is no name"),
            ("local//etc/passwd", "nothing stands before"),
            ("/etc/passwd", "is empty"),
            ("ollama/a//b", "is empty"),
            ("a//b", "between two slashes"),
            ("a/../b", "between two slashes"),
            ("llama 3", "' ' cannot be part"),
            ("llämä", "'ä' cannot be part"),
            ("a\\b", "cannot be part"),
            ("local/a/b", "\"ollama/a/b\""),
            ("hf:owner", "expected hf:owner/repo"),
            ("hf:owner/..", "is no name"),
            ("hf:owner/repo/../../x.gguf", "is no name"),
            ("hf:/owner/repo", "nothing stands before"),
            ("hf:owner/repo/model.bin", "end in .gguf"),
            ("hf:owner/repo/a.gguf:Q8_0", "either a file or"),
        ];
        for (name, expected) in cases {
            let error = ModelName::parse(name).expect_err(name).to_string();
            assert!(error.contains(expected), "{name}: {error}");
            assert!(error.len() < 400, "{error}");
        }
    }

    #[test]
    fn a_name_is_shown_as_it_is_read() {
        for name in [
            "llama3.1:8b",
            "hf:o/r",
            "hf:o/r/a.gguf",
            "hf:o/r:Q8_0",
            "openai/x",
        ] {
            assert_eq!(ModelName::parse(name).expect(name).to_string(), name);
        }
    }
}
