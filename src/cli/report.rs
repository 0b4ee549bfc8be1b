//! Errors on standard error: with the source line, as plain text or as JSON.

use std::fmt::Write as _;

use clap::ValueEnum;
use console::Term;
use llmspell_core::{Diagnostic, Frame, Sources};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceSpan};
use serde_json::json;

use super::stdio::tell;

/// How errors are shown.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
pub enum Style {
    /// The source line with a mark, drawn for a terminal
    Fancy,
    /// The same as plain lines
    Plain,
    /// One JSON object a line
    Json,
}

/// Shows errors.
#[derive(Clone)]
pub struct Reporter {
    style: Style,
    color: bool,
}

impl Reporter {
    /// A reporter to standard error.
    pub fn new(style: Style, color: bool) -> Self {
        Self { style, color }
    }

    /// Shows an error that happened in one of `sources`.
    pub fn report(&self, diagnostic: &Diagnostic, sources: &Sources) {
        let text = diagnostic
            .place()
            .and_then(|frame| sources.get(&frame.source));
        tell(&self.render(diagnostic, text.as_deref()));
    }

    /// Shows an error that has no place in a script.
    pub fn message(&self, message: impl Into<String>) {
        self.report(&Diagnostic::new(message), &Sources::default());
    }

    /// Tells the person at the terminal something that is no error.
    pub fn note(&self, message: &str) {
        tell(&match self.style {
            Style::Json => format!("{}\n", json!({ "severity": "note", "message": message })),
            Style::Plain | Style::Fancy => format!("llmspell: {message}\n"),
        });
    }

    /// An error as text that ends with a line break.
    pub fn render(&self, diagnostic: &Diagnostic, source: Option<&str>) -> String {
        match self.style {
            Style::Json => format!("{}\n", as_json(diagnostic, source)),
            Style::Plain => plain(diagnostic, source),
            Style::Fancy => self.fancy(diagnostic, source),
        }
    }

    fn fancy(&self, diagnostic: &Diagnostic, source: Option<&str>) -> String {
        let theme = match self.color {
            true => GraphicalTheme::unicode(),
            false => GraphicalTheme::unicode_nocolor(),
        };
        let mut handler = GraphicalReportHandler::new_themed(theme).with_context_lines(1);
        if let Some((_, columns)) = Term::stderr().size_checked() {
            handler = handler.with_width(columns.into());
        }
        let mut out = String::new();
        let shown = Shown::new(diagnostic, source);
        if handler.render_report(&mut out, &shown).is_err() {
            return plain(diagnostic, source);
        }
        out.push_str(&callers(diagnostic));
        out
    }
}

fn obeyed(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// A message may quote a file, which may hold what a terminal would obey.
fn printable(message: &str) -> String {
    let escaped = |c: char| match obeyed(c) {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    message.chars().map(escaped).collect()
}

/// A source text of which a terminal obeys nothing, each character where it was.
fn harmless(source: &str) -> String {
    let mut harmless = String::with_capacity(source.len());
    let mut rest = source.chars().peekable();
    while let Some(c) = rest.next() {
        let ends_line = c == '\r' && rest.peek() == Some(&'\n');
        match obeyed(c) && !ends_line {
            true => harmless.extend(std::iter::repeat_n(' ', c.len_utf8())),
            false => harmless.push(c),
        }
    }
    harmless
}

fn plain(diagnostic: &Diagnostic, source: Option<&str>) -> String {
    let mut out = format!("error: {}\n", printable(&diagnostic.message));
    if let Some(frame) = diagnostic.place() {
        let _ = writeln!(out, "  --> {}", printable(&frame.to_string()));
        if let Some(line) = source_line(source, frame.line) {
            let _ = writeln!(out, "{:>4} | {}", frame.line, printable(line.trim_end()));
        }
    }
    out.push_str(&callers(diagnostic));
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "help: {help}");
    }
    out
}

