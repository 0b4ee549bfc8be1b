//! A model as Hugging Face keeps it: a folder with `config.json`, `model.safetensors`, `tokenizer.json` and,
//! from the library sentence-transformers, `modules.json` and `1_Pooling/config.json`.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::config::{Config, Kind, Module, PoolingConfig, Positions};
use super::kind;
use super::safetensors::Tensors;
use super::shape::{Pooling, Shape};
use crate::source::Bytes;
use crate::{Error, Source};

pub(crate) struct Folder {
    path: PathBuf,
    weights: PathBuf,
}

/// Whether a path means such a folder.
pub(crate) fn is_folder(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|it| it.eq_ignore_ascii_case("safetensors"))
        || path.join("config.json").is_file()
}

/// What is known of the model without its weights.
pub(crate) struct Described {
    pub architecture: String,
    pub parameters: u64,
    pub quantization: String,
    pub context_length: usize,
    pub hidden: usize,
    pub vocabulary: usize,
    pub bytes: u64,
}

impl Folder {
    /// The folder of a path: itself, or what its weights lie in.
    pub fn of(path: &Path) -> Self {
        match path.is_dir() {
            true => Self {
                path: path.to_owned(),
                weights: path.join("model.safetensors"),
            },
            false => Self {
                path: path.parent().unwrap_or(Path::new("")).to_owned(),
                weights: path.to_owned(),
            },
        }
    }

    /// The name that errors use.
    pub fn name(&self) -> String {
        self.weights.display().to_string()
    }

    pub fn weights(&self) -> Result<Bytes, Error> {
        Source::Path(self.weights.clone()).load()
    }

    /// A file of the folder.
    pub fn read(&self, file: &str) -> Result<Bytes, Error> {
        Source::Path(self.path.join(file)).load()
    }

    pub fn malformed(&self, file: &str, field: &str, reason: impl Display) -> Error {
        Error::Malformed {
            file: self.path.join(file).display().to_string(),
            field: field.to_owned(),
            reason: reason.to_string(),
        }
    }

    fn json<T: DeserializeOwned>(&self, file: &str) -> Result<T, Error> {
        let parsed = serde_json::from_slice(&self.read(file)?);
        parsed.map_err(|error| self.malformed(file, "JSON", error))
    }

    /// A file that need not be there.
    fn optional<T: DeserializeOwned>(&self, file: &str) -> Result<Option<T>, Error> {
        match self.json(file) {
            Ok(parsed) => Ok(Some(parsed)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn config(&self) -> Result<Config, Error> {
        let kind: Kind = self.json("config.json")?;
        match kind.model_type.as_str() {
            "bert" => self.json("config.json"),
            other => Err(kind::unsupported(&self.name(), other)),
        }
    }

    pub(super) fn shape(&self) -> Result<Shape, Error> {
        let config = self.config()?;
        let Positions::Absolute = config.position_embedding_type;
        let shape = Shape {
            layers: config.num_hidden_layers,
            hidden: config.hidden_size,
            heads: config.num_attention_heads,
            feed_forward: config.intermediate_size,
            context_length: config.max_position_embeddings,
            epsilon: config.layer_norm_eps,
            activation: config.hidden_act.into(),
        };
        match shape.problem() {
            Some(problem) => Err(self.malformed("config.json", "num_attention_heads", problem)),
            None => Ok(shape),
        }
    }

    /// The mean, unless the folder says otherwise.
    pub(super) fn pooling(&self) -> Result<Pooling, Error> {
        const FILE: &str = "1_Pooling/config.json";
        self.check_modules()?;
        let Some(config) = self.optional::<PoolingConfig>(FILE)? else {
            return Ok(Pooling::Mean);
        };
        let on = config.modes();
        let modes: Vec<&str> = on.iter().map(String::as_str).collect();
        match modes[..] {
            [] | ["pooling_mode_mean_tokens"] => Ok(Pooling::Mean),
            ["pooling_mode_cls_token"] => Ok(Pooling::First),
            _ => Err(Error::UnsupportedSetting {
                file: self.path.join(FILE).display().to_string(),
                key: "pooling mode".to_owned(),
                value: on.join(" and "),
                supported: "pooling_mode_mean_tokens and pooling_mode_cls_token, one of them",
            }),
        }
    }

    /// Refuses a model with parts behind the encoder that would be left out.
    fn check_modules(&self) -> Result<(), Error> {
        const KNOWN: [&str; 3] = ["Transformer", "Pooling", "Normalize"];
        let modules: Vec<Module> = self.optional("modules.json")?.unwrap_or_default();
        let kind = |module: &Module| module.r#type.rsplit('.').next().unwrap_or("").to_owned();
        let mut kinds = modules.iter().map(kind);
        match kinds.find(|kind| !KNOWN.contains(&kind.as_str())) {
            None => Ok(()),
            Some(value) => Err(Error::UnsupportedSetting {
                file: self.path.join("modules.json").display().to_string(),
                key: "type".to_owned(),
                value,
                supported: "Transformer, Pooling and Normalize",
            }),
        }
    }

    pub(super) fn tensors<'a>(&self, bytes: &'a Bytes) -> Result<Tensors<'a>, Error> {
        Tensors::new(self.name(), bytes)
    }

    pub fn describe(&self) -> Result<Described, Error> {
        let config = self.config()?;
        let bytes = self.weights()?;
        let weights = self.tensors(&bytes)?;
        Ok(Described {
            architecture: config.model_type,
            parameters: weights.parameters(),
            quantization: weights.kind(),
            context_length: config.max_position_embeddings,
            hidden: config.hidden_size,
            vocabulary: config.vocab_size,
            bytes: bytes.len() as u64,
        })
    }
}
