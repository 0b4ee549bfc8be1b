//! Wrong usage, and errors as JSON.

use tempfile::TempDir;

use crate::{fails, file, llmspell, prints, process, text};

#[test]
fn a_script_in_the_place_of_a_command_is_told_how_it_runs() {
    fails(&["bot.lua"], 2, "to run a script: llmspell run bot.lua");
    fails(&["lib/bot.rhai"], 2, "llmspell run lib/bot.rhai");
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_wrong_usage() {
    use std::os::unix::ffi::OsStrExt;
    let argument = std::ffi::OsStr::from_bytes(b"\xff");
    let output = process::llmspell().arg("doc").arg(argument).output();
    assert_eq!(output.expect("it runs").status.code(), Some(2));
}

#[test]
fn errors_can_be_json() {
    let output = llmspell(&["exec", "--diagnostics", "json", "\nerror('no')"]);
    let error: serde_json::Value =
        serde_json::from_slice(&output.stderr).expect("standard error is one JSON object");
    assert_eq!(error["message"], "no");
    assert_eq!(error["line"], 2);
    assert_eq!(error["source_line"], "error('no')");
}

#[test]
fn wrong_usage_is_told_as_json_when_that_is_asked_for() {
    let refused = [
        &["doc", "--json", "--speed"][..],
        &["doc", "--speed", "--diagnostics", "json"],
        &["doc", "--diagnostics=json", "--speed"],
    ];
    for args in refused {
        let output = llmspell(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let error: serde_json::Value =
            serde_json::from_slice(&output.stderr).expect("standard error is one JSON object");
        let message = error["message"].as_str().expect("a text");
        assert!(
            message.starts_with("unexpected argument '--speed'"),
            "{message}"
        );
    }
    fails(
        &["doc", "--json", "--diagnostics", "plain", "--speed"],
        2,
        "--speed",
    );
    fails(&["run", "--speed", "a.lua", "--", "--json"], 2, "--speed");
    let output = llmspell(&["--json", "model"]);
    let error: serde_json::Value =
        serde_json::from_slice(&output.stderr).expect("standard error is one JSON object");
    assert_eq!(
        error["message"],
        "a subcommand is missing; --help lists them"
    );
}

#[test]
fn help_and_version_are_data() {
    let version = concat!("llmspell ", env!("CARGO_PKG_VERSION"), "\n");
    prints(&["--version"], version);
    for (args, part) in [
        (&["--help"][..], "124 time limit"),
        (&["model", "pull", "--help"], "--quantization"),
    ] {
        let output = llmspell(args);
        assert_eq!(output.status.code(), Some(0));
        let help = String::from_utf8_lossy(&output.stdout);
        assert!(help.contains(part), "{args:?}: {help}");
    }
}

#[test]
fn colours_are_where_they_are_asked_for() {
    let coloured = |when| {
        let args = [
            "exec",
            "--diagnostics",
            "fancy",
            "--color",
            when,
            "error('no')",
        ];
        llmspell(&args).stderr.contains(&0x1b)
    };
    let shown = ["always", "auto", "never"].map(coloured);
    assert_eq!(shown, [true, false, false]);
    let usage = |when| {
        llmspell(&["--color", when, "frobnicate"])
            .stderr
            .contains(&0x1b)
    };
    assert_eq!(["always", "never"].map(usage), [true, false]);
}

#[test]
fn what_cannot_be_checked_or_configured_says_why() {
    let folder = TempDir::new().expect("a folder");
    let other = file(&folder, "a.txt", "");
    fails(&["check", text(&other)], 2, ".lua or .rhai");
    fails(&["config", "show", "missing.lua"], 1, "no such file");
}
