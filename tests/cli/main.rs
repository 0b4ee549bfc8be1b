//! The command line as a person or a script meets it: exit codes, and one clear error each.

mod bench;
mod check;
mod doc;
mod limits;
#[path = "../common/process.rs"]
mod process;
mod run;
#[cfg(unix)]
#[path = "../common/signal.rs"]
mod signal;
#[cfg(unix)]
mod signals;
mod streams;
mod usage;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tempfile::TempDir;

fn llmspell(args: &[&str]) -> Output {
    let mut command = process::llmspell();
    let command = command.args(args).stdin(Stdio::null());
    command.output().expect("the binary starts")
}

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("the folder is writable");
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

/// Checks the exit code, that the one error on standard error says `part`, and that nothing is on standard output.
fn fails(args: &[&str], code: i32, part: &str) {
    let output = llmspell(args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
    assert!(errors.contains(part), "{args:?}: {errors}");
    let count = errors
        .lines()
        .filter(|line| line.starts_with("error"))
        .count();
    assert_eq!(count, 1, "{args:?}: {errors}");
    assert!(!errors.contains("panicked"), "{args:?}: {errors}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed, "", "{args:?}: {errors}");
}

fn prints(args: &[&str], expected: &str) {
    let output = llmspell(args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {errors}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        expected,
        "{args:?}"
    );
}
