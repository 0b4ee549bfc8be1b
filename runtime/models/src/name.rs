//! [`ModelName`]: what people call a model.

use std::fmt;
use std::path::PathBuf;

use crate::Error;

/// What runs a model on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    Candle,
    Ollama,
}

/// A model's name, parsed: `[provider/]model[:variant][@backend]` or the path of a GGUF file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelName {
    /// A file; its name ends in `.gguf`.
    Path(PathBuf),
    /// A model that a backend knows by name.
    Local {
        model: String,
        variant: Option<String>,
        /// `None` lets llmspell choose.
        backend: Option<Backend>,
    },
    /// A file or a quantization in a Hugging Face repository.
    HuggingFace(String),
    /// A model of a remote provider.
    Remote { provider: String, model: String },
}

impl ModelName {
    /// Parses a name.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let problem = |problem: &str| Error::Name {
            name: name.to_owned(),
            problem: problem.to_owned(),
        };
        if name.trim().is_empty() {
            return Err(problem("it is empty"));
        }
        if let Some(repository) = name.strip_prefix("hf:") {
            return Ok(Self::HuggingFace(repository.to_owned()));
        }
        if name.to_ascii_lowercase().ends_with(".gguf") {
            return Ok(Self::Path(name.into()));
        }
        let (name, backend) = match name.rsplit_once('@') {
            Some((rest, "candle")) => (rest, Some(Backend::Candle)),
            Some((rest, "ollama")) => (rest, Some(Backend::Ollama)),
            Some(_) => return Err(problem("after @ comes the backend: candle or ollama")),
            None => (name, None),
        };
        let (provider, model) = match name.split_once('/') {
            Some((provider, model)) => (Some(provider), model),
            None => (None, name),
        };
        let provider_backend = match provider {
            None | Some("local") => None,
            Some("candle") => Some(Backend::Candle),
            Some("ollama") => Some(Backend::Ollama),
            Some(provider) => {
                return Ok(Self::Remote {
                    provider: provider.to_owned(),
                    model: model.to_owned(),
                });
            }
        };
        if provider_backend.is_some() && backend.is_some() && provider_backend != backend {
            return Err(problem(
                "the provider and the backend after @ contradict each other",
            ));
        }
        let (model, variant) = match model.split_once(':') {
            Some((model, variant)) => (model, Some(variant.to_owned())),
            None => (model, None),
        };
        if model.is_empty() || variant.as_deref() == Some("") {
            return Err(problem("expected [provider/]model[:variant][@backend]"));
        }
        Ok(Self::Local {
            model: model.to_owned(),
            variant,
            backend: provider_backend.or(backend),
        })
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::HuggingFace(repository) => write!(f, "hf:{repository}"),
            Self::Remote { provider, model } => write!(f, "{provider}/{model}"),
            Self::Local { model, variant, .. } => match variant {
                Some(variant) => write!(f, "{model}:{variant}"),
                None => f.write_str(model),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(model: &str, variant: Option<&str>, backend: Option<Backend>) -> ModelName {
        ModelName::Local {
            model: model.to_owned(),
            variant: variant.map(str::to_owned),
            backend,
        }
    }

    #[test]
    fn names_are_split_into_provider_model_variant_and_backend() {
        let cases = [
            ("wisp", local("wisp", None, None)),
            ("local/llama3.1:8b", local("llama3.1", Some("8b"), None)),
            (
                "local/llama3.1:8b@candle",
                local("llama3.1", Some("8b"), Some(Backend::Candle)),
            ),
            (
                "llama3.1:8b@ollama",
                local("llama3.1", Some("8b"), Some(Backend::Ollama)),
            ),
            (
                "ollama/phi3:3.8b",
                local("phi3", Some("3.8b"), Some(Backend::Ollama)),
            ),
            (
                "candle/mistral:7b",
                local("mistral", Some("7b"), Some(Backend::Candle)),
            ),
            ("models/a.gguf", ModelName::Path("models/a.gguf".into())),
            (
                "hf:owner/repo/file.gguf",
                ModelName::HuggingFace("owner/repo/file.gguf".into()),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(ModelName::parse(text).expect(text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_none_says_why() {
        let problem = |name: &str| ModelName::parse(name).expect_err(name).to_string();
        assert!(problem("").contains("empty"));
        assert!(problem("llama@gpu").contains("candle or ollama"));
        assert!(problem("candle/llama@ollama").contains("contradict"));
        assert!(problem("llama:").contains("[provider/]model"));
    }
}
