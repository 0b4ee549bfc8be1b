//! Replies as people and programs read them.

use std::fmt::Write as _;

use jiff::Timestamp;
use llmspell_models::{AvailableModel, ModelEntry, ModelReply, Status};
use serde_json::{Value, json};

use super::table::Table;

/// A reply as JSON.
pub fn json(reply: &ModelReply) -> Value {
    match reply {
        ModelReply::Models { models, .. } => models.iter().map(entry_json).collect(),
        ModelReply::Available(models) => models
            .iter()
            .map(|m| with_gb(json!(m), m.size_bytes))
            .collect(),
        ModelReply::Info(model) => entry_json(model),
        ModelReply::Status(status) => status_json(status),
        ModelReply::Exists(there) => json!(there),
        ModelReply::Progress(progress) => json!(progress),
        ModelReply::Done => Value::Null,
    }
}

fn entry_json(model: &ModelEntry) -> Value {
    with_gb(json!(model), Some(model.size_bytes))
}

/// Script and command line show sizes in both units.
fn with_gb(mut json: Value, bytes: Option<u64>) -> Value {
    json["size_gb"] = json!(bytes.map(|bytes| bytes as f64 / 1e9));
    json
}

/// The state of the backends under the names that scripts see.
fn status_json(status: &Status) -> Value {
    json!(status)
}

/// A reply as text; `long` shows more.
pub fn reply(reply: &ModelReply, long: bool) -> String {
    match reply {
        ModelReply::Models { models, .. } => list(models, long),
        ModelReply::Available(models) => available(models),
        ModelReply::Info(model) => info(model),
        ModelReply::Status(status) => state(status),
        other => format!("{}\n", json(other)),
    }
}

fn list(models: &[ModelEntry], long: bool) -> String {
    let mut table = Table::new(&["NAME", "BACKEND", "SIZE", "QUANT", "PARAMS", "CONTEXT", ""]);
    for model in models {
        let mut notes = Vec::new();
        notes.extend(model.bundled.then(|| "bundled".to_owned()));
        notes.extend(model.loaded.then(|| "loaded".to_owned()));
        if long {
            notes.extend(model.architecture.clone());
            notes.extend(model.modified.and_then(date));
        }
        table.row([
            model.name.clone(),
            model.backend.clone(),
            size(model.size_bytes),
            or_dash(model.quantization.clone()),
            or_dash(model.parameters.map(count)),
            or_dash(model.context_length.map(|tokens| tokens.to_string())),
            notes.join(", "),
        ]);
    }
    table.to_string()
}

fn available(models: &[AvailableModel]) -> String {
    if models.is_empty() {
        return "None is known here. Ollama's library cannot be listed, but `llmspell model pull ollama/NAME` \
                gets a model of it; https://ollama.com/library shows them.\n"
            .to_owned();
    }
    let mut table = Table::new(&[
        "NAME",
        "BACKEND",
        "SIZE",
        "PARAMS",
        "QUANTIZATIONS",
        "DESCRIPTION",
    ]);
    for model in models {
        table.row([
            // A name alone is pulled for Candle.
            format!(
                "{}{}{}",
                if model.backend == "ollama" {
                    "ollama/"
                } else {
                    ""
                },
                model.name,
                if model.recommended { " *" } else { "" }
            ),
            model.backend.clone(),
            or_dash(model.size_bytes.map(size)),
            or_dash(model.parameters.map(count)),
            model.quantizations.join(" "),
            model.description.clone(),
        ]);
    }
    format!("{table}\n* recommended. Get one with `llmspell model pull NAME`.\n")
}

fn info(model: &ModelEntry) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(text, "{name:<14}{value}");
        }
    };
    line("name", Some(model.name.clone()));
    line("backend", Some(model.backend.clone()));
    line("size", Some(size(model.size_bytes)));
    line("quantization", model.quantization.clone());
    line("architecture", model.architecture.clone());
    line("parameters", model.parameters.map(count));
    line(
        "context",
        model
            .context_length
            .map(|tokens| format!("{tokens} tokens")),
    );
    line(
        "vocabulary",
        model
            .vocabulary_size
            .map(|tokens| format!("{tokens} tokens")),
    );
    line("template", model.template.clone());
    line("modified", model.modified.and_then(date));
    line(
        "loaded",
        Some(if model.loaded { "yes" } else { "no" }.to_owned()),
    );
    line("bundled", model.bundled.then(|| "yes".to_owned()));
    text
}

fn state(status: &Status) -> String {
    let ollama = &status.ollama;
    let ollama_state = match (&ollama.version, &ollama.error) {
        (Some(version), _) => format!(
            "version {version}, {} at {}",
            models(ollama.models),
            ollama.url
        ),
        (None, Some(error)) => format!("does not answer at {} ({error})", ollama.url),
        (None, None) => format!("does not answer at {}", ollama.url),
    };
    let candle = &status.candle;
    let candle_state = match candle.ready {
        true => format!(
            "ready on {}, {}, {} loaded; {} of {} memory in use",
            candle.device,
            models(candle.models),
            candle.loaded,
            size(candle.memory_bytes),
            size(candle.memory_budget_bytes),
        ),
        false => "not in this build, or switched off in the configuration".to_owned(),
    };
    format!("candle  {candle_state}\nollama  {ollama_state}\n")
}

fn models(count: usize) -> String {
    match count {
        1 => "1 model".to_owned(),
        count => format!("{count} models"),
    }
}

fn or_dash(value: Option<String>) -> String {
    value.unwrap_or_else(|| "-".to_owned())
}

/// Bytes in the units that disks are sold in.
pub fn size(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes < 1e3 => format!("{bytes:.0} B"),
        bytes if bytes < 1e6 => format!("{:.1} KB", bytes / 1e3),
        bytes if bytes < 1e9 => format!("{:.1} MB", bytes / 1e6),
        bytes => format!("{:.1} GB", bytes / 1e9),
    }
}

/// Parameters as model names write them.
fn count(parameters: u64) -> String {
    match parameters as f64 {
        n if n < 1e6 => format!("{:.0}K", n / 1e3),
        n if n < 1e9 => format!("{:.1}M", n / 1e6),
        n => format!("{:.1}B", n / 1e9),
    }
}

/// The day of a time in seconds since 1970.
fn date(seconds: f64) -> Option<String> {
    let time = Timestamp::from_second(seconds as i64).ok()?;
    Some(time.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_are_written_for_people() {
        let sizes = [
            (12, "12 B"),
            (3_760_640, "3.8 MB"),
            (4_368_438_944, "4.4 GB"),
        ];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
        for (parameters, text) in [(3_501_056, "3.5M"), (7_248_023_552, "7.2B")] {
            assert_eq!(count(parameters), text);
        }
    }

    #[test]
    fn what_a_backend_does_not_tell_is_a_dash() {
        let model = ModelEntry {
            name: "m".to_owned(),
            backend: "ollama".to_owned(),
            ..ModelEntry::default()
        };
        let text = list(&[model], false);
        assert_eq!(
            text.lines().nth(1),
            Some("m     ollama   0 B   -      -       -")
        );
    }
}
