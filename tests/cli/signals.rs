//! Ctrl-C and its like.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use tempfile::TempDir;

use crate::{process, signal};

#[test]
fn one_signal_ends_a_script_that_no_hook_interrupts() {
    let code = "Log.info('begun') string.find(string.rep('a', 30000), '.-.-.-.-b')";
    let mut script = process::llmspell()
        .args(["exec", code])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut errors = BufReader::new(script.stderr.take().expect("it is piped"));
    let mut text = String::new();
    errors.read_line(&mut text).expect("a line");
    assert!(text.contains("begun"), "{text}");
    signal::send(&script, "TERM");
    errors.read_to_string(&mut text).expect("text");
    assert!(text.ends_with("error: interrupted\n"), "{text}");
    let status = script.wait().expect("it has ended");
    assert_eq!(status.code(), Some(130));
}

#[test]
fn an_interrupted_script_ends_with_130() {
    let mut child = process::llmspell()
        .args(["exec", "print('ready') Console.flush() while true do end"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "ready");
    signal::send(&child, "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn an_interrupted_bench_ends_with_130() {
    let cache = TempDir::new().expect("a folder");
    let mut child = process::llmspell()
        .args([
            "bench",
            "--synthetic",
            "llama-25m",
            "--quant",
            "f16",
            "--prompt",
            "2000",
        ])
        .env("XDG_CACHE_HOME", cache.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // Kept open, so that it can tell what it does next.
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let mut told = lines.by_ref().map_while(Result::ok);
    let started = told.find(|line| line == "prefill");
    assert!(started.is_some());
    signal::send(&child, "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}
