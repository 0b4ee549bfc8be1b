//! Models that are split over several files.

use std::path::{Path, PathBuf};

use llmspell_inference::gguf::Writer;
use llmspell_inference::testing::TinyLlama;
use llmspell_inference::{Error, Event, Model, ModelInfo, Options, Request, Sampling};

fn tiny() -> Writer {
    TinyLlama::default().writer().expect("a tiny model")
}

fn shards(folder: &Path, writer: Writer, count: u16) -> Vec<PathBuf> {
    writer
        .write_shards(folder.join("tiny.gguf"), count)
        .expect("written")
}

fn open(path: &Path) -> Result<Model, Error> {
    Model::open(path, &Options::default(), |_| {})
}

fn refused(path: &Path) -> String {
    let opened = open(path);
    opened.err().expect("refused").to_string()
}

fn greedy(model: &Model) -> String {
    let request = Request {
        prompt: (0..40).map(|i| (i * 37 + 11) % 256).collect(),
        sampling: Sampling::greedy(),
        max_tokens: Some(16),
        ..Request::default()
    };
    let mut generation = model.generate(request).expect("admitted");
    let mut text = String::new();
    while let Some(event) = generation.blocking_next() {
        if let Event::Text(part) = event.expect("no error") {
            text += &part;
        }
    }
    text
}

#[test]
fn any_shard_opens_the_whole_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = folder.path().join("whole.gguf");
    tiny().write_to(&whole).expect("written");
    let whole = open(&whole).expect("a model");
    let paths = shards(folder.path(), tiny(), 3);
    for path in &paths {
        let model = open(path).expect("a model");
        assert_eq!(greedy(&model), greedy(&whole));
        assert_eq!(model.info().parameters, whole.info().parameters);
    }
    let length = |path: &PathBuf| std::fs::metadata(path).expect("a file").len();
    let info = ModelInfo::read(paths[1].as_path()).expect("a header");
    assert_eq!(info.size_bytes, paths.iter().map(length).sum::<u64>());
}

#[test]
fn loading_progresses_over_all_shards() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = shards(folder.path(), tiny(), 4);
    let mut seen = Vec::new();
    let opened = Model::open(paths[0].as_path(), &Options::default(), |progress| {
        seen.push(progress)
    });
    assert!(opened.is_ok());
    assert!(seen.is_sorted_by_key(|progress| progress.loaded_bytes));
    let last = seen.last().expect("progress");
    assert_eq!(last.loaded_bytes, last.total_bytes);
}

#[test]
fn a_missing_shard_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = shards(folder.path(), tiny(), 3);
    std::fs::remove_file(&paths[1]).expect("removed");
    let text = refused(&paths[2]);
    let expect = "tiny-00002-of-00003.gguf: is missing; it is shard 2 of 3 of a model";
    assert!(text.contains(expect), "{text}");
}

#[test]
fn a_shard_under_another_name_says_how_it_must_be_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = shards(folder.path(), tiny(), 2);
    let renamed = folder.path().join("model.gguf");
    std::fs::rename(&paths[0], &renamed).expect("renamed");
    let text = refused(&renamed);
    assert!(
        text.contains("is not named `…-00001-of-00002.gguf`"),
        "{text}"
    );
}

#[test]
fn shards_that_do_not_belong_together_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = shards(folder.path(), tiny(), 2);
    let replace = |index: usize, writer: Writer| writer.write_to(&paths[index]).expect("written");

    let numbered = |number: u16, tensors: i32| {
        Writer::new()
            .metadata("split.no", number)
            .metadata("split.count", 2u16)
            .metadata("split.tensors.count", tensors)
    };
    replace(1, numbered(0, 20));
    let text = refused(&paths[0]);
    assert!(
        text.contains("00002-of-00002.gguf: is not a shard of the same model"),
        "{text}"
    );
    assert!(text.contains("it says it is number 1 of 2"), "{text}");

    replace(1, numbered(1, 99));
    let text = refused(&paths[0]);
    assert!(text.contains("`split.tensors.count` differs"), "{text}");

    replace(1, numbered(1, 20));
    let text = refused(&paths[0]);
    assert!(text.contains("tensors together, not 20"), "{text}");

    let other = tiny()
        .metadata("split.no", 1u16)
        .metadata("split.count", 2u16);
    replace(
        1,
        other
            .metadata("split.tensors.count", 20i32)
            .metadata("general.name", "other"),
    );
    let text = refused(&paths[0]);
    assert!(text.contains("metadata `general.name` differs"), "{text}");

    let twice = tiny()
        .metadata("split.no", 1u16)
        .metadata("split.count", 2u16);
    replace(1, twice.metadata("split.tensors.count", 20i32));
    let text = refused(&paths[0]);
    assert!(text.contains("is in an earlier shard too"), "{text}");
}
