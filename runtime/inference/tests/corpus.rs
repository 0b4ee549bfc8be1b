//! Every file that fuzzing starts from or has found, through everything that reads files.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use llmspell_inference::testing::{exercise, exercise_template};

fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let entries = std::fs::read_dir(folder.join(target)).expect("the corpus");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

fn check(target: &str, exercise: impl Fn(&[u8])) {
    let files = corpus(target);
    assert!(files.len() > 5, "{target}: the corpus is gone");
    for path in files {
        let bytes = std::fs::read(&path).expect("a file");
        let start = Instant::now();
        exercise(&bytes);
        let took = start.elapsed();
        assert!(
            took < Duration::from_secs(60),
            "{}: {took:?}",
            path.display()
        );
    }
}

#[test]
fn no_file_of_the_corpus_makes_the_reader_panic_or_hang() {
    check("gguf", exercise);
}

#[test]
fn no_template_of_the_corpus_makes_rendering_panic_or_hang() {
    check("template", |bytes| {
        exercise_template(&String::from_utf8_lossy(bytes))
    });
}
