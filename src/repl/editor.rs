//! Line editing on a terminal, with history.

use std::io;

use llmspell_core::LineReader;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::cli::Output;

/// Reads lines with an editor, which starts at the first one. Its prompt leaves what `out` shows.
pub fn lines(out: Output) -> LineReader {
    let mut editor: Option<DefaultEditor> = None;
    Box::new(move |prompt| {
        let editor = match &mut editor {
            Some(editor) => editor,
            None => editor.insert(DefaultEditor::new().map_err(io::Error::other)?),
        };
        out.end_line()?;
        match editor.readline(prompt) {
            Ok(line) => {
                let _ = editor.add_history_entry(&line);
                Ok(Some((line + "\n").into_bytes()))
            }
            Err(ReadlineError::Eof) => Ok(None),
            Err(ReadlineError::Interrupted) => Err(io::ErrorKind::Interrupted.into()),
            Err(error) => Err(io::Error::other(error)),
        }
    })
}
