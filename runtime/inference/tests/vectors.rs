//! Vectors of a tiny BERT, against what `tools/embedding-reference` computes of the same weights in 64-bit floats.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use llmspell_inference::testing::TinyLlama;
use llmspell_inference::{Checkpoint, Embedder, Error, ModelInfo, Source, Threads};
use serde::Deserialize;
use tempfile::TempDir;

/// A text, its tokens, and its vector by either way of pooling, and by the mean of quantized weights.
#[derive(Deserialize)]
struct Answer {
    text: String,
    tokens: Vec<u32>,
    mean: Vec<f32>,
    cls: Vec<f32>,
    quantized: Vec<f32>,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/bert")
        .join(name)
}

fn answers() -> Vec<Answer> {
    let answers = fs::read(fixture("vectors.json")).expect("the fixture");
    serde_json::from_slice(&answers).expect("the fixture is JSON")
}

fn open(source: impl Into<Source>) -> Embedder {
    Embedder::open(source, Threads::default()).expect("the model opens")
}

fn refusal(source: impl Into<Source>) -> String {
    let refused = Embedder::open(source, Threads::default()).err();
    refused.expect("it is refused").to_string()
}

/// The GGUF, with bytes of it replaced.
fn patched(from: &[u8], to: &[u8]) -> Source {
    let mut bytes = fs::read(fixture("tiny.gguf")).expect("the fixture");
    let at = bytes.windows(from.len()).position(|part| part == from);
    let at = at.expect("the bytes are there");
    bytes.splice(at..at + from.len(), to.iter().copied());
    Source::Memory {
        name: "tiny.gguf".to_owned(),
        bytes: Arc::from(bytes),
    }
}

/// The GGUF with another way of pooling: a key, its type u32, its value.
fn pooling(value: u8) -> Source {
    let entry = |value: u8| [b"bert.pooling_type".as_slice(), &[4, 0, 0, 0, value]].concat();
    patched(&entry(1), &entry(value))
}

/// A copy of the folder, to change it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        fs::copy(fixture(file), folder.path().join(file)).expect("the folder is ours");
    }
    folder
}

fn write(folder: &TempDir, file: &str, text: &str) {
    let path = folder.path().join(file);
    fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder is ours");
    fs::write(path, text).expect("the folder is ours");
}

/// Replaces part of a file's text.
fn edit(folder: &TempDir, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(folder.path().join(file)).expect("it is text");
    assert!(text.contains(from), "{file} has no {from}");
    write(folder, file, &text.replace(from, to));
}

#[track_caller]
fn check(model: &Embedder, expected: fn(&Answer) -> &Vec<f32>) {
    let answers = answers();
    let texts: Vec<String> = answers.iter().map(|answer| answer.text.clone()).collect();
    let tokens: Vec<_> = answers.iter().map(|answer| answer.tokens.clone()).collect();
    assert_eq!(model.tokens(&texts).expect("they are short"), tokens);
    let embedded = model.embed(&texts).expect("vectors");
    assert_eq!(embedded.tokens, tokens.concat().len());
    assert_eq!(embedded.vectors.len(), answers.len());
    for (answer, vector) in answers.iter().zip(&embedded.vectors) {
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-6, "{:?}: {length}", answer.text);
        let pairs = vector.iter().zip(expected(answer));
        let difference = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 1e-5, "{:?} is {difference} off", answer.text);
        assert_eq!(vector.len(), expected(answer).len());
    }
}

#[test]
fn a_gguf_has_the_reference_vectors() {
    check(&open(fixture("tiny.gguf")), |answer| &answer.mean);
    check(&open(pooling(0)), |answer| &answer.mean);
    check(&open(pooling(2)), |answer| &answer.cls);
}

#[test]
fn quantized_weights_have_their_reference_vectors() {
    check(&open(fixture("quantized.gguf")), |answer| &answer.quantized);
}

#[test]
fn a_folder_has_the_reference_vectors_by_its_path_and_by_its_weights() {
    check(&open(fixture("")), |answer| &answer.mean);
    check(&open(fixture("model.safetensors")), |answer| &answer.mean);
}

