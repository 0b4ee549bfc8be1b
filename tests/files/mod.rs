//! Finding the scripts of a test.

use std::path::{Path, PathBuf};

use llmspell::Language;

/// Every script below a folder of `tests`, in order.
pub fn scripts(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut found = Vec::new();
    collect(&root, &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            collect(&path, found);
        } else if Language::of_file(&path).is_ok() {
            found.push(path);
        }
    }
}
