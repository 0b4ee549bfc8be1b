//! `--set KEY=VALUE`.

use llmspell_core::Diagnostic;
use toml::de::{DeTable, DeValue};

use super::expand::Expander;
use super::keys::Path;
use super::layer::Layer;
use super::origin::Origin;
use super::problems::Problems;
use super::reader::Reader;

/// What the flags set.
pub(super) fn settings(flags: &[String], expand: &Expander<'_>, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    for flag in flags {
        let parsed = flag
            .split_once('=')
            .and_then(|(key, value)| Some((key, path(key)?, value)));
        let Some((key, path, value)) = parsed else {
            let problem = format!(
                "--set {flag}: expected KEY=VALUE, such as providers.candle.options.cpu_threads=4"
            );
            problems.push(Diagnostic::new(problem));
            continue;
        };
        let origin = Origin::Flag(key.trim().to_owned());
        Reader::new(
            value.trim(),
            &|_| origin.clone(),
            expand,
            &mut layer,
            problems,
        )
        .text(path);
    }
    layer
}

/// A key as TOML writes it, taken apart.
fn path(key: &str) -> Option<Path> {
    let line = format!("{key} = 0");
    let table = DeTable::parse(&line).ok()?;
    let mut path = Path::new();
    let mut inner = table.get_ref();
    loop {
        let [(name, value)] = inner.iter().collect::<Vec<_>>()[..] else {
            return None;
        };
        path.push(name.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(table) => inner = table,
            _ => return Some(path),
        }
    }
}
