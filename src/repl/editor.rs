//! Line editing on a terminal, with the history of earlier sessions.

use std::io;
use std::path::Path;

use llmspell_core::LineReader;
use llmspell_models::folders;
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};

use crate::Language;
use crate::cli::{Output, tell};

/// How many lines are kept.
const LINES: usize = 1000;

/// Reads lines with an editor, which starts at the first one. Its prompt leaves what `out` shows.
pub fn lines(out: Output, language: Language) -> LineReader {
    let mut editor: Option<Editor> = None;
    Box::new(move |prompt| {
        let editor = match &mut editor {
            Some(editor) => editor,
            None => editor.insert(Editor::start(language).map_err(io::Error::other)?),
        };
        out.end_line()?;
        match editor.lines.readline(prompt) {
            Ok(line) => {
                editor.remember(&line);
                Ok(Some((line + "\n").into_bytes()))
            }
            Err(ReadlineError::Eof) => Ok(None),
            Err(ReadlineError::Interrupted) => Err(io::ErrorKind::Interrupted.into()),
            Err(error) => Err(io::Error::other(error)),
        }
    })
}

struct Editor {
    lines: DefaultEditor,
    /// Where lines are kept for the next session; `None` where none can be.
    history: Option<Box<Path>>,
}

impl Editor {
    fn start(language: Language) -> rustyline::Result<Self> {
        let config = Config::builder().max_history_size(LINES)?.build();
        let mut lines = DefaultEditor::with_config(config)?;
        let name = format!("history.{}", language.name());
        let history = folders::state().map(|folder| folder.join(name));
        if let Some(file) = history.as_ref().filter(|file| file.exists()) {
            lines.load_history(file).unwrap_or_else(|error| {
                tell(&format!("llmspell: {}: {error}\n", file.display()));
            });
        }
        let history = history.map(Into::into);
        Ok(Self { lines, history })
    }

    /// At once, since a session may end at any moment.
    fn remember(&mut self, line: &str) {
        let Some(file) = &self.history else { return };
        let kept = self.lines.add_history_entry(line).and_then(|_| {
            let folder = file.parent().expect("it is a file in a folder");
            std::fs::create_dir_all(folder)?;
            self.lines.append_history(file)
        });
        if let Err(error) = kept {
            tell(&format!("llmspell: the history is not kept: {error}\n"));
            self.history = None;
        }
    }
}
