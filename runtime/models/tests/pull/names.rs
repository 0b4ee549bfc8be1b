//! Names of the catalogue and of repositories, and the quantizations behind them.

use llmspell_models::PullOptions;
use llmspell_models::catalogue::Catalogue;

use crate::world::{World, block_on, model};

/// A server that has every file of an entry of the catalogue, each with other weights.
fn with_entry(name: &str) -> World {
    let world = World::new();
    let entries = Catalogue::bundled().expect("a catalogue").entries();
    let entry = entries.iter().find(|entry| entry.name == name).expect(name);
    for (seed, file) in entry.files().enumerate() {
        let path = format!("{}/{}", entry.repository, file.file);
        world.server.add(&path, model(seed as u64));
    }
    world
}

fn quantized(quantization: &str) -> PullOptions {
    PullOptions {
        quantization: Some(quantization.to_owned()),
        force: false,
    }
}

#[test]
fn a_name_of_the_catalogue_gets_the_default_quantization() {
    let world = with_entry("mistral:7b");
    let pulled = world.pull("candle/mistral:7b").expect("pulled");
    assert_eq!(pulled.model_id, "mistral:7b");
    assert_eq!(world.names(), ["mistral:7b"]);
    let file = "bartowski/Mistral-7B-Instruct-v0.3-GGUF/Mistral-7B-Instruct-v0.3-Q4_K_M.gguf";
    assert_eq!(world.files(), [file, &format!("{file}.json")]);
    for name in [
        "mistral",
        "mistral:7b",
        "local/mistral:7b",
        "candle/mistral",
        "mistral:7b@candle",
        "mistral:7b-q4_k_m",
        "hf:bartowski/Mistral-7B-Instruct-v0.3-GGUF",
        &format!("hf:{file}"),
    ] {
        assert!(!world.generate(name).expect(name).is_empty(), "{name}");
    }
    let status = world.models.candle_status();
    assert_eq!(
        (status.models, status.loads),
        (2, 1),
        "under all its names it is one model"
    );
    assert_eq!(status.loaded_models[0].name, "mistral:7b");
}

#[test]
fn another_quantization_is_another_model_beside_it() {
    let world = with_entry("mistral:7b");
    world.pull("mistral:7b").expect("pulled");
    let pulled = world
        .pull_with("mistral:7b", quantized("q8_0"))
        .expect("pulled");
    assert_eq!(pulled.model_id, "mistral:7b-q8_0");
    let pulled = world.pull("candle/mistral:7b-q6_k").expect("pulled");
    assert_eq!(pulled.model_id, "mistral:7b-q6_k");
    assert_eq!(
        world.names(),
        ["mistral:7b", "mistral:7b-q6_k", "mistral:7b-q8_0"]
    );
    // The default one answers where the name leaves it open.
    let info = block_on(world.models.info("mistral:7b")).expect("there");
    assert_eq!(info.quantization.as_deref(), Some("Q4_K_M"));
    world.remove("mistral:7b").expect("removed");
    // The others stay, and one of them answers to the short name now.
    assert!(block_on(world.models.exists("mistral:7b")).expect("an answer"));
    for name in world.names() {
        assert!(
            block_on(world.models.exists(&name)).expect("an answer"),
            "{name}"
        );
        world.remove(&name).expect("removed");
    }
    assert!(world.files().is_empty());
}

#[test]
fn a_quantization_that_there_is_not_names_those_there_are() {
    let world = with_entry("mistral:7b");
    let error = world
        .pull_with("mistral:7b", quantized("Q1_0"))
        .expect_err("there is none");
    let text =
        "mistral:7b: there is no Q1_0 of it; there are Q4_K_M, Q5_K_M, Q6_K, Q8_0, Q4_K_S, Q3_K_M";
    assert_eq!(error.to_string(), text);
    let text = world.fails("hf:bartowski/Mistral-7B-Instruct-v0.3-GGUF:Q1_0");
    assert!(
        text.ends_with("there are Q3_K_M, Q4_K_M, Q4_K_S, Q5_K_M, Q6_K, Q8_0"),
        "{text}"
    );
}

#[test]
fn a_name_that_contradicts_its_options_is_an_error() {
    let world = World::new();
    let error = world
        .pull_with("hf:o/r:Q4_0", quantized("Q8_0"))
        .expect_err("two quantizations");
    assert_eq!(
        error.to_string(),
        "quantization: expected what the name says, Q4_0, got Q8_0"
    );
}

#[test]
fn a_name_that_is_not_in_the_catalogue_suggests_one() {
    let world = World::new();
    let text = world.fails("mistrel:7b");
    assert!(
        text.contains("did you mean \"mistral:7b\"?") && text.contains("hf:owner/repo"),
        "{text}"
    );
    let text = world.fails("mistral:8b");
    assert!(text.contains("there are mistral:7b"), "{text}");
    let text = world.fails("zzzzzzzz");
    assert!(text.contains("llmspell model available"), "{text}");
    assert!(world.server.asked().is_empty());
}

#[test]
fn a_model_with_several_variants_asks_which() {
    let world = with_entry("smollm2:360m");
    for name in ["smollm2:360m", "smollm2:135m"] {
        let entries = Catalogue::bundled().expect("a catalogue").entries();
        let entry = entries.iter().find(|entry| entry.name == name).expect(name);
        let file = entry.files().next().expect("a file");
        world
            .server
            .add(&format!("{}/{}", entry.repository, file.file), model(1));
        world.pull(name).expect("pulled");
    }
    let text = world
        .generate("candle/smollm2")
        .expect_err("two")
        .to_string();
    assert_eq!(
        text,
        "\"smollm2\" can be smollm2:135m or smollm2:360m; say which"
    );
    world.remove("smollm2:135m").expect("removed");
    assert!(!world.generate("smollm2").expect("one").is_empty());
}

#[test]
fn a_repository_gives_the_quantization_that_is_asked_for() {
    let world = World::new();
    for (seed, name) in [
        "m-Q4_K_M.gguf",
        "m-Q8_0.gguf",
        "mmproj-m-f16.gguf",
        "README.md",
    ]
    .iter()
    .enumerate()
    {
        world.server.add(&format!("o/r/{name}"), model(seed as u64));
    }
    assert_eq!(
        world.pull("hf:o/r").expect("the default").model_id,
        "hf:o/r/m-Q4_K_M.gguf"
    );
    assert_eq!(
        world.pull("hf:o/r:q8_0").expect("pulled").model_id,
        "hf:o/r/m-Q8_0.gguf"
    );
    assert_eq!(
        world.names(),
        ["hf:o/r/m-Q4_K_M.gguf", "hf:o/r/m-Q8_0.gguf"]
    );
}

#[test]
fn an_only_file_needs_no_name() {
    let world = World::new();
    world.server.add("o/r/sub/model.gguf", model(1));
    assert_eq!(
        world.pull("hf:o/r").expect("pulled").model_id,
        "hf:o/r/sub/model.gguf"
    );
    assert!(!world.generate("hf:o/r").expect("an answer").is_empty());
}

#[test]
fn what_is_not_there_says_how_to_get_it() {
    let world = World::new();
    let text = world.generate("hf:o/r").expect_err("not there").to_string();
    assert!(
        text.contains("get it with `llmspell model pull hf:o/r`"),
        "{text}"
    );
    assert!(!block_on(world.models.exists("mistral:7b")).expect("an answer"));
}
