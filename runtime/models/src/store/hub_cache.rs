//! Models that other programs have got from Hugging Face. They are used where they lie.

use std::path::{Path, PathBuf};

use super::repository::{RepoPath, Repository};
use super::walk;

/// The cache of Hugging Face's own programs. Source of its layout: `huggingface_hub`'s "Understand caching".
pub struct HubCache(Option<hf_hub::Cache>);

/// A model in the cache.
pub struct Cached {
    pub repository: Repository,
    pub path: RepoPath,
    /// All of its files, the one that `path` names first.
    pub files: Vec<PathBuf>,
}

impl HubCache {
    pub fn new(folder: Option<&Path>) -> Self {
        Self(folder.map(|folder| hf_hub::Cache::new(folder.to_owned())))
    }

    /// A model by one of its files, if all of them are there.
    pub fn get(&self, repository: &Repository, path: &RepoPath) -> Option<Cached> {
        let repo = self.0.as_ref()?.model(repository.to_string());
        let shards = path.shards();
        // A link in the cache may outlive what it leads to; `get` looks at its end.
        let files = shards.iter().map(|shard| repo.get(shard.as_str()));
        Some(Cached {
            repository: repository.clone(),
            path: shards.first()?.clone(),
            files: files.collect::<Option<_>>()?,
        })
    }

    /// The models of a repository that are there.
    pub fn models(&self, repository: &Repository) -> Vec<Cached> {
        let snapshot = || {
            let repo = self.0.as_ref()?.path().join(folder(repository));
            let commit = std::fs::read_to_string(repo.join("refs/main")).ok()?;
            Some(repo.join("snapshots").join(commit.trim()))
        };
        let Some(snapshot) = snapshot() else {
            return Vec::new();
        };
        let found = walk::files(&snapshot, is_model).unwrap_or_default();
        let path = |file: PathBuf| {
            let parts = file.strip_prefix(&snapshot).ok()?.iter();
            let parts: Option<Vec<&str>> = parts.map(|part| part.to_str()).collect();
            RepoPath::parse(&parts?.join("/"))
        };
        let first = |path: &RepoPath| path.shards().first() == Some(path);
        let paths = found.into_iter().filter_map(path).filter(first);
        paths
            .filter_map(|path| self.get(repository, &path))
            .collect()
    }

    /// All models that are there.
    pub fn all(&self) -> Vec<Cached> {
        let Some(entries) = self
            .0
            .as_ref()
            .and_then(|cache| std::fs::read_dir(cache.path()).ok())
        else {
            return Vec::new();
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut repositories: Vec<_> = names.filter_map(|name| repository(&name)).collect();
        repositories.sort();
        repositories
            .iter()
            .flat_map(|repository| self.models(repository))
            .collect()
    }
}

fn is_model(name: &str) -> bool {
    name.ends_with(".gguf") && !name.starts_with("mmproj")
}

fn folder(repository: &Repository) -> String {
    format!("models--{}--{}", repository.owner(), repository.name())
}

fn repository(folder: &str) -> Option<Repository> {
    let (owner, name) = folder.strip_prefix("models--")?.split_once("--")?;
    Repository::parse(&format!("{owner}/{name}"))
}
