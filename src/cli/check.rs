//! `check`: syntax errors, without running anything.

use std::path::{Path, PathBuf};

use llmspell_core::{Console, Sources};

use super::App;
use super::run::read_script;
use crate::Language;

/// `llmspell check FILE...`
pub fn files(app: &App, files: &[PathBuf]) -> u8 {
    files.iter().map(|path| check(app, path)).max().unwrap_or(0)
}

/// The exit code for one file, after showing what is wrong with it.
fn check(app: &App, path: &Path) -> u8 {
    let text = match read_script(path) {
        Ok(text) => text,
        Err(problem) => return app.fail(problem, 1),
    };
    let language = match Language::of_file(path) {
        Ok(language) => language,
        Err(problem) => return app.fail(problem, 2),
    };
    let console = Console::output_only(std::io::sink());
    let runtime = match app.builder(language, console, Some(path)).build() {
        Ok(runtime) => runtime,
        Err(error) => return app.fail(error.to_string(), 1),
    };
    let name = path.display().to_string();
    let sources = Sources::default();
    sources.add(&name, &text);
    match runtime.compile(&name, &text) {
        Ok(()) => 0,
        Err(diagnostic) => {
            app.reporter.report(&diagnostic, &sources);
            1
        }
    }
}
