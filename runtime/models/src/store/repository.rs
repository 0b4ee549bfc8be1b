//! A repository's name and the names of its files, checked before they become paths.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{quantization, shards};
use crate::Error;
use crate::name::HubName;

/// The longest name of a file or folder, in bytes: what lies beside a file has a longer one, and file systems
/// take 255.
const LONGEST: usize = 240;

/// A repository on Hugging Face. Both parts of its name have been checked to be names of folders.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Repository {
    owner: String,
    name: String,
}

impl Repository {
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let plain = |part: &str| is_plain(part) && part.is_ascii();
        (plain(owner) && plain(name)).then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    pub fn owner(&self) -> &str {
        &self.owner
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its folder below that of all models.
    pub fn folder(&self) -> PathBuf {
        Path::new(&self.owner).join(&self.name)
    }
}

impl From<&HubName> for Repository {
    fn from(name: &HubName) -> Self {
        Self {
            owner: name.owner.clone(),
            name: name.repository.clone(),
        }
    }
}

impl TryFrom<String> for Repository {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no repository"))
    }
}

impl From<Repository> for String {
    fn from(repository: Repository) -> Self {
        repository.to_string()
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// The path of a file within a repository, which leads nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoPath(String);

impl RepoPath {
    pub fn parse(text: &str) -> Option<Self> {
        let names = !text.is_empty() && text.len() <= 1024 && text.split('/').all(is_plain);
        names.then(|| Self(text.to_owned()))
    }

    /// The path that a server names.
    pub fn of(repository: &Repository, text: &str) -> Result<Self, Error> {
        Self::parse(text).ok_or_else(|| Error::HostileName {
            repository: repository.to_string(),
            name: text.chars().take(100).collect(),
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn below(&self, folder: &Path) -> PathBuf {
        folder.join(self.0.split('/').collect::<PathBuf>())
    }

    pub fn quantization(&self) -> Option<String> {
        quantization::of(&self.0)
    }

    pub fn is_safetensors(&self) -> bool {
        self.0.ends_with(".safetensors")
    }

    /// What says which model weights are, and how its vectors are made, each with whether it has to be there.
    pub(super) fn describing(&self) -> Vec<(Self, bool)> {
        const FILES: [(&str, bool); 4] = [
            ("config.json", true),
            ("tokenizer.json", true),
            ("modules.json", false),
            ("1_Pooling/config.json", false),
        ];
        let files = FILES.iter().filter(|_| self.is_safetensors());
        files
            .map(|(file, needed)| (self.beside(file), *needed))
            .collect()
    }

    /// A file in the same folder, or below it.
    fn beside(&self, plain: &str) -> Self {
        match self.0.rsplit_once('/') {
            Some((folder, _)) => Self(format!("{folder}/{plain}")),
            None => Self(plain.to_owned()),
        }
    }

    /// All files of its model: itself, or all shards.
    pub fn shards(&self) -> Vec<Self> {
        // Only digits differ, so the others are as plain as this one.
        shards::all(&self.0).into_iter().map(Self).collect()
    }
}

impl TryFrom<String> for RepoPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no path within a repository"))
    }
}

impl From<RepoPath> for String {
    fn from(path: RepoPath) -> Self {
        path.0
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text can be the name of a file or folder on any system, and of nothing else.
fn is_plain(name: &str) -> bool {
    let odd = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    !name.is_empty()
        && name.len() <= LONGEST
        && !name.chars().all(|c| c == '.')
        && !name.ends_with([' ', '.'])
        && !name.contains(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_no_names() {
        let long = "a".repeat(300);
        for odd in [
            "",
            "..",
            "../x.gguf",
            "a/../../x.gguf",
            "/etc/passwd",
            "a//b",
            "./a",
            "a\\..\\b",
            "C:x",
            "a\0b",
            "a\nb",
            "a/",
            "a.",
            &long,
        ] {
            assert_eq!(RepoPath::parse(odd), None, "{odd:?}");
        }
        for fine in [
            "a.gguf",
            "Q4_K_M/a-00001-of-00002.gguf",
            "ä b.gguf",
            "..a",
            "a..b",
        ] {
            assert!(RepoPath::parse(fine).is_some(), "{fine:?}");
        }
    }

    #[test]
    fn a_repository_has_an_owner_and_a_name() {
        assert!(Repository::parse("owner/repo-GGUF").is_some());
        for odd in [
            "repo", "/repo", "owner/", "a/b/c", "../b", "a/..", "a b:/c", "ä/b",
        ] {
            assert_eq!(Repository::parse(odd), None, "{odd:?}");
        }
    }
}
