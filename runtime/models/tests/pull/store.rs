//! What lies in the store.

use std::path::{Path, PathBuf};

use llmspell_models::{Limits, Models};

use crate::server::Place;
use crate::world::{World, block_on, model, writer};
use crate::{FILE, NAME};

/// Serves a model in three shards; gives back their names.
pub fn shards(world: &World) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = writer(3)
        .write_shards(folder.path().join("tiny-Q4_K_M.gguf"), 3)
        .expect("written");
    let name = |path: &PathBuf| {
        path.file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    for path in &paths {
        let content = std::fs::read(path).expect("the shard");
        world
            .server
            .add(&format!("tiny/sharded/Q4_K_M/{}", name(path)), content);
    }
    paths.iter().map(name).collect()
}

#[test]
fn shards_are_one_model() {
    let world = World::new();
    let names = shards(&world);
    let pulled = world.pull("hf:tiny/sharded").expect("pulled");
    assert_eq!(
        pulled.model_id,
        format!("hf:tiny/sharded/Q4_K_M/{}", names[0])
    );
    assert_eq!(pulled.percent_complete, 100.0);
    let listed = world.list();
    assert_eq!(listed.len(), 1);
    assert_eq!(Some(listed[0].size_bytes), pulled.total_bytes);
    let second = format!("hf:tiny/sharded/Q4_K_M/{}", names[1]);
    for name in ["hf:tiny/sharded", "hf:tiny/sharded:q4_k_m", &second] {
        assert!(!world.generate(name).expect(name).is_empty(), "{name}");
    }
    block_on(world.models.unload(&second)).expect("unloaded");
    world.remove(&second).expect("removed");
    assert!(world.files().is_empty() && world.names().is_empty());
}

#[test]
fn a_model_of_which_a_shard_is_gone_is_not_there() {
    let world = World::new();
    let names = shards(&world);
    world.pull("hf:tiny/sharded").expect("pulled");
    std::fs::remove_file(world.path(&format!("tiny/sharded/Q4_K_M/{}", names[1])))
        .expect("removed");
    assert!(world.names().is_empty());
    world.server.forget();
    world.pull("hf:tiny/sharded").expect("pulled");
    assert_eq!(
        world.server.ranges().len(),
        1,
        "only what is missing comes again"
    );
    assert_eq!(world.names().len(), 1);
}

#[test]
fn a_file_that_is_cut_off_is_not_listed() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    std::fs::write(world.path(FILE), &model(1)[..1000]).expect("written");
    assert!(world.names().is_empty());
    assert!(!block_on(world.models.exists(NAME)).expect("an answer"));
    world.pull(NAME).expect("pulled");
    assert_eq!(world.names(), [NAME]);
}

#[test]
fn a_file_without_a_record_is_not_listed_and_adopted_when_it_is_true() {
    let world = World::new();
    world.server.add(FILE, model(1));
    let put = |content: Vec<u8>| {
        let path = world.path(FILE);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, content).expect("written");
    };
    put(model(1));
    assert!(world.names().is_empty());
    world.pull(NAME).expect("pulled");
    assert!(world.server.ranges().is_empty(), "it was there");
    std::fs::remove_file(world.path(&format!("{FILE}.json"))).expect("removed");
    put(model(2));
    world.pull(NAME).expect("pulled");
    assert_eq!(
        world.server.ranges().len(),
        1,
        "it was another one of the same size"
    );
    assert_eq!(std::fs::read(world.path(FILE)).expect("the file"), model(1));
}

#[test]
fn a_damaged_record_is_named_and_mended_by_a_pull() {
    for damaged in ["", "{", "{\"files\": []}", "\0\0\0"] {
        let world = World::new();
        world.server.add(FILE, model(1));
        world.server.add("tiny/other/b-Q8_0.gguf", model(2));
        world.pull(NAME).expect("pulled");
        world.pull("hf:tiny/other").expect("pulled");
        let record = world.path(&format!("{FILE}.json"));
        std::fs::write(&record, damaged).expect("written");
        assert_eq!(
            world.names(),
            ["hf:tiny/other/b-Q8_0.gguf"],
            "the other one is not lost"
        );
        let text = world.generate(NAME).expect_err("damaged").to_string();
        assert!(
            text.contains("tiny-Q8_0.gguf.json") && text.contains("pull the model again"),
            "{text}"
        );
        world.server.forget();
        world.pull(NAME).expect("pulled");
        assert!(world.server.ranges().is_empty(), "its file is kept");
        assert_eq!(world.names().len(), 2);
    }
}

#[test]
fn a_record_that_leads_elsewhere_is_none() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    let record = world.path(&format!("{FILE}.json"));
    let text = std::fs::read_to_string(&record).expect("a record");
    for (from, to) in [
        ("tiny-Q8_0.gguf", "../../../x.gguf"),
        ("tiny-Q8_0.gguf", "other-Q8_0.gguf"),
        ("tiny/model-GGUF", "../.."),
    ] {
        std::fs::write(&record, text.replace(from, to)).expect("written");
        assert!(world.names().is_empty(), "{to}");
        assert!(world.generate(NAME).is_err(), "{to}");
    }
}

#[test]
fn a_model_as_hugging_face_keeps_it_comes_with_what_describes_it() {
    let world = World::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../inference/tests/fixtures/bert");
    for file in ["model.safetensors", "config.json", "tokenizer.json"] {
        let content = std::fs::read(fixtures.join(file)).expect("a fixture");
        world.server.add(&format!("tiny/bert/onnx/{file}"), content);
    }
    world
        .server
        .add("tiny/bert/onnx/modules.json", b"[]".to_vec());
    let name = "hf:tiny/bert/onnx/model.safetensors";
    assert_eq!(world.pull(name).expect("pulled").model_id, name);
    assert_eq!(
        world.files(),
        [
            "config.json",
            "model.safetensors",
            "model.safetensors.json",
            "modules.json",
            "tokenizer.json"
        ]
        .map(|file| format!("tiny/bert/onnx/{file}"))
    );
    let texts = vec!["The cat sat on the mat.".to_owned()];
    let embedded = block_on(world.models.embed(Some(name), texts)).expect("vectors");
    assert_eq!(embedded.vectors[0].len(), 32);
    std::fs::remove_file(world.path("tiny/bert/onnx/config.json")).expect("removed");
    world.remove(name).expect("removed, though not whole");
    assert!(world.files().is_empty(), "{:?}", world.files());
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_hides_no_other() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    let closed = world.path("lost+found");
    std::fs::create_dir(&closed).expect("made");
    let allow = |mode| std::fs::set_permissions(&closed, PermissionsExt::from_mode(mode));
    allow(0o000).expect("set");
    // To root nothing is closed.
    let names = std::fs::read_dir(&closed).is_err().then(|| world.names());
    allow(0o700).expect("set");
    assert!(names.is_none_or(|names| names == [NAME]));
}

#[test]
fn the_bundled_model_is_always_there() {
    let world = World::new();
    let pulled = world.pull("wisp").expect("it is there");
    assert_eq!(
        (pulled.model_id.as_str(), pulled.percent_complete),
        ("wisp", 100.0)
    );
    assert!(world.server.asked().is_empty());
}

#[test]
fn another_process_finds_what_this_one_pulled() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    let other = Models::with_store(&Limits::default(), world.settings.clone());
    assert!(block_on(other.exists(NAME)).expect("an answer"));
    assert!(
        world
            .server
            .asked()
            .iter()
            .any(|asked| asked.place == Place::Hub)
    );
}
