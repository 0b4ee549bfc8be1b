//! Models that are known by name: `catalogue.toml`, which is part of the binary.

mod check;

use std::collections::HashSet;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::Error;
use crate::name::ModelName;
use crate::store::repository::{RepoPath, Repository};

const TEXT: &str = include_str!("../../catalogue.toml");

/// Models that are known by name, in the order in which they are recommended.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    #[serde(rename = "model")]
    entries: Vec<Entry>,
}

/// A model that is known by name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Such as `mistral:7b`.
    pub name: String,
    pub description: String,
    /// How many weights it has.
    pub parameters: u64,
    /// In tokens.
    pub context_length: usize,
    /// As its makers call it, such as `apache-2.0`.
    pub license: String,
    #[serde(default)]
    pub recommended: bool,
    /// Whether it makes vectors of texts instead of answers.
    #[serde(default)]
    pub embedding: bool,
    pub repository: Repository,
    files: Vec<File>,
    /// Where the repository and all files were seen.
    pub sources: Vec<String>,
}

/// A model's file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Such as `Q4_K_M`.
    pub quantization: String,
    pub file: RepoPath,
    /// In gigabytes, as far as it is known.
    pub size_gb: Option<f64>,
}

impl Catalogue {
    /// The catalogue in the binary.
    pub fn bundled() -> Result<&'static Self, Error> {
        static CATALOGUE: OnceLock<Result<Catalogue, String>> = OnceLock::new();
        let parsed = CATALOGUE.get_or_init(|| Self::parse(TEXT)).as_ref();
        parsed.map_err(|problem| Error::Catalogue(problem.clone()))
    }

    /// Reads a catalogue; the error says which entry is wrong and how.
    pub fn parse(text: &str) -> Result<Self, String> {
        let catalogue: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut names = HashSet::new();
        for entry in &catalogue.entries {
            entry
                .check()
                .map_err(|problem| format!("{}: {problem}", entry.name))?;
            if !names.insert(&entry.name) {
                return Err(format!("{}: it is there twice", entry.name));
            }
        }
        Ok(catalogue)
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of a name, and the quantization at the end of the name if it has one: `7b-q8_0`. Without a
    /// variant, the first entry of that model.
    pub(crate) fn find(
        &self,
        model: &str,
        variant: Option<&str>,
    ) -> Option<(&Entry, Option<String>)> {
        let named = |name: &str| self.entries.iter().find(|entry| entry.name == name);
        let Some(variant) = variant else {
            let first = self.entries.iter().find(|entry| entry.model() == model);
            return first.map(|entry| (entry, None));
        };
        let whole = named(&format!("{model}:{variant}")).map(|entry| (entry, None));
        whole.or_else(|| {
            let (variant, quantization) = crate::store::split_quantization(variant)?;
            Some((named(&format!("{model}:{variant}"))?, Some(quantization)))
        })
    }

    /// The files that a name may mean; without a variant, those of all variants.
    pub(crate) fn files<'a>(
        &'a self,
        model: &str,
        variant: Option<&str>,
    ) -> Vec<(&'a Repository, &'a RepoPath)> {
        let (entries, wanted): (Vec<&Entry>, _) = match variant {
            None => (
                self.entries
                    .iter()
                    .filter(|entry| entry.model() == model)
                    .collect(),
                None,
            ),
            Some(_) => match self.find(model, variant) {
                Some((entry, wanted)) => (vec![entry], wanted),
                None => return Vec::new(),
            },
        };
        let fits = |file: &&File| wanted.as_ref().is_none_or(|wanted| file.is(wanted));
        let of = |entry: &'a Entry| {
            let files = entry.files.iter().filter(fits);
            files
                .map(move |file| (&entry.repository, &file.file))
                .collect::<Vec<_>>()
        };
        entries.into_iter().flat_map(of).collect()
    }

    /// The names of a file.
    pub(crate) fn names(&self, repository: &Repository, path: &RepoPath) -> Vec<String> {
        let has = |entry: &&Entry| {
            entry.repository == *repository && entry.files.iter().any(|file| file.file == *path)
        };
        self.entries
            .iter()
            .filter(has)
            .map(|entry| entry.name.clone())
            .collect()
    }
}

impl Entry {
    /// Its files, the best choice first.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// The file of a quantization.
    pub fn file(&self, quantization: &str) -> Option<&File> {
        self.files.iter().find(|file| file.is(quantization))
    }

    /// The name without the variant.
    fn model(&self) -> &str {
        self.name.split(':').next().unwrap_or(&self.name)
    }

    fn check(&self) -> Result<(), String> {
        let text = |text: &str| !text.trim().is_empty();
        let parsed = ModelName::parse(&self.name);
        let variant = matches!(
            parsed,
            Ok(ModelName::Local {
                variant: Some(_),
                backend: None,
                ..
            })
        );
        let quantizations: HashSet<_> = self.files.iter().map(|file| &file.quantization).collect();
        for (holds, problem) in [
            (variant, "its name is not of the form model:variant"),
            (text(&self.description), "it has no description"),
            (text(&self.license), "it has no licence"),
            (self.parameters > 0, "it has no parameters"),
            (self.context_length > 0, "it has no context"),
            (!self.files.is_empty(), "it has no file"),
            (
                quantizations.len() == self.files.len(),
                "a quantization is there twice",
            ),
            (self.is_cited(), "it does not say where it was seen"),
        ] {
            if !holds {
                return Err(problem.to_owned());
            }
        }
        self.files.iter().try_for_each(File::check)
    }

    fn is_cited(&self) -> bool {
        let cited = |source: &String| source.starts_with("https://") && source.len() > 20;
        !self.sources.is_empty() && self.sources.iter().all(cited)
    }
}

impl File {
    fn is(&self, quantization: &str) -> bool {
        self.quantization.eq_ignore_ascii_case(quantization)
    }

    fn check(&self) -> Result<(), String> {
        let said = self.file.quantization();
        if said.as_deref() != Some(&self.quantization) {
            return Err(format!(
                "{} says another quantization than {}",
                self.file, self.quantization
            ));
        }
        match self.size_gb {
            Some(size) if !(0.001..1000.0).contains(&size) => {
                Err(format!("{}: {size} GB is no size", self.file))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
