//! [`Diagnostic`]: an error as it is shown to a person, free of any terminal.

/// An error with its place in the source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagnostic {
    pub message: String,
    /// Where it happened, innermost frame first.
    pub stack: Vec<Frame>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A place in a script.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frame {
    /// The name the source was loaded under.
    pub source: String,
    /// Counts from 1; 0 when not known.
    pub line: u32,
    /// Counts from 1, in characters; 0 when not known.
    pub column: u32,
    /// The function, where the engine knows its name.
    pub function: Option<String>,
}

impl Diagnostic {
    /// A message without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// Adds a place.
    pub fn at(mut self, frame: Frame) -> Self {
        self.stack.push(frame);
        self
    }

    /// Adds what to do.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Where it happened: the innermost frame whose line is known.
    pub fn place(&self) -> Option<&Frame> {
        self.stack.iter().find(|frame| frame.line > 0)
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.place() {
            Some(frame) => write!(f, "{frame}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::fmt::Display for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)?;
        match (self.line, self.column) {
            (0, _) => Ok(()),
            (line, 0) => write!(f, ":{line}"),
            (line, column) => write!(f, ":{line}:{column}"),
        }
    }
}
