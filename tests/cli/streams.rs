//! Standard input and output.

use std::process::{Child, Stdio};

use crate::{llmspell, process};

/// A script whose input and output are pipes.
fn piped(code: &str) -> Child {
    process::llmspell()
        .args(["exec", code])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

#[test]
fn what_is_left_of_a_line_goes_to_whoever_reads_next() {
    use std::io::Write;
    for (code, input, expected) in [
        (
            "io.read(1) print(Console.read_line(), io.read())",
            "abc\ndef\n",
            "bc\tdef\n",
        ),
        (
            "while io.read(0) do print('[' .. Console.read_line() .. ']') end",
            "a\n\nb\n",
            "[a]\n[]\n[b]\n",
        ),
    ] {
        let mut child = piped(code);
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("the script reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{code}");
    }
}

#[test]
fn a_line_whose_reader_was_cancelled_goes_to_the_next_one() {
    use std::io::{BufRead, BufReader, Write};
    let code = "pcall(Task.timeout, 0.01, Console.read_line) print('late') Console.flush() \
                print(Console.read_line(), Console.read_line())";
    let mut child = piped(code);
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "late");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin
        .write_all(b"first\nsecond\n")
        .expect("the script reads");
    assert_eq!(
        lines.next().expect("a line").expect("text"),
        "first\tsecond"
    );
    assert!(child.wait().expect("it ends").success());
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    for args in [["exec", "print(1)"], ["doc", "Task"]] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("it is there");
        let mut command = process::llmspell();
        let output = command
            .args(args)
            .stdout(full)
            .output()
            .expect("the binary starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {errors}");
        assert!(
            errors.contains("cannot write the output"),
            "{args:?}: {errors}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_ends_the_script_without_an_error() {
    use std::io::{BufRead, BufReader};
    let mut command = process::llmspell();
    command.args(["exec", "while true do print('x') end"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
    out.read_line(&mut String::new()).expect("a line");
    drop(out);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn log_lines_tell_level_and_fields_and_details_only_with_v() {
    let code = "Log.trace('fine') Log.warn('odd\\nline', { name = 'a', n = 1 })";
    let told = |args: &[&str]| String::from_utf8(llmspell(args).stderr).expect("UTF-8");
    let usual = told(&["exec", code]);
    assert!(
        usual.ends_with(" WARN  odd line n=1 name=\"a\"\n"),
        "{usual}"
    );
    assert_eq!(usual.lines().count(), 1, "{usual}");
    let all = told(&["exec", "-v", code]);
    let first = all.lines().next();
    assert!(
        first.is_some_and(|line| line.ends_with(" TRACE fine")),
        "{all}"
    );
}
