//! Pulling models from a server on loopback that speaks like Hugging Face, and misbehaves.
#![cfg(feature = "candle")]

mod cache;
mod failures;
mod interruptions;
mod names;
mod processes;
mod remains;
mod server;
mod store;
mod world;

use llmspell_models::{LocalBackend, PullOptions, PullStatus};
use server::{Fault, Place};
use world::{World, block_on, model, statuses};

const NAME: &str = "hf:tiny/model-GGUF/tiny-Q8_0.gguf";
const FILE: &str = "tiny/model-GGUF/tiny-Q8_0.gguf";

#[test]
fn a_model_that_is_pulled_is_listed_and_generates() {
    let world = World::new();
    world.server.add(FILE, model(1));
    let told = world.progress(NAME);
    use PullStatus::{Complete, Downloading, Resolving, Verifying};
    assert_eq!(
        statuses(&told),
        [Resolving, Downloading, Verifying, Complete]
    );
    let last = told.last().expect("something was told");
    assert_eq!(last.model_id, NAME);
    assert_eq!(
        (last.percent_complete, last.total_bytes),
        (100.0, Some(model(1).len() as u64))
    );
    assert!(
        told.is_sorted_by_key(|progress| progress.completed_bytes),
        "{told:?}"
    );

    let listed = world.list();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].name.as_str(), listed[0].loaded), (NAME, false));
    assert_eq!(listed[0].architecture.as_deref(), Some("llama"));
    assert!(!world.generate(NAME).expect("an answer").is_empty());
    assert_eq!(
        world.files(),
        [FILE, &format!("{FILE}.json")],
        "nothing is left beside it"
    );
}

#[test]
fn what_is_generated_is_what_the_file_generates() {
    let world = World::new();
    world.server.add(FILE, model(7));
    world.pull(NAME).expect("pulled");
    let path = world.folder().join("copy.gguf");
    std::fs::write(&path, model(7)).expect("written");
    let by_path = world
        .generate(&path.display().to_string())
        .expect("an answer");
    assert_eq!(world.generate(NAME).expect("an answer"), by_path);
}

#[test]
fn the_token_is_sent_to_the_configured_server_and_to_no_other() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull("hf:tiny/model-GGUF").expect("pulled");
    let asked = world.server.asked();
    assert!(asked.iter().any(|asked| asked.place == Place::Cdn));
    for asked in asked {
        let expected = match asked.place {
            Place::Hub => Some("Bearer hf_secret"),
            Place::Cdn => None,
        };
        assert_eq!(
            asked.authorization.as_deref(),
            expected,
            "{} {}",
            asked.method,
            asked.path
        );
    }
    assert!(!format!("{:?}", world.settings).contains("hf_secret"));
}

#[test]
fn a_repository_that_was_renamed_is_found_under_its_new_name() {
    let world = World::new();
    world.server.add(FILE, model(1));
    let new = Fault::Redirect("/tiny/model-GGUF/resolve/main/tiny-Q8_0.gguf".to_owned());
    world.server.at_hub([new.clone(), Fault::None, new]);
    let name = "hf:tiny/old-GGUF/tiny-Q8_0.gguf";
    assert_eq!(world.pull(name).expect("pulled").model_id, name);
    assert_eq!(world.names(), [name]);
}

#[test]
fn without_a_token_none_is_sent() {
    let world = World::with(|settings| settings.token = None);
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    assert!(
        world
            .server
            .asked()
            .iter()
            .all(|asked| asked.authorization.is_none())
    );
}

#[test]
fn a_model_that_is_there_is_not_got_again_unless_it_must_be() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    world.server.forget();
    let told = world.progress(NAME);
    assert_eq!(
        statuses(&told),
        [PullStatus::Resolving, PullStatus::Complete]
    );
    assert!(
        world.server.asked().is_empty(),
        "{:?}",
        world.server.asked()
    );

    world.server.add(FILE, model(2));
    let force = PullOptions {
        force: true,
        ..PullOptions::default()
    };
    world.pull_with(NAME, force).expect("pulled");
    assert_eq!(std::fs::read(world.path(FILE)).expect("the file"), model(2));
    assert_eq!(world.list().len(), 1);
}

#[test]
fn a_large_file_comes_over_several_connections() {
    let world = World::with(|settings| settings.transfer.large = 1);
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    let mut ranges = world.server.ranges();
    ranges.sort_by_key(|range| range.start);
    assert_eq!(ranges.len(), 4);
    assert!(
        ranges.windows(2).all(|pair| pair[0].end == pair[1].start),
        "{ranges:?}"
    );
    assert_eq!(std::fs::read(world.path(FILE)).expect("the file"), model(1));
}

#[test]
fn what_is_there_is_chosen_without_asking_a_server() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    world.server.forget();
    for name in [
        NAME,
        "hf:tiny/model-GGUF",
        "hf:tiny/model-GGUF:Q8_0",
        "hf:tiny/model-GGUF:q8_0",
    ] {
        assert!(block_on(world.models.exists(name)).expect(name), "{name}");
        let info = block_on(world.models.info(name)).expect(name);
        assert_eq!(
            (info.name.as_str(), info.quantization.as_deref()),
            (NAME, Some("Q8_0"))
        );
    }
    for name in [
        "hf:tiny/model-GGUF:Q4_0",
        "hf:tiny/other",
        "hf:tiny/model-GGUF/other.gguf",
    ] {
        assert!(!block_on(world.models.exists(name)).expect(name), "{name}");
    }
    let listed = block_on(world.models.list(Some(LocalBackend::Candle))).expect("a list");
    assert_eq!(listed.len(), 2, "the bundled one too");
    assert!(world.server.asked().is_empty());
}
