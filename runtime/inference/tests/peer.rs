//! Comparison with public reference data, where `LLMSPELL_PEER_DATA` names its folder.

use std::path::PathBuf;

use llmspell_inference::tokenizer::EncodeOptions;
use llmspell_inference::{DateTime, Error, Message, Template, Tokenizer, Vocabulary};
use serde_json::Value;

fn peer_data(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("LLMSPELL_PEER_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("{test}: skipped, LLMSPELL_PEER_DATA is not set");
    }
    folder
}

/// Equal ids, and the ids' text is the text again.
fn check_vocabulary(name: &str) {
    check_ids(name, |tokenizer, text, ids| {
        assert_eq!(tokenizer.decode(ids, false).expect("known ids"), text);
    });
}

fn check_ids(name: &str, check: impl Fn(&Tokenizer, &str, &[u32])) {
    let Some(folder) = peer_data(name) else {
        return;
    };
    let path = folder.join("vocab").join(format!("{name}.gguf"));
    let read = |extension: &str| {
        std::fs::read_to_string(path.with_extension(format!("gguf.{extension}")))
            .expect("peer file")
    };
    let vocabulary = Vocabulary::open(path.clone()).expect("a vocabulary");
    let tokenizer = vocabulary.tokenizer();
    let (texts, ids) = (read("inp"), read("out"));
    let texts: Vec<_> = texts.split("\n__ggml_vocab_test__\n").collect();
    let ids: Vec<Vec<u32>> = ids
        .lines()
        .map(|line| {
            line.split_whitespace()
                .map(|id| id.parse().expect("an id"))
                .collect()
        })
        .collect();
    assert!(texts.len() >= ids.len() && ids.len() > 10);
    for (text, expect) in texts.iter().zip(&ids) {
        let actual = tokenizer.encode(text, EncodeOptions::default());
        assert_eq!(&actual, expect, "{name}: {text:?}");
        check(tokenizer, text, &actual);
    }
}

#[test]
fn byte_level_bpe_equals_the_reference_on_every_text() {
    check_vocabulary("ggml-vocab-gpt-2");
}

#[test]
fn sentencepiece_equals_the_reference_on_every_text() {
    check_vocabulary("ggml-vocab-llama-spm");
}

#[test]
fn wordpiece_equals_the_reference_on_every_text() {
    check_ids("ggml-vocab-bert-bge", |_, _, _| {});
}

#[test]
fn templates_render_as_the_reference_does() {
    let Some(folder) = peer_data("templates") else {
        return;
    };
    let folder = folder.join("templates");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("peer file");
    let peer: Value = serde_json::from_str(&read("expected.json")).expect("JSON");
    let text = |key: &str| peer[key].as_str().expect("a string").to_owned();
    let now: DateTime = text("now").parse().expect("a time");
    for (name, results) in peer["expected"].as_object().expect("templates") {
        let template = Template::new(&read(name), &text("bos_token"), &text("eos_token"));
        let template = template.unwrap_or_else(|error| panic!("{name}: {error}"));
        for (case, expect) in results.as_object().expect("results") {
            let actual = render(&template, &peer["cases"][case], now);
            match (expect["ok"].as_str(), expect["error"].as_str()) {
                (Some(expect), _) => {
                    assert_eq!(
                        actual.as_deref().ok(),
                        Some(expect),
                        "{name} {case}: {actual:?}"
                    );
                }
                (_, Some(error)) if error.starts_with("TemplateError") => {
                    assert!(
                        matches!(actual, Err(Error::TemplateRaised { .. })),
                        "{name} {case}"
                    );
                }
                _ => assert!(
                    matches!(actual, Err(Error::Template { .. })),
                    "{name} {case}: {actual:?}"
                ),
            }
        }
    }
}

fn render(template: &Template, case: &Value, now: DateTime) -> Result<String, Error> {
    let messages: Vec<Message> =
        serde_json::from_value(case["messages"].clone()).expect("messages");
    let tools = case.get("tools");
    let open = case["add_generation_prompt"].as_bool().unwrap_or(false);
    template.render_at(&messages, tools, open, now)
}
