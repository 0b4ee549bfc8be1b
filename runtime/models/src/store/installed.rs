//! A model that is there.

use std::path::{Path, PathBuf};

use super::hub_cache::Cached;
use super::record::Record;
use super::repository::{RepoPath, Repository};
use crate::name::ModelName;

/// A model that is there.
#[derive(Debug, Clone)]
pub struct Installed {
    /// It is found under this name.
    pub name: String,
    /// Its first file.
    pub path: PathBuf,
    /// In bytes, over all files.
    pub size: u64,
    pub quantization: Option<String>,
    /// `None` if it lies in the cache of Hugging Face.
    pub record: Option<Record>,
}

impl Installed {
    pub fn recorded(name: String, record: Record, directory: &Path) -> Self {
        Self {
            name,
            path: record.first(directory),
            size: record.size(),
            quantization: record.quantization.clone(),
            record: Some(record),
        }
    }

    pub fn cached(cached: Cached) -> Option<Self> {
        let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
        Some(Self {
            name: name(&cached.repository, &cached.path),
            size: cached.files.iter().map(size).sum(),
            quantization: cached.path.quantization(),
            path: cached.files.into_iter().next()?,
            record: None,
        })
    }
}

/// The name of a file in a repository: by its path, or if names cannot have that in them, by what it says
/// of its quantization.
pub fn name(repository: &Repository, path: &RepoPath) -> String {
    let by_path = format!("hf:{repository}/{path}");
    match (ModelName::parse(&by_path), path.quantization()) {
        (Err(_), Some(quantization)) => format!("hf:{repository}:{quantization}"),
        _ => by_path,
    }
}
