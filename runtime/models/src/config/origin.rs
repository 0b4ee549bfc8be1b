//! [`Origin`]: who set a value.

use std::fmt;

use llmspell_core::{Diagnostic, Frame};

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    /// A file, and where in it; lines and columns count from 1, columns in characters.
    File {
        name: String,
        line: u32,
        column: u32,
    },
    /// An environment variable.
    Variable(String),
    /// `--set` for this key.
    Flag(String),
}

impl Origin {
    /// A problem with what stands there.
    pub fn problem(&self, message: String) -> Diagnostic {
        match self {
            Self::File { name, line, column } => Diagnostic::new(message).at(Frame {
                source: name.clone(),
                line: *line,
                column: *column,
                function: None,
            }),
            Self::Default => Diagnostic::new(message),
            other => Diagnostic::new(format!("{other}: {message}")),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line, .. } => write!(f, "{name}:{line}"),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(key) => write!(f, "--set {key}"),
        }
    }
}
