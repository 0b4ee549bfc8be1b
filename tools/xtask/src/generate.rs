//! Files generated from the script API's specs. They are committed; CI checks that they are true.

use std::error::Error;
use std::path::Path;

use llmspell::{manual, registry, stubs};

/// Writes every generated file, or only compares.
pub fn files(root: &Path, check: bool) -> Result<(), Box<dyn Error>> {
    let registry = registry();
    let files = [
        ("docs/reference.md", manual::markdown(&registry)),
        ("stubs/llmspell.lua", stubs::lua(&registry)),
        ("stubs/llmspell.d.rhai", stubs::rhai(&registry)),
    ];
    let mut stale = Vec::new();
    for (name, text) in files {
        let path = root.join(name);
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        if old == text {
            continue;
        }
        match check {
            true => stale.push(name),
            false => {
                std::fs::create_dir_all(path.parent().unwrap_or(root))?;
                std::fs::write(&path, text)?;
                println!("wrote {name}");
            }
        }
    }
    match stale.is_empty() {
        true => Ok(()),
        false => Err(format!("out of date: {}; run `cargo xtask gen`", stale.join(", ")).into()),
    }
}