#[test]
fn a_folder_says_how_tokens_become_one_vector() {
    let folder = folder();
    let file = "1_Pooling/config.json";
    write(
        &folder,
        file,
        r#"{"pooling_mode_cls_token": true, "word_embedding_dimension": 32}"#,
    );
    check(&open(folder.path()), |answer| &answer.cls);
    write(&folder, file, r#"{"pooling_mode_mean_tokens": true}"#);
    check(&open(folder.path()), |answer| &answer.mean);
    write(&folder, file, r#"{"pooling_mode_max_tokens": true}"#);
    let problem = refusal(folder.path());
    assert!(
        problem.contains("pooling_mode_max_tokens, which is not supported"),
        "{problem}"
    );
    assert!(refusal(pooling(4)).contains("bert.pooling_type is 4, which is not supported"));
}

#[test]
fn a_vector_depends_on_no_other_text() {
    let model = open(fixture("tiny.gguf"));
    let texts: Vec<String> = answers().into_iter().map(|answer| answer.text).collect();
    let together = model.embed(&texts).expect("vectors").vectors;
    for (text, vector) in texts.into_iter().zip(together) {
        assert_eq!(model.embed(&[text]).expect("a vector").vectors, [vector]);
    }
    assert_eq!(model.embed(&[]).expect("nothing").vectors.len(), 0);
}

#[test]
fn a_text_is_never_cut() {
    let texts = ["the".to_owned(), "the ".repeat(23)];
    for model in ["tiny.gguf", ""] {
        let problem = open(fixture(model))
            .embed(&texts)
            .expect_err("it is too long");
        let limits = "text 2 has 25 tokens, the model reads at most 24 at once";
        assert!(problem.to_string().starts_with(limits), "{problem}");
    }
}

#[test]
fn damaged_files_are_errors_that_name_the_place() {
    for (source, part) in [
        (
            patched(b"blk.1.ffn_up.bias", b"blk.1.ffn_uq.bias"),
            "tiny.gguf: tensor `blk.1.ffn_up.bias` is missing",
        ),
        (
            patched(b"blk.1.ffn_up.bias", b"blk.7.ffn_up.bias"),
            "tensor `blk.1.ffn_up.bias` is missing",
        ),
        (
            patched(b"bert.block_count", b"bert.blockscount"),
            "metadata key `bert.block_count` is missing",
        ),
        (
            patched(
                &[b"bert.attention.head_count".as_slice(), &[4, 0, 0, 0, 4]].concat(),
                &[b"bert.attention.head_count".as_slice(), &[4, 0, 0, 0, 5]].concat(),
            ),
            "5 heads cannot share a width of 32",
        ),
        (
            patched(
                &[b"bert.feed_forward_length".as_slice(), &[4, 0, 0, 0, 64]].concat(),
                &[b"bert.feed_forward_length".as_slice(), &[4, 0, 0, 0, 65]].concat(),
            ),
            "tensor `blk.0.ffn_up.weight` has shape [64, 32], expected [65, 32]",
        ),
    ] {
        let problem = refusal(source);
        assert!(problem.contains(part), "{problem}");
    }
}

#[test]
fn damaged_folders_are_errors_that_name_the_file() {
    for (file, from, to, part) in [
        (
            "config.json",
            "\"hidden_size\": 32",
            "\"hidden_size\": 64",
            "embeddings.position_embeddings.weight` has shape [24, 32], expected [24, 64]",
        ),
        (
            "config.json",
            "\"num_hidden_layers\": 2",
            "\"num_hidden_layers\": 3",
            "model.safetensors: tensor `encoder.layer.2.attention.self.query.weight` is missing",
        ),
        (
            "config.json",
            "\"num_attention_heads\": 4",
            "\"num_attention_heads\": 0",
            "config.json: num_attention_heads: 0 heads",
        ),
        (
            "config.json",
            "\"gelu\"",
            "\"swish\"",
            "config.json: JSON: unknown variant `swish`",
        ),
        (
            "config.json",
            "\"bert\"",
            "\"llama\"",
            "architecture `llama` are not supported",
        ),
        (
            "tokenizer.json",
            "\"WordPiece\"",
            "\"WordPile\"",
            "tokenizer.json: tokenizer: ",
        ),
    ] {
        let folder = folder();
        edit(&folder, file, from, to);
        let problem = refusal(folder.path());
        assert!(problem.contains(part), "{problem}");
    }
    let cut = folder();
    write(&cut, "model.safetensors", "\u{8}\0\0\0\0\0\0\0");
    assert!(refusal(cut.path()).contains("model.safetensors: header of safetensors: "));
    let dense = folder();
    write(
        &dense,
        "modules.json",
        r#"[{"type": "sentence_transformers.models.Dense"}]"#,
    );
    assert!(refusal(dense.path()).contains("type is Dense, which is not supported"));
}

#[test]
fn models_that_write_and_models_that_make_vectors_are_told_apart() {
    let writer = TinyLlama::default().writer().expect("a tiny model");
    let source = Source::Memory {
        name: "llama.gguf".to_owned(),
        bytes: Arc::from(writer.to_bytes().expect("a tiny model")),
    };
    let info = ModelInfo::read(source.clone()).expect("its header");
    assert!(!info.embeds());
    let problem = refusal(source);
    assert_eq!(
        problem,
        "llama.gguf is a model that writes text; for vectors take an embedding model such as bge-small-en:v1.5"
    );
    for name in ["tiny.gguf", "", "model.safetensors"] {
        let info = ModelInfo::read(fixture(name)).expect("its header");
        assert!(info.embeds());
        assert_eq!(info.architecture, "bert");
        assert_eq!((info.parameters, info.context_length), (20_512, 24));
        let refused = Checkpoint::open(fixture(name)).err();
        assert!(
            matches!(refused, Some(Error::WritesNoText { .. })),
            "{name}"
        );
    }
}

#[test]
fn other_encoders_are_refused() {
    let architecture = |name: &str| {
        let length = name.len() as u8;
        let value = [8, 0, 0, 0, length, 0, 0, 0, 0, 0, 0, 0];
        [b"general.architecture".as_slice(), &value, name.as_bytes()].concat()
    };
    for other in ["nomic-bert", "bort"] {
        let problem = refusal(patched(&architecture("bert"), &architecture(other)));
        let part =
            format!("vectors of architecture `{other}` are not supported; supported is bert");
        assert!(problem.contains(&part), "{problem}");
    }
}
