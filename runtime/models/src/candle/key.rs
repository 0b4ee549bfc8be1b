//! Which file a model is.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use llmspell_inference as inference;
use llmspell_inference::Source;

use crate::name::ModelName;
use crate::{BUNDLED, Error};

/// The demonstration model in the box; its card stands beside it.
const WISP: &[u8] = include_bytes!("../../wisp/wisp.gguf");

/// What a model is kept under: the same file under two names is one model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    Bundled,
    File(PathBuf),
}

impl Key {
    pub fn of(name: &ModelName) -> Result<Self, Error> {
        match name {
            ModelName::Path(path) => Ok(Self::File(path.canonicalize().unwrap_or(path.clone()))),
            ModelName::Local {
                model,
                variant: None,
                ..
            } if model == BUNDLED => Ok(Self::Bundled),
            other => Err(Error::NotFound {
                model: other.to_string(),
                place: "is installed".to_owned(),
                hint: "; there is the bundled \"wisp\", and any GGUF file by its path, such as \"models/llama.gguf\"".to_owned(),
            }),
        }
    }

    /// Looks whether a file is there, without opening it.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::File(path) if !path.exists() => Err(inference::Error::NotFound {
                file: path.display().to_string(),
            }
            .into()),
            _ => Ok(()),
        }
    }

    pub fn source(&self) -> Source {
        match self {
            Self::Bundled => Source::Bytes {
                name: BUNDLED.to_owned(),
                bytes: WISP,
            },
            Self::File(path) => Source::Path(path.clone()),
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::Bundled => BUNDLED.to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// How tokens are drawn unless the request says otherwise: a model as small as the bundled one
    /// makes sense only without chance.
    pub fn sampling(&self) -> inference::Sampling {
        match self {
            Self::Bundled => inference::Sampling::greedy(),
            Self::File(_) => inference::Sampling::default(),
        }
    }

    /// When the file was last changed, in seconds since 1970.
    pub fn modified(&self) -> Option<f64> {
        match self {
            Self::Bundled => None,
            Self::File(path) => modified(path),
        }
    }
}

fn modified(path: &Path) -> Option<f64> {
    let time = std::fs::metadata(path).ok()?.modified().ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs_f64())
}
