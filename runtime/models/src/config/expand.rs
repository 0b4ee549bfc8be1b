//! `${VARIABLE}` in texts, and `~/` in paths.

use std::path::PathBuf;

use ::config::{Value, ValueKind};

use super::environment::Environment;
use super::kind::{Kind, is_variable};

/// Fills in what texts leave to the environment.
pub(super) struct Expander<'a> {
    pub environment: &'a Environment,
    /// What relative paths start from.
    pub folder: PathBuf,
    /// Whether texts other than paths may read any variable. A project that nobody trusts must not: its
    /// settings name hosts and models, which would carry a key away.
    pub trusted: bool,
}

impl Expander<'_> {
    /// The value with everything filled in, paths absolute.
    pub fn value(&self, kind: &Kind, value: ValueKind) -> Result<ValueKind, String> {
        match value {
            ValueKind::String(text) => Ok(ValueKind::String(self.text(kind, &text)?)),
            ValueKind::Array(all) => {
                let each = |value: Value| {
                    let origin = value.origin().map(str::to_owned);
                    Ok(Value::new(origin.as_ref(), self.value(kind, value.kind)?))
                };
                let all = all.into_iter().map(each).collect::<Result<_, String>>();
                Ok(ValueKind::Array(all?))
            }
            other => Ok(other),
        }
    }

    fn text(&self, kind: &Kind, text: &str) -> Result<String, String> {
        let text = self.variables(kind, text)?;
        match kind.is_path() && !text.is_empty() {
            true => self.path(&text),
            false => Ok(text),
        }
    }

    fn variables(&self, kind: &Kind, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            if let Some(before) = before.strip_suffix('$') {
                out.push_str(before);
                out.push_str("${");
                rest = after;
                continue;
            }
            let (name, after) = after.split_once('}').ok_or(
                "\"${\" has no closing brace; write \"$${\" for the two characters themselves",
            )?;
            out.push_str(before);
            out.push_str(self.variable(kind, name)?);
            rest = after;
        }
        Ok(out + rest)
    }

    fn variable(&self, kind: &Kind, name: &str) -> Result<&str, String> {
        if !is_variable(name) {
            return Err(format!(
                "\"${{{name}}}\" does not name an environment variable"
            ));
        }
        if !(self.trusted || kind.is_path() || name == "HOME") {
            return Err(format!(
                "a project may not read ${{{name}}} here, since it could send it away, unless its folder stands \
                 in trusted_folders of your own file"
            ));
        }
        let value = self.environment.get(name)?;
        value.ok_or_else(|| format!("the environment variable {name} is not set"))
    }

    fn path(&self, text: &str) -> Result<String, String> {
        let in_home = text.strip_prefix("~/").or((text == "~").then_some(""));
        let path = match in_home {
            Some(rest) => {
                let home = self.environment.get("HOME")?;
                PathBuf::from(home.ok_or("the environment variable HOME is not set")?).join(rest)
            }
            None => self.folder.join(text),
        };
        let path = path.into_os_string().into_string();
        path.map_err(|path| format!("{} is not Unicode text", path.display()))
    }
}
