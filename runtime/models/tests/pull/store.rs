//! What lies in the store, and in the cache of Hugging Face.

use std::path::{Path, PathBuf};

use llmspell_models::{Limits, Models, PullOptions};

use crate::server::{Fault, Place};
use crate::world::{World, block_on, model, writer};
use crate::{FILE, NAME};

/// Serves a model in three shards; gives back their names.
fn shards(world: &World) -> Vec<String> {
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
fn what_is_left_of_a_model_is_removed_and_nothing_else() {
    let other = "tiny/model-GGUF/other-Q8_0.gguf";
    let leave: [fn(&World); 4] = [
        |world| std::fs::write(world.path(&format!("{FILE}.json")), "{").expect("written"),
        |world| std::fs::write(world.path(FILE), "cut off").expect("written"),
        |world| {
            let record = world.path(&format!("{FILE}.json"));
            let text = std::fs::read_to_string(&record).expect("a record");
            let elsewhere = text.replace("tiny-Q8_0.gguf", "other-Q8_0.gguf");
            std::fs::write(record, elsewhere).expect("written");
        },
        |world| {
            world.remove(NAME).expect("removed");
            let refusal = Fault::Refuse(403, Vec::new());
            world.server.at_cdn([Fault::Drop(100_000), refusal]);
            world.pull(NAME).expect_err("the server breaks off");
        },
    ];
    for leave in leave {
        let world = World::new();
        world.server.add(FILE, model(1));
        world.pull(NAME).expect("pulled");
        leave(&world);
        world.server.add(other, model(2));
        world.pull(&format!("hf:{other}")).expect("pulled");
        let before = world.files();
        assert!(
            before.iter().any(|file| file.starts_with(FILE)),
            "{before:?}"
        );
        block_on(world.models.removable(NAME)).expect("something is left");
        world.remove(NAME).expect("removed");
        assert_eq!(world.files(), [other.to_owned(), format!("{other}.json")]);
        let text = world.remove(NAME).expect_err("it is gone").to_string();
        assert!(text.contains("is installed"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn what_lies_behind_a_link_is_left_alone() {
    let world = World::new();
    for file in ["a-Q4_K_M.gguf", "b-Q8_0.gguf"] {
        world.server.add(&format!("tiny/s/{file}"), model(1));
        world.pull(&format!("hf:tiny/s/{file}")).expect("pulled");
    }
    let elsewhere = world.folder().join("elsewhere");
    std::fs::rename(world.path("tiny"), &elsewhere).expect("moved");
    std::os::unix::fs::symlink(&elsewhere, world.path("tiny")).expect("linked");
    world
        .remove("hf:tiny/s")
        .expect_err("nothing of it is listed");
    assert_eq!(
        std::fs::read_dir(elsewhere.join("s"))
            .expect("there")
            .count(),
        4
    );
}

#[test]
fn a_record_about_another_model_takes_nothing_of_that_along() {
    let world = World::new();
    let [a, b] = ["tiny/a/a-Q8_0.gguf", "tiny/b/b-Q8_0.gguf"];
    world.server.add(a, model(1));
    world.server.add(b, model(2));
    world.pull(&format!("hf:{a}")).expect("pulled");
    let refusal = Fault::Refuse(403, Vec::new());
    world.server.at_cdn([Fault::Drop(100_000), refusal]);
    world
        .pull(&format!("hf:{b}"))
        .expect_err("the server breaks off");
    let record = world.path(&format!("{a}.json"));
    let text = std::fs::read_to_string(&record).expect("a record");
    let about_b = text.replace("tiny/a", "tiny/b").replace("a-Q8_0", "b-Q8_0");
    std::fs::write(&record, about_b).expect("written");
    world.remove(&format!("hf:{a}")).expect("removed");
    let left = world.files();
    assert!(
        left.iter().any(|file| file.ends_with("b-Q8_0.gguf.part")),
        "{left:?}"
    );
    assert!(
        left.iter().all(|file| file.starts_with("tiny/b")),
        "{left:?}"
    );
}

#[test]
fn what_somebody_put_there_is_not_removed() {
    let world = World::new();
    let path = world.path(FILE);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(&path, model(1)).expect("written");
    for name in [NAME, "hf:tiny/model-GGUF"] {
        world.remove(name).expect_err("nobody pulled it");
    }
    assert!(path.exists());
}

#[test]
fn what_describes_two_models_stays_with_the_other() {
    let world = World::new();
    let folder = world.path("tiny/two");
    std::fs::create_dir_all(&folder).expect("made");
    for file in ["a.safetensors", "b.safetensors.pull", "config.json"] {
        std::fs::write(folder.join(file), "{}").expect("written");
    }
    world.remove("hf:tiny/two/b.safetensors").expect("removed");
    assert_eq!(
        world.files(),
        ["tiny/two/a.safetensors", "tiny/two/config.json"]
    );
    std::fs::write(folder.join("a.safetensors.pull"), "").expect("written");
    std::fs::write(folder.join("b.safetensors.pull"), "").expect("written");
    world.remove("hf:tiny/two").expect("both removed");
    assert!(world.files().is_empty(), "{:?}", world.files());
}

#[test]
fn wherever_a_pull_breaks_off_what_is_left_can_be_removed() {
    let world = World::new();
    for file in ["model.safetensors", "config.json", "tokenizer.json"] {
        world.server.add(&format!("tiny/bert/{file}"), model(1));
    }
    let name = "hf:tiny/bert/model.safetensors";
    for answers in 0.. {
        let refusal = Fault::Refuse(403, Vec::new());
        let faults = std::iter::repeat_with(|| Fault::None).take(answers);
        world.server.at_cdn(faults.chain([refusal]));
        let pulled = world.pull(name);
        world.remove(name).expect("removed");
        assert!(world.files().is_empty(), "{answers}: {:?}", world.files());
        if pulled.is_ok() {
            assert!(answers >= 3, "each file needs an answer");
            break;
        }
    }
}

#[test]
fn what_is_loaded_by_its_path_is_not_removed_as_remains() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    std::fs::write(world.path(&format!("{FILE}.json")), "{").expect("written");
    world
        .generate(&world.path(FILE).display().to_string())
        .expect("an answer");
    let text = world.remove(NAME).expect_err("it is loaded").to_string();
    assert!(text.contains("is loaded: unload it first"), "{text}");
    assert!(world.path(FILE).exists());
}

#[test]
fn what_is_left_of_shards_is_removed_with_all_of_them() {
    let world = World::new();
    let names = shards(&world);
    world.pull("hf:tiny/sharded").expect("pulled");
    std::fs::remove_file(world.path(&format!("tiny/sharded/Q4_K_M/{}", names[1])))
        .expect("removed");
    world.remove("hf:tiny/sharded:Q4_K_M").expect("removed");
    assert!(world.files().is_empty(), "{:?}", world.files());
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
fn a_loaded_model_is_not_removed() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    world.generate(NAME).expect("an answer");
    let text = world.remove(NAME).expect_err("it is loaded").to_string();
    assert_eq!(text, format!("{NAME} is loaded: unload it first"));
    assert_eq!(world.names(), [NAME]);
    block_on(world.models.unload(NAME)).expect("unloaded");
    world.remove(NAME).expect("removed");
    assert!(world.files().is_empty());
    assert!(!world.path("tiny").exists(), "no empty folder is left");
    let text = world.remove(NAME).expect_err("it is gone").to_string();
    assert!(text.contains("is installed"), "{text}");
}

#[test]
fn a_model_that_is_being_got_again_is_not_removed() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.pull(NAME).expect("pulled");
    world.server.at_cdn([Fault::Pause(100_000)]);
    let force = PullOptions {
        force: true,
        ..PullOptions::default()
    };
    block_on(async {
        let pull = world.models.pull(NAME, force).await.expect("a pull");
        world.server.wait_for_pause(1);
        let text = world
            .models
            .remove(NAME)
            .await
            .expect_err("busy")
            .to_string();
        assert_eq!(
            text,
            format!("{NAME} is being downloaded; wait until that has ended")
        );
        world.server.go_on();
        pull.finish().await.expect("pulled");
    });
    assert_eq!(world.names(), [NAME]);
    world.remove(NAME).expect("removed");
}

#[test]
fn what_was_not_downloaded_is_not_removed() {
    let world = World::new();
    let path = world.folder().join("mine.gguf");
    std::fs::write(&path, model(1)).expect("written");
    for name in ["wisp", &path.display().to_string()] {
        let text = world.remove(name).expect_err(name).to_string();
        assert!(
            text.contains("cannot delete what it has not downloaded"),
            "{text}"
        );
    }
    assert!(path.exists());
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

/// Puts a file into the cache as `huggingface_hub` does: a blob, and a link to it in a snapshot.
fn cache(world: &World, repository: &str, file: &str, content: Vec<u8>) {
    let root = world
        .folder()
        .join("hub")
        .join(format!("models--{}", repository.replace('/', "--")));
    let blob = root.join("blobs").join(crate::server::sha256(&content));
    let link = root.join("snapshots/0123abcd").join(file);
    for path in [&blob, &link, &root.join("refs/main")] {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    }
    std::fs::write(root.join("refs/main"), "0123abcd").expect("written");
    std::fs::write(&blob, content).expect("written");
    place(&blob, &link);
}

#[cfg(unix)]
fn place(blob: &Path, link: &Path) {
    std::os::unix::fs::symlink(blob, link).expect("linked");
}

#[cfg(not(unix))]
fn place(blob: &Path, link: &Path) {
    std::fs::copy(blob, link).expect("copied");
}

#[test]
fn a_model_in_the_cache_of_hugging_face_is_used_in_place() {
    let world = World::new();
    cache(&world, "tiny/model-GGUF", "tiny-Q8_0.gguf", model(1));
    assert_eq!(world.names(), [NAME]);
    for name in [NAME, "hf:tiny/model-GGUF", "hf:tiny/model-GGUF:Q8_0"] {
        assert_eq!(world.pull(name).expect(name).model_id, NAME);
        assert!(!world.generate(name).expect(name).is_empty());
    }
    assert!(world.server.asked().is_empty());
    assert!(world.files().is_empty(), "nothing was copied");
    block_on(world.models.unload(NAME)).expect("unloaded");
    let text = world.remove(NAME).expect_err("it is not ours").to_string();
    assert!(text.contains("lies in the cache of Hugging Face"), "{text}");
}

#[test]
fn a_name_of_the_catalogue_is_found_in_the_cache_too() {
    let world = World::new();
    let repository = "bartowski/Mistral-7B-Instruct-v0.3-GGUF";
    cache(
        &world,
        repository,
        "Mistral-7B-Instruct-v0.3-Q8_0.gguf",
        model(1),
    );
    cache(
        &world,
        repository,
        "Mistral-7B-Instruct-v0.3-Q4_K_M.gguf",
        model(2),
    );
    let info = block_on(world.models.info("mistral:7b")).expect("it is there");
    assert_eq!(info.quantization.as_deref(), Some("Q4_K_M"));
    assert!(
        !world
            .generate("mistral:7b-q8_0")
            .expect("an answer")
            .is_empty()
    );
    assert!(world.server.asked().is_empty());
}

#[test]
fn shards_in_the_cache_are_one_model_if_all_are_there() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    let paths = writer(3)
        .write_shards(folder.path().join("tiny-Q4_K_M.gguf"), 2)
        .expect("written");
    let put = |path: &PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy();
        cache(
            &world,
            "tiny/sharded",
            &name,
            std::fs::read(path).expect("the shard"),
        );
    };
    put(&paths[0]);
    assert!(world.names().is_empty());
    put(&paths[1]);
    assert_eq!(world.names().len(), 1);
    assert!(
        !world
            .generate("hf:tiny/sharded")
            .expect("an answer")
            .is_empty()
    );
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
