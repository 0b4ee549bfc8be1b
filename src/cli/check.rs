//! `check`: syntax errors, without running anything.

use std::path::{Path, PathBuf};

use llmspell_core::{Check, Console, Diagnostic, Sources};

use super::App;
use crate::Language;
use crate::runtime::read_script;

/// `llmspell check FILE...`
pub fn files(app: &App, files: &[PathBuf]) -> u8 {
    let failed = files.iter().filter(|path| !check(app, path)).count();
    u8::from(failed > 0)
}

fn check(app: &App, path: &Path) -> bool {
    let sources = Sources::default();
    match examine(app, path, &sources) {
        Ok(None) => return true,
        Ok(Some(diagnostic)) => app.reporter.report(&diagnostic, &sources),
        Err(problem) => app.reporter.message(problem),
    }
    false
}

/// What is wrong with a script; its text goes to `sources`.
fn examine(app: &App, path: &Path, sources: &Sources) -> Result<Option<Diagnostic>, String> {
    let text = read_script(path)?;
    let language = Language::of_file(path)?;
    let console = Console::output_only(std::io::sink());
    let runtime = app.builder(language, console, Some(path)).build();
    let runtime = runtime.map_err(|e| e.to_string())?;
    let name = path.display().to_string();
    sources.add(&name, &text);
    Ok(match runtime.check(&name, &text) {
        Check::Complete => None,
        Check::Invalid(diagnostic) => Some(diagnostic),
        // Loading says where the text breaks off; nothing of it can run.
        Check::Incomplete => runtime.run(&name, &text).err().map(|e| e.diagnostic()),
    })
}