/// The frames behind the place itself.
fn callers(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.place();
    let mut frames = diagnostic
        .stack
        .iter()
        .filter(|f| f.line > 0 && Some(*f) != place);
    let mut out = String::new();
    for frame in frames.by_ref().take(8) {
        let function = frame.function.as_deref().map(|f| format!(" in {f}"));
        let called = format!("{frame}{}", function.unwrap_or_default());
        let _ = writeln!(out, "  called from {}", printable(&called));
    }
    match frames.count() {
        0 => {}
        more => drop(writeln!(out, "  ... and {more} more")),
    }
    out
}

fn as_json(diagnostic: &Diagnostic, source: Option<&str>) -> serde_json::Value {
    let place = diagnostic.place();
    let stack: Vec<_> = diagnostic.stack.iter().map(frame_json).collect();
    json!({
        "severity": "error",
        "message": diagnostic.message,
        "file": place.map(|f| &f.source),
        "line": place.map(|f| f.line),
        "column": place.map(|f| f.column).filter(|c| *c > 0),
        "source_line": place.and_then(|f| source_line(source, f.line)),
        "stack": stack,
        "help": diagnostic.help,
    })
}

fn frame_json(frame: &Frame) -> serde_json::Value {
    json!({
        "file": frame.source,
        "line": Some(frame.line).filter(|l| *l > 0),
        "column": Some(frame.column).filter(|c| *c > 0),
        "function": frame.function,
    })
}

fn source_line(source: Option<&str>, line: u32) -> Option<&str> {
    source?.lines().nth((line as usize).checked_sub(1)?)
}

/// A diagnostic as miette draws it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Shown {
    message: String,
    help: Option<String>,
    code: Option<NamedSource<String>>,
    span: Option<SourceSpan>,
}

impl Shown {
    fn new(diagnostic: &Diagnostic, source: Option<&str>) -> Self {
        let place = diagnostic.place().zip(source);
        let span = place.and_then(|(frame, text)| span(frame, text));
        let code =
            place.map(|(frame, text)| NamedSource::new(printable(&frame.source), harmless(text)));
        // Without its source line, the place is all the more needed.
        let message = match (span, diagnostic.place()) {
            (None, Some(frame)) => printable(&format!("{}\n  --> {frame}", diagnostic.message)),
            _ => printable(&diagnostic.message),
        };
        Self {
            message,
            help: diagnostic.help.clone(),
            code,
            span,
        }
    }
}

/// The line without its margins, or from the column on where that is known.
fn span(frame: &Frame, text: &str) -> Option<SourceSpan> {
    let line = source_line(Some(text), frame.line)?;
    let start = line.as_ptr() as usize - text.as_ptr() as usize;
    let margin = line.len() - line.trim_start().len();
    let column = (frame.column as usize).checked_sub(1);
    let skip = column
        .and_then(|c| Some(line.char_indices().nth(c)?.0))
        .unwrap_or(margin);
    let length = match column {
        Some(_) => line[skip..].chars().next().map_or(0, char::len_utf8),
        None => line.trim().len(),
    };
    Some(SourceSpan::new((start + skip).into(), length))
}

impl miette::Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.span?;
        self.code.as_ref().map(|code| code as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(
            None, span,
        ))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        let quoted = "bad.gguf: \u{1b}[31mred\0\n\tnext: ☃";
        let expect = "bad.gguf: \\u{1b}[31mred\\u{0}\n\tnext: ☃";
        assert_eq!(super::printable(quoted), expect);
    }

    #[test]
    fn no_style_shows_what_a_terminal_would_obey() {
        let mut diagnostic = Diagnostic::new("odd");
        diagnostic.stack.push(Frame {
            source: "a\u{1b}]0;b.lua".to_owned(),
            line: 1,
            column: 3,
            function: Some("f\u{7}".to_owned()),
        });
        for style in [Style::Plain, Style::Fancy] {
            let shown =
                Reporter::new(style, false).render(&diagnostic, Some("x \u{9b}\u{1b}y\r = 1"));
            assert!(
                !shown.contains(['\u{1b}', '\u{7}', '\u{9b}', '\r']),
                "{shown:?}"
            );
        }
    }
}
