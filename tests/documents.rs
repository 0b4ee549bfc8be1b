//! What the documents promise: links that lead somewhere, samples that are what they say.

mod common;

use std::path::{Path, PathBuf};

use llmspell::{Check, Language, Runtime};

/// The hand-written documents and their texts.
fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs/guide.md",
        "benches/README.md",
        "runtime/models/wisp/README.md",
    ];
    let guide = std::fs::read_dir(root.join("docs/user-guide")).expect("the guide");
    let pages = guide.map(|page| page.expect("a page").path());
    let paths = named.map(|document| root.join(document)).into_iter();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path);
        let text = text.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (path, text)
    };
    paths.chain(pages).map(read).collect()
}

#[test]
fn every_link_leads_somewhere() {
    for (path, text) in documents() {
        let folder = path.parent().expect("a document lies in a folder");
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let file = link.split('#').next().unwrap_or("");
            let outside = file.is_empty() || file.contains("://");
            assert!(
                outside || folder.join(file).exists(),
                "{} links to {link}",
                path.display()
            );
        }
    }
}

/// The samples of a document in one language.
fn samples(text: &str, language: Language) -> Vec<&str> {
    let begin = format!("\n```{}\n", language.name());
    let blocks = text.split(begin.as_str()).skip(1);
    blocks
        .map(|rest| rest.split("\n```").next().unwrap_or(""))
        .collect()
}

#[test]
fn every_sample_is_a_script() {
    let mut count = 0;
    for language in Language::ALL {
        let runtime = Runtime::builder(*language).build().expect("it starts");
        for (path, text) in documents() {
            for sample in samples(&text, *language) {
                let check = runtime.check("sample", sample);
                assert_eq!(check, Check::Complete, "{}: {sample}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 10, "{count} samples");
}

#[test]
fn samples_that_want_no_other_model_run_as_they_stand() {
    let mut count = 0;
    for language in Language::ALL {
        for (path, text) in documents() {
            let runs = |s: &&str| {
                s.contains("Agent.create(") && !s.contains("model =") && !s.contains("model:")
            };
            for sample in samples(&text, *language).into_iter().filter(runs) {
                let ran = common::run(*language, "sample", sample, &[]);
                assert_eq!(ran.errors, [""; 0], "{}: {sample}", path.display());
                assert!(!ran.output.is_empty(), "{}: {sample}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 4, "{count} samples");
}
