//! The command that the model card names, with a run of two steps.

use std::process::{Command, Output};

fn trainer(dir: &std::path::Path, args: &[&str]) -> Output {
    let model = dir.join("wisp.gguf");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wisp-trainer"));
    command.arg("--dir").arg(dir).arg("--model").arg(model);
    command.args(args).output().unwrap()
}

#[test]
fn all_makes_a_vocabulary_a_model_and_its_scores() {
    let dir = tempfile::tempdir().unwrap();
    let all = ["all", "--steps", "2", "--batch", "256", "--count", "1"];
    let first = trainer(dir.path(), &all);
    let printed = String::from_utf8(first.stdout).unwrap();
    let errors = String::from_utf8(first.stderr).unwrap();
    assert!(first.status.success(), "{errors}");
    assert!(printed.contains("| facts | 1 |"), "{printed}{errors}");

    let file = std::fs::read(dir.path().join("wisp.gguf")).unwrap();
    let again = trainer(dir.path(), &[&all[..], &["--resume"]].concat());
    assert!(again.status.success());
    let same = std::fs::read(dir.path().join("wisp.gguf")).unwrap();
    assert!(file == same, "a run that is over goes on");
}

#[test]
fn a_skill_that_is_not_there_and_no_question_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (args, expected) in [
        (["eval", "--skill", "cooking"], "possible values: facts"),
        (["eval", "--count", "0"], "non-zero"),
        (["train", "--threads", "0"], "non-zero"),
    ] {
        let output = trainer(dir.path(), &args);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(expected), "{errors}");
    }
}

#[test]
fn a_run_starts_from_a_model_file_or_says_why_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let run = |args: &[&str]| {
        let output = trainer(dir.path(), args);
        let errors = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), errors)
    };
    let short = ["train", "--steps", "1", "--batch", "256"];
    let (status, errors) = run(&["all", "--steps", "1", "--batch", "256", "--count", "1"]);
    assert_eq!(status, Some(0), "{errors}");
    let (status, errors) = run(&[&short[..], &["--from", &path("wisp.gguf")]].concat());
    assert_eq!(status, Some(0), "{errors}");

    std::fs::write(path("text.gguf"), "no model").unwrap();
    let (status, errors) = run(&[&short[..], &["--from", &path("text.gguf")]].concat());
    assert_eq!(status, Some(1), "{errors}");
    assert!(errors.contains("text.gguf"), "{errors}");
    let (status, errors) = run(&[&short[..], &["--resume", "--from", "x"]].concat());
    assert_eq!(status, Some(2), "{errors}");
    assert!(errors.contains("cannot be used with"), "{errors}");
}
