//! [`Environment`]: the variables of a process, and the settings among them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use llmspell_core::Diagnostic;
use llmspell_core::suggest::{nearest, slip};

use super::expand::Expander;
use super::keys::{self, Path};
use super::layer::Layer;
use super::origin::Origin;
use super::problems::Problems;
use super::reader::Reader;

const PREFIX: &str = "LLMSPELL_";

/// The variables of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os();
        let named = variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let mut found: Self = named.collect();
        if let Some(home) = std::env::home_dir() {
            found.0.entry("HOME".to_owned()).or_insert(home.into());
        }
        found
    }

    /// A variable's value; `None` if it is not set.
    pub(super) fn get(&self, name: &str) -> Result<Option<&str>, String> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let text = value.to_str();
        text.map(Some)
            .ok_or_else(|| format!("the environment variable {name} is not Unicode text"))
    }

    /// Whether a variable is set, and not to nothing.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_empty())
    }

    /// The user's folder for a purpose: what the variable names, else a folder in the home. Source: the XDG
    /// Base Directory Specification, which asks to ignore paths that are not absolute.
    fn folder(&self, variable: &str, in_home: &str) -> Option<PathBuf> {
        let absolute = |name| Some(PathBuf::from(self.0.get(name)?)).filter(|p| p.is_absolute());
        absolute(variable).or_else(|| Some(absolute("HOME")?.join(in_home)))
    }

    /// The user's own file, whether or not there is one.
    pub(super) fn user_file(&self) -> Option<PathBuf> {
        let folder = self.folder("XDG_CONFIG_HOME", ".config")?;
        Some(folder.join("llmspell/config.toml"))
    }

    /// Where models are kept unless the configuration says otherwise.
    pub(super) fn model_directory(&self) -> Option<PathBuf> {
        let folder = self.folder("XDG_DATA_HOME", ".local/share")?;
        Some(folder.join("llmspell/models"))
    }

    /// What is set by variables such as `LLMSPELL_DEFAULT_MODEL`. An empty one sets nothing.
    pub(super) fn settings(&self, expand: &Expander<'_>, problems: &mut Problems) -> Layer {
        let mut layer = Layer::default();
        for name in self.0.keys().filter(|name| self.has(name)) {
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let origin = Origin::Variable(name.clone());
            let path: Path = rest.to_lowercase().split("__").map(str::to_owned).collect();
            let known = keys::lookup(&keys::flat(&path)).is_some() || keys::is_table(&path);
            match self.get(name) {
                Ok(Some(text)) if known => {
                    Reader::new(text, &|_| origin.clone(), expand, &mut layer, problems).text(path);
                }
                Err(problem) if known => problems.at(&origin, problem),
                _ if is_meant(rest) => problems.push(unknown(name, &path)),
                _ => {}
            }
        }
        layer
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let own = |(name, value): (N, V)| (name.into(), value.into());
        Self(variables.into_iter().map(own).collect())
    }
}

/// Whether a variable that is no known key was meant to be one, as `LLMSPELL_MODEL` is; other programs and tests
/// have variables with our prefix too.
fn is_meant(rest: &str) -> bool {
    let top = ["default_model", "trusted_folders", "fallback", "providers"];
    let first = rest.to_lowercase();
    let meant = first == "model" || slip(&first, top).is_some();
    meant || rest.contains("__") || rest.starts_with("PROVIDER")
}

fn unknown(name: &str, path: &[String]) -> Diagnostic {
    if keys::holds_secret(path) {
        let told = "put the key into a variable of another name, such as OPENAI_API_KEY, and name that one in \
                    api_key_env";
        return Diagnostic::new(format!("{name}: there is no such key; {told}"));
    }
    let hint = meant(path).map(|key| {
        let key = key.replace('.', "__").to_uppercase();
        format!("; did you mean \"{PREFIX}{key}\"?")
    });
    let hint = hint.unwrap_or_else(|| {
        "; two underscores stand between the parts of a key, as in \
         LLMSPELL_PROVIDERS__CANDLE__OPTIONS__DEVICE"
            .to_owned()
    });
    Diagnostic::new(format!("{name}: there is no such key{hint}"))
}

/// The key that was meant: one that ends like this in another table, else the nearest.
fn meant(path: &[String]) -> Option<String> {
    let same_end = path.last().and_then(|name| keys::elsewhere(name));
    if let Some(key) = same_end.filter(|_| path.len() > 1 && !keys::is_remote(path)) {
        return Some(key.to_owned());
    }
    if path.len() > 1 && keys::is_table(&path[..path.len() - 1]) {
        return keys::neighbour(path);
    }
    let provider = path.get(1).filter(|_| keys::is_remote(path));
    let provider = format!("providers.{}", provider.map_or("openai", String::as_str));
    let known = keys::spellings().map(|key| key.replace("providers.*", &provider));
    let known: Vec<String> = known.collect();
    let written = path.join(".");
    let known = known.iter().map(String::as_str);
    let found = slip(&written, known.clone()).or_else(|| match path {
        [_] => nearest(&written, known.filter(|key| !key.contains('.'))),
        _ => None,
    });
    found.map(str::to_owned)
}
