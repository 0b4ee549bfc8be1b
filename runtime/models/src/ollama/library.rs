//! The models that a server has.

use futures_util::future::try_join;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::entry::ModelEntry;
use crate::name::ModelName;
use crate::ollama::server::Server;

/// A model that a server has in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningModel {
    pub name: String,
    /// What it takes in all.
    pub memory_bytes: u64,
    /// What of it is memory of a GPU.
    pub gpu_bytes: u64,
    /// Tokens that a sequence may have, if the server tells it.
    pub context_size: Option<usize>,
    /// When it is unloaded if nobody uses it, in seconds since 1970.
    pub expires: Option<f64>,
}

/// `ListResponse` and `ProcessResponse` of `api/types.go`.
#[derive(Deserialize)]
struct Listed<T> {
    models: Option<Vec<T>>,
}

/// `ListModelResponse`.
#[derive(Deserialize)]
struct Tag {
    name: String,
    size: Option<u64>,
    modified_at: Option<String>,
    #[serde(default)]
    details: Details,
    capabilities: Option<Vec<String>>,
}

/// `ProcessModelResponse`.
#[derive(Deserialize)]
struct Running {
    name: String,
    size: Option<u64>,
    size_vram: Option<u64>,
    context_length: Option<usize>,
    expires_at: Option<String>,
}

/// `ModelDetails`.
#[derive(Deserialize, Default)]
struct Details {
    family: Option<String>,
    parameter_size: Option<String>,
    quantization_level: Option<String>,
    context_length: Option<usize>,
}

/// `ShowResponse`.
#[derive(Deserialize)]
struct Shown {
    template: Option<String>,
    #[serde(default)]
    details: Details,
    model_info: Option<Map<String, Value>>,
    capabilities: Option<Vec<String>>,
    modified_at: Option<String>,
}

/// How many models a server has.
pub async fn count(server: &Server) -> Result<usize, Error> {
    let tags: Listed<Tag> = server.get("/api/tags").await?;
    Ok(tags.models.map_or(0, |models| models.len()))
}

/// The models in memory.
pub async fn running(server: &Server) -> Result<Vec<RunningModel>, Error> {
    let listed: Listed<Running> = server.get("/api/ps").await?;
    let model = |model: Running| RunningModel {
        name: listed_name(&model.name),
        memory_bytes: model.size.unwrap_or(0),
        gpu_bytes: model.size_vram.unwrap_or(0),
        context_size: model.context_length.filter(|&size| size > 0),
        expires: model.expires_at.as_deref().and_then(seconds),
    };
    Ok(listed.models.into_iter().flatten().map(model).collect())
}

/// The models that are there.
pub async fn list(server: &Server) -> Result<Vec<ModelEntry>, Error> {
    let (tags, running) = try_join(server.get::<Listed<Tag>>("/api/tags"), running(server)).await?;
    let tags = tags.models.into_iter().flatten();
    let entries = tags.map(entry).map(|mut entry| {
        entry.loaded = running.iter().any(|model| model.name == entry.name);
        entry
    });
    Ok(entries.collect())
}

/// What a server knows of a model.
pub async fn info(server: &Server, name: &ModelName) -> Result<ModelEntry, Error> {
    let model = name.model();
    let (shown, there) = try_join(show(server, &model), list(server)).await?;
    let tagged = listed_name(&tagged(&model));
    let same = |entry: &ModelEntry| entry.name.eq_ignore_ascii_case(&tagged);
    let known = there.into_iter().find(same).unwrap_or(ModelEntry {
        name: tagged.clone(),
        backend: "ollama".to_owned(),
        ..ModelEntry::default()
    });
    Ok(told(known, shown))
}

