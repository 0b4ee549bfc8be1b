//! Vectors by models of this process.
#![cfg(feature = "candle")]

use std::path::Path;

use llmspell_models::{Loading, Models, Prompt, Request};

/// A file of the tiny BERT of `runtime/inference`.
fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../inference/tests/fixtures/bert");
    folder.join(name).display().to_string()
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}

fn texts() -> Vec<String> {
    ["The cat sat on the mat.", ""].map(str::to_owned).into()
}

#[test]
fn vectors_are_the_same_from_gguf_and_safetensors() {
    let models = Models::new();
    let [gguf, other] = ["tiny.gguf", "model.safetensors"].map(|name| {
        let path = fixture(name);
        let embedded = block_on(models.embed(Some(&path), texts())).expect("vectors");
        assert_eq!(embedded.model, path);
        assert_eq!(embedded.prompt_tokens, Some(11));
        embedded.vectors.concat()
    });
    assert_eq!(gguf.len(), 64);
    let pairs = gguf.iter().zip(&other);
    assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn what_a_model_is_for_is_told() {
    let models = Models::new();
    let bert = block_on(models.info(&fixture("tiny.gguf"))).expect("a model");
    assert_eq!(bert.capabilities, ["embedding"]);
    assert_eq!(bert.architecture.as_deref(), Some("bert"));
    assert!(!bert.generates());
    let wisp = block_on(models.info("wisp")).expect("the bundled model");
    assert_eq!(wisp.capabilities, ["completion"]);
}

#[test]
fn a_model_asked_for_what_it_is_not_made_for_says_so() {
    let models = Models::new();
    let written = block_on(models.embed(Some("wisp"), texts())).map(|_| ());
    assert_eq!(
        written.expect_err("wisp writes").to_string(),
        "wisp is a model that writes text; for vectors take an embedding model such as bge-small-en:v1.5"
    );
    let prompt = Prompt::Raw("the".to_owned());
    let request = Request::new(Some(fixture("tiny.gguf")), prompt);
    let written = block_on(models.generate(request)).map(|_| ());
    let problem = written.expect_err("BERT does not write").to_string();
    assert!(
        problem.contains("is a model for embeddings (`bert`), which writes no text"),
        "{problem}"
    );
}

#[test]
fn a_model_stays_loaded_until_two_others_were_used_or_it_is_let_go() {
    let models = Models::new();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let names = ["a.gguf", "b.gguf", "c.gguf"].map(path);
    for name in &names {
        std::fs::copy(fixture("tiny.gguf"), name).expect("the folder is ours");
        block_on(models.load(name, Loading::default())).expect("it loads");
    }
    let loaded = || {
        names.each_ref().map(|name| {
            let info = block_on(models.info(name)).expect("a model");
            info.loaded
        })
    };
    assert_eq!(loaded(), [false, true, true]);
    block_on(models.unload(&names[1])).expect("it is loaded");
    assert_eq!(loaded(), [false, false, true]);
    block_on(models.embed(Some(&names[0]), texts())).expect("vectors");
    assert_eq!(loaded(), [true, false, true]);
}

#[test]
fn options_of_writing_are_no_options_of_a_model_for_vectors() {
    let models = Models::new();
    let path = fixture("tiny.gguf");
    let small = Loading {
        context_size: Some(8),
        ..Loading::default()
    };
    let problem = block_on(models.load(&path, small)).expect_err("it reads whole texts");
    assert_eq!(
        problem.to_string(),
        "context_size: an embedding model has no such option"
    );
    assert_eq!(models.candle_status().loaded, 0);
    block_on(models.load(&path, Loading::default())).expect("it loads");
    assert_eq!(models.candle_status().loaded, 1);
}

#[test]
fn a_failed_load_leaves_nothing_behind() {
    let models = Models::new();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("late.gguf");
    let name = path.display().to_string();
    let missing = block_on(models.embed(Some(&name), texts())).map(|_| ());
    let missing = missing.expect_err("there is no file").to_string();
    assert!(
        missing.ends_with("late.gguf: no such file; check the path"),
        "{missing}"
    );
    std::fs::copy(fixture("tiny.gguf"), path).expect("the folder is ours");
    let vectors = block_on(models.embed(Some(&name), texts())).expect("it is there now");
    assert_eq!(vectors.vectors.len(), 2);
}
