//! The catalogue in the binary, and what is no catalogue.

use super::*;

fn bundled() -> &'static Catalogue {
    Catalogue::bundled().expect("the catalogue is well-formed")
}

/// One entry as it should be.
const FINE: &str = r#"
[[model]]
name = "a:1b"
description = "Small."
parameters = 1
context_length = 2
license = "mit"
repository = "o/r"
files = [{ quantization = "Q8_0", file = "a-q8_0.gguf", size_gb = 1.0 }]
sources = ["https://example.com/models.json"]
"#;

#[test]
fn every_entry_is_well_formed_and_cited_and_there_once() {
    let entries = bundled().entries();
    assert!(entries.len() >= 25, "{}", entries.len());
    assert!(entries.iter().any(|entry| entry.recommended));
    assert!(entries.iter().any(|entry| entry.embedding));
    let files = entries.iter().flat_map(|entry| {
        let repository = &entry.repository;
        entry.files().map(move |file| (repository, &file.file))
    });
    let files: Vec<_> = files.collect();
    let distinct: HashSet<_> = files.iter().collect();
    assert_eq!(distinct.len(), files.len(), "a file belongs to one entry");
}

#[test]
fn the_families_that_people_ask_for_are_there() {
    for model in [
        "tinyllama",
        "llama3.1",
        "llama3.2",
        "mistral",
        "phi3",
        "phi3.5",
        "gemma2",
        "gemma3",
        "qwen2.5",
        "qwen3",
        "smollm2",
        "smollm3",
        "bge-small-en",
    ] {
        assert!(bundled().find(model, None).is_some(), "{model}");
    }
}

#[test]
fn a_name_may_say_its_quantization() {
    let (entry, said) = bundled().find("mistral", Some("7b")).expect("mistral:7b");
    assert_eq!((entry.name.as_str(), said), ("mistral:7b", None));
    let (entry, said) = bundled()
        .find("mistral", Some("7b-q8_0"))
        .expect("mistral:7b");
    assert_eq!(
        (entry.name.as_str(), said.as_deref()),
        ("mistral:7b", Some("Q8_0"))
    );
    assert!(bundled().find("mistral", Some("700b")).is_none());
    assert_eq!(bundled().files("mistral", Some("7b-q8_0")).len(), 1);
}

#[test]
fn a_file_knows_its_names() {
    let (entry, _) = bundled().find("mistral", Some("7b")).expect("mistral:7b");
    let file = entry.file("q4_k_m").expect("the usual quantization");
    assert_eq!(
        bundled().names(&entry.repository, &file.file),
        ["mistral:7b"]
    );
}

#[test]
fn what_is_wrong_is_said() {
    assert!(Catalogue::parse(FINE).is_ok());
    let cases = [
        (FINE.replace("a:1b", "a"), "model:variant"),
        (FINE.replace("a:1b", "a:1b@candle"), "model:variant"),
        (FINE.replace("\"o/r\"", "\"../r\""), "no repository"),
        (
            FINE.replace("a-q8_0.gguf", "../a-q8_0.gguf"),
            "no path within",
        ),
        (
            FINE.replace("a-q8_0.gguf", "a-q4_0.gguf"),
            "another quantization",
        ),
        (
            FINE.replace("[\"https://example.com/models.json\"]", "[]"),
            "where it was seen",
        ),
        (
            FINE.replace("https://example.com/models.json", "somewhere"),
            "where it was seen",
        ),
        (FINE.replace("Small.", ""), "no description"),
        (
            FINE.replace("parameters = 1", "parameters = 0"),
            "no parameters",
        ),
        (FINE.replace("1.0", "0.0"), "no size"),
        (FINE.replace("license", "licence"), "unknown field"),
        (format!("{FINE}{FINE}"), "twice"),
    ];
    for (text, expected) in cases {
        let problem = Catalogue::parse(&text).expect_err(expected);
        assert!(problem.contains(expected), "{problem}");
    }
}
