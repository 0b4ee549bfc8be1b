//! What `remove` deletes, and what it leaves alone.

use llmspell_models::PullOptions;

use crate::server::Fault;
use crate::store::shards;
use crate::world::{World, block_on, model};
use crate::{FILE, NAME};

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
