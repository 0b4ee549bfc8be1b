//! The invariants of ARCHITECTURE.md that a test can check.

use std::path::{Path, PathBuf};

/// Every tracked Rust file below a folder of the repository.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder exists") {
            let path = entry.expect("the folder can be read").path();
            match path.extension().and_then(|e| e.to_str()) {
                Some("rs" | "toml") => {
                    let text = std::fs::read_to_string(&path).expect("sources are UTF-8");
                    found.push((path, text));
                }
                _ if path.is_dir() && !path.ends_with("target") => folders.push(path),
                _ => {}
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

#[test]
fn a_long_file_says_why_it_is() {
    for folder in [
        "runtime", "engines", "stdlib", "src", "tools", "tests", "benches",
    ] {
        for (path, text) in sources(folder) {
            let comment = text.lines().map_while(|line| line.strip_prefix("//!"));
            let comment: String = comment.collect();
            let told = comment.contains("longer than files usually are");
            let rust = path.extension().is_some_and(|extension| extension == "rs");
            let short = !rust || text.lines().count() <= 500;
            assert!(short || told, "{} is long: divide it", path.display());
        }
    }
}

/// The text without comments, where a name may stand as an example.
fn code(text: &str) -> String {
    let line = |line: &str| line.split("//").next().unwrap_or("").to_lowercase();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_core_and_the_backends_name_no_engine() {
    for folder in [
        "runtime/core",
        "runtime/models",
        "runtime/inference",
        "stdlib",
    ] {
        for (path, text) in sources(folder) {
            for name in ["mlua", "rhai::", "rhai =", "llmspell-lua", "llmspell-rhai"] {
                assert!(
                    !code(&text).contains(name),
                    "{} names {name}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn inference_stands_alone() {
    for (path, text) in sources("runtime/inference") {
        for name in [
            "llmspell-core",
            "llmspell_core",
            "llmspell-models",
            "llmspell_models",
        ] {
            assert!(
                !code(&text).contains(name),
                "{} names {name}",
                path.display()
            );
        }
    }
}

#[test]
fn only_an_engine_names_its_own_language_crate() {
    for (folder, name) in [
        ("engines/lua", "rhai"),
        ("engines/rhai", "mlua"),
        ("src", "mlua"),
        ("src", "corosensei"),
    ] {
        for (path, text) in sources(folder) {
            assert!(
                !code(&text).contains(name),
                "{} names {name}",
                path.display()
            );
        }
    }
}

#[test]
fn unsafe_code_lives_where_it_must() {
    let allowed = [
        "engines/rhai/src/coroutine.rs",
        "runtime/inference/src/decoder/host/kernels.rs",
        "runtime/inference/src/mmap.rs",
        "tools/wisp-trainer/src/allocator.rs",
        "tools/wisp-trainer/src/ops/product.rs",
    ];
    for folder in ["runtime", "engines", "stdlib", "src", "tools"] {
        for (path, text) in sources(folder) {
            let uses = code(&text)
                .lines()
                .any(|l| l.contains("unsafe ") && !l.contains("unsafe_code"));
            let may = allowed.iter().any(|file| path.ends_with(file));
            assert!(!uses || may, "{} uses unsafe code", path.display());
        }
    }
}
