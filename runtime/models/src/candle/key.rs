//! Which file a model is.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use llmspell_inference as inference;
use llmspell_inference::Source;

use crate::name::ModelName;
use crate::store::{Store, how_to_get, shards};
use crate::{BUNDLED, Error};

/// The demonstration model in the box; its card stands beside it.
pub const WISP: &[u8] = include_bytes!("../../wisp/wisp.gguf");

/// What a model is kept under: the same file under two names is one model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    Bundled,
    File(PathBuf),
}

impl Key {
    /// The file that a name means. Looks through the store, unless the name is a path or the bundled model's.
    pub fn of(name: &ModelName, store: &Store) -> Result<Self, Error> {
        match Self::at_once(name) {
            Some(key) => Ok(key),
            None => match store.find(name)? {
                Some(installed) => Ok(Self::file(&installed.path)),
                None => Err(not_installed(name)),
            },
        }
    }

    /// The file that a name means, if no folder has to be read for that.
    pub fn at_once(name: &ModelName) -> Option<Self> {
        match name {
            ModelName::Path(path) => Some(Self::file(path)),
            ModelName::Local {
                model,
                variant: None,
                ..
            } if model == BUNDLED => Some(Self::Bundled),
            _ => None,
        }
    }

    /// A file under its one true path. Only a link to a file that needs others keeps its name, for that leads to
    /// them: a shard, or safetensors.
    pub fn file(path: &Path) -> Self {
        let Ok(real) = path.canonicalize() else {
            return Self::File(path.to_owned());
        };
        let folder = || path.parent()?.canonicalize().ok();
        match (
            real.file_name() == path.file_name(),
            is_shard(path) || is_safetensors(path),
            folder(),
            path.file_name(),
        ) {
            (false, true, Some(folder), Some(name)) => Self::File(folder.join(name)),
            _ => Self::File(real),
        }
    }

    /// Looks whether a file is there, without opening it.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::File(path) if path.is_dir() => Err(inference::Error::IsDirectory {
                file: path.display().to_string(),
            }
            .into()),
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

fn is_shard(path: &Path) -> bool {
    path.to_str()
        .is_some_and(|path| shards::number(path).is_some())
}

fn is_safetensors(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"))
}

/// The error for a model that is not there.
pub fn not_installed(name: &ModelName) -> Error {
    Error::NotFound {
        model: name.to_string(),
        place: "is installed".to_owned(),
        hint: format!(
            "; {}, or take the bundled \"wisp\" or any GGUF file by its path, such as \"models/llama.gguf\"",
            how_to_get(name)
        ),
    }
}

fn modified(path: &Path) -> Option<f64> {
    let time = std::fs::metadata(path).ok()?.modified().ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs_f64())
}
