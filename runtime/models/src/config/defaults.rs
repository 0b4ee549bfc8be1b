//! What holds when nobody sets it.

use std::collections::BTreeSet;

use ::config::ValueKind;
use llmspell_core::suggest::nearest;

use super::environment::Environment;
use super::keys::{self, KEYS, Path, path};
use super::layer::{Layer, Setting, effective};
use super::origin::Origin;
use super::problems::Problems;
use crate::url;

/// The remote providers that need no configuration: name, which is also the type, and the variable with the key.
const PROVIDERS: [(&str, &str); 3] = [
    ("openai", "OPENAI_API_KEY"),
    ("anthropic", "ANTHROPIC_API_KEY"),
    ("gemini", "GEMINI_API_KEY"),
];
const REMOTES: &str = "providers.*";
const RECOMMENDED: &str = "providers.local_recommended_models.*";

/// The weakest layer, below these. What nothing sets and nothing can be assumed of joins the problems.
pub(super) fn layer(layers: &[Layer], environment: &Environment, problems: &mut Problems) -> Layer {
    let mut out = Layer::default();
    for key in KEYS {
        let Some(default) = key.default else { continue };
        for path in paths(key.path, layers) {
            set(&mut out, path, value(default), Origin::Default);
        }
    }
    if let Some(folder) = environment.model_directory() {
        let path = path("providers.candle.options.model_directory");
        set(
            &mut out,
            path,
            folder.to_string_lossy().into_owned().into(),
            Origin::Default,
        );
    }
    server(&mut out, environment, problems);
    for name in names(REMOTES, layers) {
        remote(&mut out, &name, layers, problems);
    }
    for path in paths("providers.local_recommended_models.*.model", layers) {
        if effective(layers.iter(), &path).is_none() {
            missing(&path, "name the model", layers, problems);
        }
    }
    out
}

/// A default as a value: it is written as TOML, but for the quotation marks of texts.
fn value(default: &str) -> ValueKind {
    match default {
        "true" => true.into(),
        "false" => false.into(),
        "[]" => ValueKind::Array(Vec::new()),
        text => match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => text.into(),
        },
    }
}

fn set(layer: &mut Layer, path: Path, value: ValueKind, origin: Origin) {
    layer.0.insert(path, Setting { value, origin });
}

/// The paths that a pattern stands for: one for each name that is in use.
fn paths(pattern: &str, layers: &[Layer]) -> Vec<Path> {
    let group = [REMOTES, RECOMMENDED]
        .into_iter()
        .find(|group| pattern.starts_with(group));
    let Some(group) = group else {
        return vec![path(pattern)];
    };
    let at = group.split('.').count() - 1;
    let named = |name: String| {
        let mut path = path(pattern);
        path[at] = name;
        path
    };
    names(group, layers).into_iter().map(named).collect()
}

/// The names of a group that are in use.
fn names(group: &'static str, layers: &[Layer]) -> BTreeSet<String> {
    let known = PROVIDERS
        .iter()
        .map(|(name, _)| *name)
        .filter(|_| group == REMOTES);
    let used = layers.iter().flat_map(|layer| layer.names(group));
    known.chain(used).map(str::to_owned).collect()
}

/// Where Ollama is, as its own variable says.
fn server(out: &mut Layer, environment: &Environment, problems: &mut Problems) {
    const VARIABLE: &str = "OLLAMA_HOST";
    let origin = match environment.has(VARIABLE) {
        true => Origin::Variable(VARIABLE.to_owned()),
        false => Origin::Default,
    };
    match environment.get(VARIABLE) {
        Ok(host) => {
            let url = url::of_ollama(host.unwrap_or_default());
            set(out, path("providers.ollama.base_url"), url.into(), origin);
        }
        Err(problem) => problems.at(&origin, problem),
    }
}

/// A provider's type follows from its name, and the variable with its key from its type; but the key of a
/// well-known provider goes to no other server by itself.
fn remote(out: &mut Layer, name: &str, layers: &[Layer], problems: &mut Problems) {
    let of = |key: &str| vec!["providers".to_owned(), name.to_owned(), key.to_owned()];
    let by_name = PROVIDERS.iter().find(|(known, _)| *known == name);
    if let Some((known, _)) = by_name {
        set(out, of("provider_type"), (*known).into(), Origin::Default);
    }
    let set_type = effective(layers.iter(), &of("provider_type")).and_then(Setting::text);
    let Some(kind) = set_type.or(by_name.map(|(known, _)| *known)) else {
        return missing(&of("provider_type"), &speaks(name), layers, problems);
    };
    let variable = PROVIDERS.iter().find(|(known, _)| *known == kind);
    if let (None, Some((_, variable))) = (effective(layers.iter(), &of("base_url")), variable) {
        set(out, of("api_key_env"), (*variable).into(), Origin::Default);
    }
}

/// What to do about a provider whose type nobody knows.
fn speaks(name: &str) -> String {
    let known = ["ollama", "candle", "local", "openai", "anthropic", "gemini"];
    let near = nearest(name, known).map(|near| format!(", or did you mean \"{near}\"?"));
    format!(
        "say what it speaks: openai (every server with that API), anthropic or gemini{}",
        near.unwrap_or_default()
    )
}

/// A key that has to be set is not: the place is that of another key in its table.
fn missing(path: &[String], what: &str, layers: &[Layer], problems: &mut Problems) {
    let table = &path[..path.len() - 1];
    let inside = |(path, _): &(&Path, &Setting)| path.starts_with(table);
    // The strongest layer comes last.
    let found = |layer: &Layer| Some(layer.0.iter().find(inside)?.1.origin.clone());
    let origin = layers.iter().rev().find_map(found);
    let message = format!("{} is missing: {what}", keys::dotted(path));
    problems.at(&origin.unwrap_or(Origin::Default), message);
}
