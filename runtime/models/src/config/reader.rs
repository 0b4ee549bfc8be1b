//! [`Reader`]: settings out of TOML, each checked where it stands.

use std::ops::Range;

use ::config::{Map, Value, ValueKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::expand::Expander;
use super::keys::{self, Key, Path};
use super::layer::{Layer, Setting};
use super::origin::Origin;
use super::problems::Problems;
use crate::ModelName;

const RECOMMENDED: [&str; 2] = ["providers", "local_recommended_models"];

/// Reads the settings of one source into a layer.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// Who set what stands there in the text.
    origin: &'a dyn Fn(Range<usize>) -> Origin,
    expand: &'a Expander<'a>,
    layer: &'a mut Layer,
    problems: &'a mut Problems,
}

impl<'a> Reader<'a> {
    pub fn new(
        text: &'a str,
        origin: &'a dyn Fn(Range<usize>) -> Origin,
        expand: &'a Expander<'a>,
        layer: &'a mut Layer,
        problems: &'a mut Problems,
    ) -> Self {
        Self {
            text,
            origin,
            expand,
            layer,
            problems,
        }
    }

    /// A table and what is in it.
    pub fn table(&mut self, path: &[String], table: &DeTable<'_>) {
        let mut names: Vec<_> = table.iter().collect();
        names.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in names {
            let mut path = path.to_vec();
            path.push(name.get_ref().to_string());
            self.value(path, name.span(), value);
        }
    }

    /// The whole text as the value of one key, such as an environment variable has it.
    pub fn text(&mut self, path: Path) {
        let key = keys::lookup(&keys::flat(&path));
        let toml = match key {
            Some(key) if key.kind.is_text() => None,
            _ => DeValue::parse(self.text).ok(),
        };
        match (toml, key) {
            (Some(value), _) => self.value(path, 0..0, &value),
            (None, Some(key)) => {
                let text = ValueKind::String(self.text.to_owned());
                self.setting(&path, key, text, 0..0, &format!("{:?}", self.text));
            }
            (None, None) if keys::is_table(&path) => {
                self.problem(0..0, &path, "expected a table as TOML writes it".to_owned());
            }
            (None, None) => self.unknown(0..0, &path),
        }
    }

    fn value(&mut self, path: Path, name: Range<usize>, value: &Spanned<DeValue<'_>>) {
        let at = value.span();
        if let Some(key) = keys::lookup(&keys::flat(&path)) {
            let written = match value.get_ref() {
                DeValue::Table(_) => "a table",
                _ => self.text.get(at.clone()).unwrap_or_default(),
            };
            return self.setting(&path, key, plain(value.get_ref()), at, written);
        }
        match value.get_ref() {
            _ if !keys::is_table(&path) => self.unknown(name, &path),
            DeValue::Table(table) => self.table(&path, table),
            DeValue::Array(all) if path == RECOMMENDED => self.recommended(&path, all),
            other => {
                let got = other.type_str();
                self.problem(
                    at,
                    &path,
                    format!("expected a table, got a value of type {got}"),
                );
            }
        }
    }

    /// A list of recommended models, which is the same as a table in which each stands under its own name.
    fn recommended(&mut self, path: &[String], all: &[Spanned<DeValue<'_>>]) {
        for value in all {
            let model = value
                .get_ref()
                .get("model")
                .and_then(|m| m.get_ref().as_str());
            let Some(model) = model else {
                let expected = "expected a table with the key \"model\" in the list".to_owned();
                self.problem(value.span(), path, expected);
                continue;
            };
            let mut path = path.to_vec();
            path.push(model.to_owned());
            self.value(path, value.span(), value);
        }
    }

    fn setting(
        &mut self,
        path: &[String],
        key: &Key,
        value: ValueKind,
        at: Range<usize>,
        written: &str,
    ) {
        let checked = named(path).and_then(|()| {
            let value = self.expand.value(&key.kind, value)?;
            key.kind.check(value, written)
        });
        match checked {
            Ok(value) => self.insert(path, value, at),
            Err(problem) => self.problem(at, path, problem),
        }
    }

    fn insert(&mut self, path: &[String], value: ValueKind, at: Range<usize>) {
        let origin = (self.origin)(at.clone());
        let flat = keys::flat(path);
        if let Some(other) = self.layer.get(&flat) {
            let (other, key) = (other.origin.to_string(), keys::dotted(&flat));
            let twice = format!("{key} is set at {other} already; leave one of them out");
            return self.problem(at, path, twice);
        }
        self.layer.0.insert(flat, Setting { value, origin });
    }

    fn unknown(&mut self, at: Range<usize>, path: &[String]) {
        let problem = match keys::holds_secret(path) {
            true => "a key is not to stand in a file or a command, where others come to see it; put it into an \
                     environment variable, and name that: api_key_env = \"OPENAI_API_KEY\""
                .to_owned(),
            false => format!("there is no such key{}", keys::suggestion(path)),
        };
        self.problem(at, path, problem);
    }

    fn problem(&mut self, at: Range<usize>, path: &[String], problem: String) {
        let origin = (self.origin)(at);
        let key = keys::dotted(path);
        let message = match &origin {
            Origin::Flag(flag) if *flag == key => problem, // the flag names it
            _ => format!("{key}: {problem}"),
        };
        self.problems.at(&origin, message);
    }
}

/// Checks the name in a path that its user chose.
fn named(path: &[String]) -> Result<(), String> {
    if path[0] == "fallback" {
        return ModelName::parse(&path[1])
            .map(drop)
            .map_err(|e| e.to_string());
    }
    let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    match keys::is_remote(path) && (path[1] == "hf" || !path[1].chars().all(part)) {
        true => Err(format!(
            "{:?} cannot be a provider's name: lower-case letters, digits, \"-\" and \"_\" can, \"hf\" is taken",
            path[1]
        )),
        false => Ok(()),
    }
}

/// The value without its places. What TOML has and no key takes becomes nil.
fn plain(value: &DeValue<'_>) -> ValueKind {
    match value {
        DeValue::String(text) => ValueKind::String(text.to_string()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or(ValueKind::Nil, ValueKind::I64)
        }
        DeValue::Float(number) => number
            .as_str()
            .parse()
            .map_or(ValueKind::Nil, ValueKind::Float),
        DeValue::Boolean(value) => ValueKind::Boolean(*value),
        DeValue::Datetime(_) => ValueKind::Nil,
        DeValue::Array(all) => {
            let each = |v: &Spanned<DeValue<'_>>| Value::new(None, plain(v.get_ref()));
            ValueKind::Array(all.iter().map(each).collect())
        }
        DeValue::Table(_) => ValueKind::Table(Map::new()),
    }
}
