//! [`Problems`]: all that is wrong with a configuration, told at once.

use std::collections::BTreeMap;
use std::fmt;

use llmspell_core::Diagnostic;

use super::origin::Origin;

/// All that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Problems {
    list: Vec<Diagnostic>,
    texts: BTreeMap<String, String>,
}

impl Problems {
    /// Each problem, with its place where it stands in a file.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.list
    }

    /// The files that the problems stand in: names and contents, without secrets.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(n, t)| (n.as_str(), t.as_str()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn push(&mut self, problem: Diagnostic) {
        self.list.push(problem);
    }

    /// A problem with what stands somewhere.
    pub(super) fn at(&mut self, origin: &Origin, message: String) {
        self.push(origin.problem(message));
    }

    /// Remembers a file, for showing its lines.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.texts.insert(name.to_owned(), redacted(text));
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.list.iter().enumerate() {
            let line_break = if at > 0 { "\n" } else { "" };
            write!(f, "{line_break}{problem}")?;
            if let Some(help) = &problem.help {
                write!(f, "; {help}")?;
            }
        }
        Ok(())
    }
}

/// The text with stars where an API key could stand, and nothing in it that a terminal would obey.
fn redacted(text: &str) -> String {
    text.split('\n')
        .map(redacted_line)
        .collect::<Vec<_>>()
        .join("\n")
}

fn redacted_line(line: &str) -> String {
    let secret = line
        .find("api_key")
        .and_then(|at| Some(at + line[at..].find('=')?));
    let hide = |(at, c): (usize, char)| match secret {
        Some(secret) if at > secret && !c.is_whitespace() => '*',
        _ if c.is_control() && c != '\t' => ' ',
        _ => c,
    };
    line.char_indices().map(hide).collect()
}
