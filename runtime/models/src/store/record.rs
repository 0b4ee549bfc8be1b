//! What is noted of an installed model, in a file beside it.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::repository::{RepoPath, Repository};
use crate::transfer::Remote;
use crate::{Error, folders};

const EXTENSION: &str = ".json";

/// An installed model. It is written when all files are there and verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What people call it, such as `mistral:7b`; none if it is only known by its repository.
    pub names: Vec<String>,
    pub repository: Repository,
    /// The shards in order, or the one file.
    pub files: Vec<RecordedFile>,
    /// Such as `Q4_K_M`.
    pub quantization: Option<String>,
    /// When it came, in seconds since 1970.
    pub pulled: u64,
}

/// A file of an installed model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedFile {
    pub path: RepoPath,
    /// In bytes.
    pub size: u64,
    /// What was verified; `None` if the server did not tell it.
    pub sha256: Option<String>,
}

impl Record {
    /// The record of files that have come now.
    pub fn new(
        names: Vec<String>,
        repository: Repository,
        directory: &Path,
        files: Vec<(RepoPath, Remote)>,
    ) -> Result<Self, Error> {
        let folder = directory.join(repository.folder());
        let quantization = files.first().and_then(|(path, _)| path.quantization());
        let file = |(path, remote): (RepoPath, Remote)| {
            let there = path.below(&folder);
            let size = std::fs::metadata(&there).map(|file| file.len());
            Ok(RecordedFile {
                size: size.map_err(|source| Error::StoreFile {
                    path: there,
                    source,
                })?,
                sha256: remote.sha256(),
                path,
            })
        };
        Ok(Self {
            names,
            files: files.into_iter().map(file).collect::<Result<_, Error>>()?,
            repository,
            quantization,
            pulled: now(),
        })
    }

    /// Writes it, whole or not at all.
    pub fn write(&self, directory: &Path) -> Result<(), Error> {
        let path = self.path(directory);
        let at = |source| Error::StoreFile {
            path: path.clone(),
            source,
        };
        let text = serde_json::to_vec_pretty(self).map_err(|error| at(error.into()))?;
        replace(&path, &text).map_err(at)
    }

    /// Reads a record.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let damaged = |reason: String| Error::Record {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read(path).map_err(|error| damaged(error.to_string()))?;
        let record: Self =
            serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        match record.files.is_empty() {
            true => Err(damaged("it names no file".to_owned())),
            false => Ok(record),
        }
    }

    /// Whether a file's name is that of a record.
    pub fn is_named(name: &str) -> bool {
        Self::file(name).is_some_and(Self::is_model)
    }

    /// The name of the file that a record of this name lies beside.
    pub fn file(name: &str) -> Option<&str> {
        name.strip_suffix(EXTENSION)
    }

    /// Whether a file's name is that of a model.
    pub fn is_model(name: &str) -> bool {
        name.ends_with(".gguf") || name.ends_with(".safetensors")
    }

    /// Where it lies: beside the first file.
    pub fn path(&self, directory: &Path) -> PathBuf {
        Self::beside(&self.first(directory))
    }

    /// Where the record of a model lies whose first file this is.
    pub fn beside(file: &Path) -> PathBuf {
        let mut path = file.to_owned().into_os_string();
        path.push(EXTENSION);
        path.into()
    }

    /// Where the model's first file lies.
    pub fn first(&self, directory: &Path) -> PathBuf {
        let first = self
            .files
            .first()
            .expect("a record names at least one file");
        first.path.below(&directory.join(self.repository.folder()))
    }

    /// Where all files lie.
    pub fn paths(&self, directory: &Path) -> Vec<PathBuf> {
        let folder = directory.join(self.repository.folder());
        self.files
            .iter()
            .map(|file| file.path.below(&folder))
            .collect()
    }

    /// Whether all files are there with their sizes.
    pub fn is_whole(&self, directory: &Path) -> bool {
        let there = |(path, file): (PathBuf, &RecordedFile)| {
            std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == file.size)
        };
        self.paths(directory)
            .into_iter()
            .zip(&self.files)
            .all(there)
    }

    /// In bytes, over all files.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    // Others may write the same record at the same time, so each writes to a name of its own.
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let (process, write) = (std::process::id(), WRITES.fetch_add(1, Ordering::Relaxed));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!("{name}.{process}-{write}"));
    let written = File::create(&new)
        .and_then(|mut file| file.write_all(text).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&new, path));
    match written {
        Ok(()) => folders::sync(folder),
        Err(error) => {
            let _ = std::fs::remove_file(&new); // the first error says more
            Err(error)
        }
    }
}
