//! Whether a text is complete: what the REPL asks after each line.

use llmspell_core::{Check, Diagnostic, Frame};
use rhai::{Engine, LexError, ParseError, ParseErrorType, Position};

use crate::{errors, source};

/// Whether `text` could run.
pub fn check(engine: &Engine, name: &str, text: &str) -> Check {
    let text = &source::clean(text);
    match engine.compile(text) {
        Ok(_) if ends_in_comment(engine, text) => Check::Incomplete,
        Ok(_) => Check::Complete,
        Err(error) if wants_more(&error, text) => Check::Incomplete,
        Err(error) => Check::Invalid(errors::syntax(&error, name, text)),
    }
}

/// Rhai itself takes the end of the text for the end of a comment, and what was meant to run is lost.
pub fn refuse_open_comment(engine: &Engine, name: &str, text: &str) -> Result<(), Diagnostic> {
    if !ends_in_comment(engine, &source::clean(text)) {
        return Ok(());
    }
    let last = Frame {
        source: name.to_owned(),
        line: text.lines().count() as u32,
        ..Frame::default()
    };
    Err(Diagnostic::new("the text ends inside a comment")
        .at(last)
        .with_help("close it with */"))
}

/// An open comment swallows whatever follows, even what no text may end with.
fn ends_in_comment(engine: &Engine, text: &str) -> bool {
    text.contains("/*") && engine.compile(format!("{text}\n}}")).is_ok()
}

fn wants_more(error: &ParseError, text: &str) -> bool {
    match error.err_type() {
        ParseErrorType::UnexpectedEOF => true,
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            string_goes_on(error.position(), text)
        }
        _ => is_at_end(error.position(), text),
    }
}

/// A string in double quotes ends with its line, unless the line ends with a backslash.
fn string_goes_on(position: Position, text: &str) -> bool {
    let rest = rest(position, text);
    match rest.chars().next() {
        Some('"') => rest.trim_end_matches(['\r', '\n']).ends_with('\\'),
        Some('\'') => false,
        _ => true,
    }
}

/// Whether the parser stopped because nothing was left.
fn is_at_end(position: Position, text: &str) -> bool {
    !position.is_none() && rest(position, text).trim().is_empty()
}

/// The text from a position on.
fn rest(position: Position, text: &str) -> &str {
    let (Some(line), Some(column)) = (position.line(), position.position()) else {
        return "";
    };
    let start: usize = text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let from_line = &text[start..];
    let offset = from_line.char_indices().nth(column.saturating_sub(1));
    offset.map_or("", |(offset, _)| &from_line[offset..])
}
