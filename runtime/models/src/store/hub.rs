//! Hugging Face, or a server that speaks like it.

use reqwest::Url;
use serde::Deserialize;

use super::repository::{RepoPath, Repository};
use super::wanted::{Choice, Wanted};
use crate::Error;
use crate::settings::StoreSettings;
use crate::transfer::{Remote, Transfer};
use crate::url::masked;

/// A server with repositories.
pub struct Hub(pub Transfer);

/// An entry of a repository's listing. Source: `GET /api/models/{repo}/tree/{revision}` in the Hub API.
#[derive(Deserialize)]
struct TreeEntry {
    path: String,
}

impl Hub {
    pub fn new(settings: &StoreSettings) -> Result<Self, Error> {
        let wrong = || Error::Endpoint(masked(&settings.endpoint));
        let endpoint = Url::parse(settings.endpoint.trim_end_matches('/')).map_err(|_| wrong())?;
        if !matches!(endpoint.scheme(), "http" | "https") || endpoint.host().is_none() {
            return Err(wrong());
        }
        let transfer = Transfer::new(endpoint, settings.token.as_ref(), settings.transfer.clone());
        Ok(Self(transfer?))
    }

    /// Where a file is.
    pub fn url(&self, repository: &Repository, path: &RepoPath) -> Url {
        let place = [repository.owner(), repository.name(), "resolve", "main"];
        self.address(place.into_iter().chain(path.as_str().split('/')))
    }

    /// Asks what a file is.
    pub async fn probe(&self, repository: &Repository, path: &RepoPath) -> Result<Remote, Error> {
        self.0.probe(&self.url(repository, path)).await
    }

    /// The files of the model that is wanted, at least one: all shards, the one file, or weights with what describes them.
    pub async fn files(&self, wanted: &Wanted, default: &str) -> Result<Vec<RepoPath>, Error> {
        let quantization = match &wanted.choice {
            Choice::File(path) if path.is_safetensors() => {
                return self.described(&wanted.repository, path).await;
            }
            Choice::File(path) => return Ok(path.shards()),
            Choice::Quantization(quantization) => quantization.as_deref(),
        };
        let models = self.models(&wanted.repository).await?;
        Ok(choose(&wanted.model, &models, quantization, default)?.shards())
    }

    /// Weights, with the files that say what model they are and how its vectors are made.
    async fn described(
        &self,
        repository: &Repository,
        weights: &RepoPath,
    ) -> Result<Vec<RepoPath>, Error> {
        let there = self.paths(repository).await?;
        let is_there = |file: &RepoPath| there.iter().any(|path| path == file.as_str());
        let files = weights.describing().into_iter();
        let wanted = files.filter(|(file, needed)| *needed || is_there(file));
        let wanted = wanted.map(|(file, _)| file);
        Ok(std::iter::once(weights.clone()).chain(wanted).collect())
    }

    /// The models of a repository, each by its first file.
    async fn models(&self, repository: &Repository) -> Result<Vec<RepoPath>, Error> {
        let mut models = Vec::new();
        for path in self.paths(repository).await? {
            if !is_model(&path) {
                continue;
            }
            let path = RepoPath::of(repository, &path)?;
            if path.shards().first() == Some(&path) {
                models.push(path);
            }
        }
        Ok(models)
    }

    /// What the server lists of a repository.
    async fn paths(&self, repository: &Repository) -> Result<Vec<String>, Error> {
        let place = [
            "api",
            "models",
            repository.owner(),
            repository.name(),
            "tree",
            "main",
        ];
        let mut url = self.address(place);
        url.set_query(Some("recursive=true"));
        let entries: Vec<TreeEntry> = self.0.json(&url).await?;
        Ok(entries.into_iter().map(|entry| entry.path).collect())
    }

    fn address<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.0.endpoint().clone();
        let mut path = url
            .path_segments_mut()
            .expect("an address of http has a path");
        path.pop_if_empty().extend(parts);
        drop(path);
        url
    }
}

/// Whether a path names a model; a projector for images is none by itself.
fn is_model(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit(['/', '\\']).next().unwrap_or(&path);
    name.ends_with(".gguf") && !name.starts_with("mmproj")
}

fn choose<'a>(
    model: &str,
    models: &'a [RepoPath],
    wanted: Option<&str>,
    default: &str,
) -> Result<&'a RepoPath, Error> {
    let with = |wanted: &str| {
        let has = |path: &&RepoPath| {
            path.quantization()
                .is_some_and(|q| q.eq_ignore_ascii_case(wanted))
        };
        models.iter().find(has)
    };
    let found = match (wanted, models) {
        (Some(wanted), _) => with(wanted),
        (None, [only]) => Some(only),
        (None, _) => with(default),
    };
    found.ok_or_else(|| {
        let mut known: Vec<String> = models.iter().map(describe).collect();
        known.sort();
        known.dedup();
        Error::NoSuchQuantization {
            model: model.to_owned(),
            wanted: wanted.unwrap_or(default).to_owned(),
            known,
        }
    })
}

fn describe(path: &RepoPath) -> String {
    path.quantization().unwrap_or_else(|| path.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<RepoPath> {
        names
            .iter()
            .map(|name| RepoPath::parse(name).expect("a path"))
            .collect()
    }

    #[test]
    fn a_quantization_chooses_among_the_files() {
        let models = paths(&["m-Q4_K_M.gguf", "m-q8_0.gguf", "BF16/m-00001-of-00002.gguf"]);
        let chosen = |wanted| choose("m", &models, wanted, "Q4_K_M").map(RepoPath::as_str);
        assert_eq!(chosen(None).expect("the default"), "m-Q4_K_M.gguf");
        assert_eq!(chosen(Some("Q8_0")).expect("there"), "m-q8_0.gguf");
        assert_eq!(
            chosen(Some("bf16")).expect("there"),
            "BF16/m-00001-of-00002.gguf"
        );
        let text = chosen(Some("Q5_0")).expect_err("not there").to_string();
        assert_eq!(
            text,
            "m: there is no Q5_0 of it; there are BF16, Q4_K_M, Q8_0"
        );
    }

    #[test]
    fn an_only_file_needs_no_quantization() {
        let only = paths(&["model.gguf"]);
        assert!(choose("m", &only, None, "Q4_K_M").is_ok());
        let text = choose("m", &[], None, "Q4_K_M")
            .expect_err("nothing")
            .to_string();
        assert!(text.ends_with("there is no GGUF file at all"), "{text}");
    }
}
