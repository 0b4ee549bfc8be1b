//! Models with random weights, and measuring them.

use std::ops::ControlFlow;

use llmspell_inference::bench::{self, Plan, Stage};
use llmspell_inference::synthetic::{self, Quantization, Shape};
use llmspell_inference::tokenizer::EncodeOptions;
use llmspell_inference::{Error, Message, ModelInfo, Options, Vocabulary};

fn shape(name: &str) -> &'static Shape {
    Shape::named(name).unwrap_or_else(|| panic!("no shape {name}"))
}

#[test]
fn files_are_as_large_as_those_of_the_real_models() {
    let cases = [
        ("tinyllama-1.1b", "q4_k_m", 0.669),
        ("tinyllama-1.1b", "Q8_0", 1.17),
        ("TinyLlama-1.1B", "f16", 2.20),
        ("llama-8b", "q4_k_m", 4.92),
        ("llama-8b", "q8_0", 8.54),
        ("llama-8b", "f16", 16.07),
    ];
    for (name, quantization, gigabytes) in cases {
        let quantization = Quantization::named(quantization).expect("it is one");
        let size = synthetic::writer(shape(name), quantization).size();
        let found = size as f64 / 1e9;
        let difference = (found / gigabytes - 1.0).abs();
        assert!(difference < 0.005, "{name} {quantization:?}: {found} GB");
    }
}

#[test]
fn every_quantization_loads_and_generates() {
    let folder = tempfile::tempdir().expect("a folder");
    for &quantization in Quantization::ALL {
        let path = folder.path().join(quantization.name());
        let writer = synthetic::writer(shape("llama-25m"), quantization);
        writer.write_to(&path).expect("the folder is writable");
        let size = std::fs::metadata(&path).expect("it is there").len();
        assert_eq!(writer.size(), size);
        let info = ModelInfo::read(path.as_path()).expect("the header is valid");
        assert_eq!(info.parameters, 25_236_224);
        let plan = Plan {
            prompt: 40,
            generate: 3,
            parallel: 2,
        };
        let mut stages = Vec::new();
        let report = bench::measure(path, &Options::default(), plan, &mut |stage| {
            stages.push(stage);
        });
        let report = report.expect("the logits are finite");
        assert!(report.prefill_tps() > 0.0 && report.aggregate_tps() > 0.0);
        stages.retain(|stage| !matches!(stage, Stage::Loading(_)));
        stages.dedup();
        assert_eq!(stages, [Stage::Prefill, Stage::Decode, Stage::Together]);
    }
}

/// A vocabulary as it stands in a file, whose weights nobody reads.
fn vocabulary(name: &str) -> Vocabulary {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gguf");
    let writer = synthetic::writer(shape(name), Quantization::Q4KM);
    let vocabulary = writer.without_tensors();
    vocabulary.write_to(&path).expect("the folder is writable");
    Vocabulary::open(path).expect("it is valid")
}

#[test]
fn made_up_vocabularies_keep_every_text() {
    let text = "Some text, čeština, 日本語: \u{1F999}\n\ttabs  and   spaces.";
    for (name, size) in [("tinyllama-1.1b", 32_000), ("llama-8b", 128_256)] {
        let vocabulary = vocabulary(name);
        let tokenizer = vocabulary.tokenizer();
        assert_eq!(tokenizer.len(), size, "{name}");
        let ids = tokenizer.encode(text, EncodeOptions::default());
        assert_eq!(
            tokenizer.decode(&ids, false).expect("known"),
            text,
            "{name}"
        );
        let word = tokenizer.encode("the", EncodeOptions::default());
        assert_eq!(word.len(), 1, "{name}: merges make words: {word:?}");
        let prompt = vocabulary.prompt_tokens(&[Message::user("Hi")], None, true);
        assert!(prompt.is_ok_and(|tokens| tokens.len() > 3), "{name}");
    }
}

#[test]
fn a_file_is_recognized_by_its_header_and_its_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gguf");
    let writer = synthetic::writer(shape("llama-25m"), Quantization::Q4KM);
    writer.write_to(&path).expect("the folder is writable");
    assert!(writer.is_at(&path).expect("it can be read"));
    let other = synthetic::writer(shape("llama-25m"), Quantization::Q8_0);
    assert!(!other.is_at(&path).expect("it can be read"));
    let mut bytes = std::fs::read(&path).expect("it can be read");
    bytes.pop();
    std::fs::write(&path, bytes).expect("the folder is writable");
    assert!(!writer.is_at(&path).expect("it can be read"));
}

#[test]
fn writing_that_is_stopped_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = synthetic::writer(shape("llama-25m"), Quantization::Q4KM);
    let mut calls = 0;
    let stopped = writer.write_with(folder.path().join("a.gguf"), |_| {
        calls += 1;
        match calls {
            5 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    assert!(matches!(stopped, Err(Error::Unwritable { .. })));
    assert_eq!(calls, 5);
    let left = std::fs::read_dir(folder.path()).expect("it is there");
    assert_eq!(left.count(), 0);
}
