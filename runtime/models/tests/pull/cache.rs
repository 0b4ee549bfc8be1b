//! Models in the cache of Hugging Face's own tools.

use std::path::{Path, PathBuf};

use crate::NAME;
use crate::world::{World, block_on, model, writer};

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