/// Whether a server has a model.
pub async fn has(server: &Server, model: &str) -> Result<bool, Error> {
    match show(server, model).await {
        Ok(_) => Ok(true),
        Err(Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the model has to be loaded for embeddings, since it gives no text.
pub async fn only_embeds(server: &Server, model: &str) -> Result<bool, Error> {
    let can = show(server, model).await?.capabilities.unwrap_or_default();
    let can = |what: &str| can.iter().any(|one| one == what);
    Ok(can("embedding") && !can("completion"))
}

async fn show(server: &Server, model: &str) -> Result<Shown, Error> {
    let body = json!({ "model": model });
    server.post("/api/show", model, &body).await
}

fn entry(tag: Tag) -> ModelEntry {
    ModelEntry {
        name: listed_name(&tag.name),
        backend: "ollama".to_owned(),
        size_bytes: tag.size.unwrap_or(0),
        modified: tag.modified_at.as_deref().and_then(seconds),
        capabilities: tag.capabilities.unwrap_or_default(),
        ..described(tag.details)
    }
}

fn described(details: Details) -> ModelEntry {
    let told = |text: &String| !text.is_empty() && text != "unknown";
    ModelEntry {
        quantization: details.quantization_level.filter(told),
        architecture: details.family.filter(told),
        parameters: details.parameter_size.as_deref().and_then(amount),
        context_length: details.context_length.filter(|&length| length > 0),
        ..ModelEntry::default()
    }
}

/// An entry with what the server says when it is asked for the model alone.
fn told(known: ModelEntry, shown: Shown) -> ModelEntry {
    let described = described(shown.details);
    let facts = shown.model_info.unwrap_or_default();
    let architecture = facts.get("general.architecture").and_then(Value::as_str);
    let number = |key: &str| facts.get(key).and_then(Value::as_u64);
    let of_architecture = |key| number(&format!("{}.{key}", architecture?));
    let size = |number: u64| usize::try_from(number).ok();
    ModelEntry {
        quantization: described.quantization.or(known.quantization),
        architecture: architecture.map(str::to_owned).or(described.architecture),
        parameters: number("general.parameter_count").or(described.parameters),
        context_length: of_architecture("context_length")
            .and_then(size)
            .or(known.context_length),
        vocabulary_size: of_architecture("vocab_size").and_then(size),
        modified: known
            .modified
            .or(shown.modified_at.as_deref().and_then(seconds)),
        chat_template: Some(shown.template.is_some_and(|template| !template.is_empty())),
        capabilities: shown.capabilities.unwrap_or(known.capabilities),
        ..known
    }
}

/// A name with its tag, which is `latest` unless it says another.
fn tagged(model: &str) -> String {
    match model.rsplit('/').next() {
        Some(last) if last.contains(':') => model.to_owned(),
        _ => format!("{model}:latest"),
    }
}

/// A name that means the model wherever it is given: one with parts would be taken for a provider's.
pub fn listed_name(name: &str) -> String {
    match name.contains('/') {
        true => format!("{name}@ollama"),
        false => name.to_owned(),
    }
}

/// The number of weights of a label such as `8.0B`.
fn amount(label: &str) -> Option<u64> {
    let digits = label.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &label[digits.len()..] {
        "" => 1.0,
        "K" => 1e3,
        "M" => 1e6,
        "B" => 1e9,
        "T" => 1e12,
        _ => return None,
    };
    let number: f64 = digits.parse().ok()?;
    Some((number * factor).round() as u64)
}

/// Seconds since 1970 of a time such as `2023-12-07T09:32:18.757212583-08:00`.
fn seconds(time: &str) -> Option<f64> {
    let time: Timestamp = time.parse().ok()?;
    // Go's year 1 stands for no time at all.
    Some(time.as_duration().as_secs_f64()).filter(|&seconds| seconds > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_numbers_of_weights() {
        for (label, expected) in [
            ("8.0B", Some(8_000_000_000)),
            ("268.10M", Some(268_100_000)),
            ("135K", Some(135_000)),
            ("1T", Some(1_000_000_000_000)),
            ("7", Some(7)),
            ("", None),
            ("8x7B", None),
            ("8Q", None),
        ] {
            assert_eq!(amount(label), expected, "{label}");
        }
    }

    #[test]
    fn times_are_seconds_since_1970() {
        assert_eq!(seconds("1970-01-01T01:00:02.5+01:00"), Some(2.5));
        assert_eq!(seconds("0001-01-01T00:00:00Z"), None);
        assert_eq!(seconds("yesterday"), None);
    }

    #[test]
    fn a_listed_name_means_the_model_bare_and_after_local() {
        for (name, listed) in [
            ("llama3.2:latest", "llama3.2:latest"),
            ("user/model:tag", "user/model:tag@ollama"),
        ] {
            assert_eq!(listed_name(name), listed);
            for listed in [listed.to_owned(), format!("local/{listed}")] {
                assert_eq!(ModelName::parse(&listed).expect(&listed).model(), name);
            }
        }
    }
}
