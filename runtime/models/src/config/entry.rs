//! [`ConfigEntry`]: a key as it is shown, with where its value comes from.

use std::collections::BTreeSet;

use ::config::{Value, ValueKind};

use super::environment::Environment;
use super::keys::{self, KEYS, Path};
use super::kind::Kind;
use crate::url;

/// A key as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigEntry {
    /// As TOML spells it, with dots.
    pub key: String,
    /// Null if it is not set and has no default. A password in a URL is masked.
    pub value: serde_json::Value,
    /// `default`, a file and its line, an environment variable, or a flag.
    pub origin: String,
    /// Of a variable that holds a secret: whether it is set.
    pub variable_is_set: Option<bool>,
}

/// All keys in the order in which they are shown.
pub(super) fn all(merged: &Value, environment: &Environment) -> Vec<ConfigEntry> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for key in KEYS {
        let Some((group, _)) = key.path.split_once(".*") else {
            out.push(entry(&keys::path(key.path), &key.kind, merged, environment));
            continue;
        };
        if seen.insert(group) {
            out.extend(entries_of(group, merged, environment));
        }
    }
    out
}

/// The entries of each name in a group such as `providers`.
fn entries_of(group: &str, merged: &Value, environment: &Environment) -> Vec<ConfigEntry> {
    let group_path = keys::path(group);
    let pattern = format!("{group}.*");
    let keys_of = || KEYS.iter().filter(|key| key.path.starts_with(&pattern));
    let mut out = Vec::new();
    for name in names(merged, &group_path) {
        for key in keys_of() {
            let mut path = keys::path(key.path);
            path[group_path.len()] = name.clone();
            // Which names fit a pattern is the lookup's to say.
            if keys::lookup(&path).is_some_and(|found| found.path == key.path) {
                out.push(entry(&path, &key.kind, merged, environment));
            }
        }
    }
    out
}

fn names(merged: &Value, table: &[String]) -> BTreeSet<String> {
    match find(merged, table).map(|value| &value.kind) {
        Some(ValueKind::Table(table)) => table.keys().cloned().collect(),
        _ => BTreeSet::new(),
    }
}

fn find<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter()
        .try_fold(value, |value, name| match &value.kind {
            ValueKind::Table(table) => table.get(name),
            _ => None,
        })
}

fn entry(path: &Path, kind: &Kind, merged: &Value, environment: &Environment) -> ConfigEntry {
    let found = find(merged, path);
    let value = found.map_or(serde_json::Value::Null, json);
    let variable = value.as_str().filter(|_| matches!(kind, Kind::Variable));
    ConfigEntry {
        key: keys::dotted(path),
        variable_is_set: variable.map(|name| environment.has(name)),
        origin: found
            .and_then(Value::origin)
            .unwrap_or("default")
            .to_owned(),
        value: match (kind, &value) {
            (Kind::Url, serde_json::Value::String(url)) => url::masked(url).into(),
            _ => value,
        },
    }
}

fn json(value: &Value) -> serde_json::Value {
    match &value.kind {
        ValueKind::Boolean(value) => (*value).into(),
        ValueKind::I64(number) => (*number).into(),
        ValueKind::Float(number) => (*number).into(),
        ValueKind::String(text) => text.as_str().into(),
        ValueKind::Array(all) => all.iter().map(json).collect(),
        // No key holds another kind of value.
        _ => serde_json::Value::Null,
    }
}
