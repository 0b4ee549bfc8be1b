//! Training a model further from its file, and files that cannot be.

use candle_core::quantized::GgmlDType;
use llmspell_inference::gguf::{Value as Metadata, Writer};
use tempfile::TempDir;
use wisp_trainer::{
    batch,
    corpus::Corpus,
    export,
    model::Config,
    tokenizer::{CONTROL, Tokenizer, USER_DEFINED},
    train::{Plan, Settings, Start, train},
};

#[test]
fn a_file_comes_back_as_it_was_and_is_trained_further() {
    let dir = TempDir::new().unwrap();
    let corpus = Corpus::new(1);
    let tokenizer = Tokenizer::train(&corpus.texts(300), &corpus.fixed_texts(100), 320).unwrap();
    let plan = Plan {
        dir: dir.path().to_path_buf(),
        start: Start::Random(Config::tiny(tokenizer.size())),
        seed: 1,
        settings: Settings {
            steps: 30,
            batch_tokens: 256,
            threads: 2,
        },
        pause_at: None,
        save_every: 1_000,
    };
    let (model, _) = train(&plan, &tokenizer, &mut |_| {}).unwrap();
    let [path, again] = ["wisp.gguf", "again.gguf"].map(|name| dir.path().join(name));
    export::export(&model, &tokenizer, GgmlDType::Q8_0, &path).unwrap();
    let (tokenizer, model) = export::import(&path).unwrap();
    export::export(&model, &tokenizer, GgmlDType::Q8_0, &again).unwrap();
    assert!(std::fs::read(path).unwrap() == std::fs::read(again).unwrap());

    let further = Plan {
        start: Start::Trained(model.config, model.weights.clone()),
        pause_at: Some(1),
        ..plan
    };
    let (after, progress) = train(&further, &tokenizer, &mut |_| {}).unwrap();
    assert!(progress.position > batch::ANSWERS_ONLY_FROM);
    // The first step is a small one, so the weights are still those of the file.
    let pairs = model.weights.named().into_iter().zip(after.weights.named());
    for ((name, _, before), (_, _, after)) in pairs {
        let moved = before.iter().zip(after).map(|(a, b)| (a - b).abs());
        let furthest = moved.fold(0.0, f32::max);
        assert!(furthest > 0.0 && furthest < 0.01, "{name}: {furthest}");
    }
}

/// The metadata of a model that can be trained further, with one value put in another's place.
fn with_metadata(changed: &str, value: Option<Metadata>, path: &std::path::Path) {
    let mut writer = Writer::new();
    let words = ["a", "b", "ab"];
    let tokens = CONTROL.iter().chain(&USER_DEFINED).chain(&words);
    let tokens: Vec<&str> = tokens.copied().collect();
    for (key, ours) in [
        ("general.architecture", Metadata::from("llama")),
        ("tokenizer.ggml.pre", "qwen2".into()),
        ("tokenizer.ggml.tokens", tokens.into()),
        ("tokenizer.ggml.merges", vec!["a b"].into()),
        ("llama.embedding_length", 32u32.into()),
        ("llama.block_count", 1u32.into()),
        ("llama.attention.head_count", 2u32.into()),
        ("llama.attention.head_count_kv", 2u32.into()),
        ("llama.feed_forward_length", 64u32.into()),
        ("llama.context_length", 512u32.into()),
        ("llama.rope.freq_base", 1e4f32.into()),
        ("llama.attention.layer_norm_rms_epsilon", 1e-5f32.into()),
    ] {
        match &value {
            Some(value) if key == changed => writer = writer.metadata(key, value.clone()),
            None if key == changed => {}
            _ => writer = writer.metadata(key, ours),
        }
    }
    writer.write_to(path).unwrap();
}

#[test]
fn a_foreign_file_is_refused_with_the_reason() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("other.gguf");
    let cases: [(&str, Option<Metadata>, &str); 10] = [
        (
            "general.architecture",
            Some("qwen2".into()),
            "general.architecture is qwen2, not llama",
        ),
        (
            "general.architecture",
            None,
            "it has no general.architecture",
        ),
        (
            "tokenizer.ggml.merges",
            Some(vec!["ab"].into()),
            "is no pair",
        ),
        (
            "tokenizer.ggml.tokens",
            Some(vec!["a", "b", "ab"].into()),
            "3 tokens make a vocabulary of 10",
        ),
        (
            "llama.attention.head_count",
            Some(0u32.into()),
            "is no model of this trainer",
        ),
        (
            "llama.attention.head_count_kv",
            Some(1u32.into()),
            "is no model of this trainer",
        ),
        (
            "llama.context_length",
            Some(u32::MAX.into()),
            "is no model of this trainer",
        ),
        (
            "llama.embedding_length",
            Some((1u32 << 20).into()),
            "is no model of this trainer",
        ),
        (
            "llama.context_length",
            Some("512".into()),
            "llama.context_length: not a u32",
        ),
        ("none", None, "token_embd.weight"),
    ];
    for (changed, value, expected) in cases {
        with_metadata(changed, value, &path);
        let Err(error) = export::import(&path) else {
            panic!("{changed} was taken");
        };
        let error = error.to_string();
        assert!(error.contains(expected), "{error}");
        assert!(
            error.contains("other.gguf cannot be trained further"),
            "{error}"
        );
    }
}
