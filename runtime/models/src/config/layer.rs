//! [`Layer`]: what one source sets; and laying them over each other.

use std::collections::BTreeMap;

use ::config::{ConfigError, Map, Source, Value, ValueKind};

use super::keys::{self, Path};
use super::origin::Origin;

/// A key that a source sets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    pub value: ValueKind,
    pub origin: Origin,
}

impl Setting {
    /// The value if it is text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            ValueKind::String(text) => Some(text),
            _ => None,
        }
    }
}

/// What one source sets, by the flat spelling of each key.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer(pub BTreeMap<Path, Setting>);

impl Layer {
    /// The setting of a path, if this source has it.
    pub fn get(&self, path: &[String]) -> Option<&Setting> {
        self.0.get(path)
    }

    /// The names that this source uses for the last `*` in a pattern such as `providers.*`.
    pub fn names(&self, pattern: &'static str) -> impl Iterator<Item = &str> {
        let length = pattern.split('.').count();
        let inside =
            move |path: &&Path| path.len() > length && keys::begins(pattern.split('.'), path);
        self.0
            .keys()
            .filter(inside)
            .map(move |path| path[length - 1].as_str())
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let mut tables = Map::new();
        for (path, setting) in &self.0 {
            let origin = setting.origin.to_string();
            put(
                &mut tables,
                path,
                Value::new(Some(&origin), setting.value.clone()),
            );
        }
        Ok(tables)
    }
}

/// Puts a value where its path leads.
fn put(tables: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [name] => drop(tables.insert(name.clone(), value)),
        [name, rest @ ..] => {
            let table = tables
                .entry(name.clone())
                .or_insert_with(|| Map::<String, Value>::new().into());
            if let ValueKind::Table(table) = &mut table.kind {
                put(table, rest, value);
            }
        }
    }
}

/// What holds for a path: the last layer that sets it has its way.
pub(super) fn effective<'a>(
    layers: impl DoubleEndedIterator<Item = &'a Layer>,
    path: &[String],
) -> Option<&'a Setting> {
    layers.rev().find_map(|layer| layer.get(path))
}

/// All layers laid over each other, the weakest first.
pub(super) fn merged(layers: Vec<Layer>) -> Result<::config::Config, ConfigError> {
    let builder = layers
        .into_iter()
        .fold(::config::Config::builder(), |builder, layer| {
            builder.add_source(layer)
        });
    builder.build()
}
