//! The command that the model card names, with a run of two steps.

use std::process::{Command, Output};
use wisp_trainer::{batch, checkpoint};

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
        (["train", "--steps", "0"], "non-zero"),
        (["tokenizer", "--vocabulary", "9"], "300..=20000"),
    ] {
        let output = trainer(dir.path(), &args);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(expected), "{errors}");
    }
}

#[test]
fn a_run_starts_from_a_model_file_and_goes_on_as_it_began() {
    let dir = tempfile::tempdir().unwrap();
    let shipped = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../runtime/models/wisp/wisp.gguf"
    );
    let run = |args: &[&str]| {
        let output = trainer(dir.path(), args);
        let errors = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), errors)
    };
    let train = |more: &[&str]| run(&[&["train", "--batch", "256"], more].concat());
    let step = || checkpoint::progress(dir.path()).unwrap().unwrap();
    assert_eq!(train(&["--steps", "1", "--from", shipped]).0, Some(0));
    assert_eq!(step().step, 1);
    assert!(step().position > batch::ANSWERS_ONLY_FROM);
    assert_eq!(train(&["--steps", "2", "--resume"]).0, Some(0));
    assert_eq!(step().step, 2);

    let (status, errors) = train(&["--from", shipped]);
    assert_eq!(status, Some(1), "{errors}");
    assert!(
        errors.contains("a run at step 2: go on with --resume"),
        "{errors}"
    );
    let (_, errors) = run(&["train", "--resume", "--steps", "2", "--batch", "512"]);
    assert!(
        errors.contains("began with --steps 2 --batch 256"),
        "{errors}"
    );

    let (status, errors) = train(&["--resume", "--from", "x"]);
    assert_eq!(status, Some(2), "{errors}");
    assert!(errors.contains("cannot be used with"), "{errors}");
    assert_eq!(step().step, 2);

    let elsewhere = tempfile::tempdir().unwrap();
    let text = elsewhere.path().join("text.gguf").display().to_string();
    std::fs::write(&text, "no model").unwrap();
    for (args, expected) in [
        (
            vec!["train", "--from", &text],
            "text.gguf cannot be trained",
        ),
        (vec!["train"], "run `wisp-trainer tokenizer` first"),
    ] {
        let output = trainer(elsewhere.path(), &args);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains(expected), "{errors}");
    }
}

#[test]
fn the_corpus_and_the_exam_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let [trained, asked] = [&[][..], &["--held-out"]].map(|more| {
        let output = trainer(dir.path(), &[&["corpus", "--count", "40"], more].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        for line in &lines {
            let dialogue: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(dialogue["messages"][1]["text"].is_string(), "{line}");
        }
        assert_eq!(lines.len(), 40);
        lines
    });
    assert!(trained.iter().all(|line| !asked.contains(line)));
    assert!(asked.iter().any(|line| line.contains("\"tools\"")));
}
