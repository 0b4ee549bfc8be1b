//! Time limits, signals and endless recursion.

use std::process::{Command, Stdio};

use crate::{fails, prints, process};

#[test]
fn a_time_limit_ends_every_kind_of_endless_loop_with_124() {
    let lua = [
        "while true do end",
        "while true do pcall(error) end",
        "coroutine.wrap(function() while true do end end)()",
        "coroutine.wrap(function() while true do pcall(function() while true do end end) end end)()",
        "table.sort({ 3, 2, 1 }, function() while true do end end)",
        "xpcall(error, function() while true do end end)",
        "string.find(string.rep('a', 30000), '.-.-.-.-b')",
        "Task.start(function() while true do end end)",
        "Task.sleep(60)",
        "Console.read_line() Task.sleep(60)",
    ];
    let rhai = [
        "loop {}",
        "loop { try { loop {} } catch {} }",
        "[3, 2, 1].sort(|a, b| { loop {} })",
        "Task.start(|| { loop {} })",
        "Task.sleep(60)",
    ];
    for code in lua {
        fails(
            &["exec", "--timeout", "0.2", code],
            124,
            "timed out after 0.2 s",
        );
    }
    for code in rhai {
        fails(
            &["exec", "--lang", "rhai", "--timeout", "0.2", code],
            124,
            "timed out after 0.2 s",
        );
    }
}

#[test]
fn a_time_limit_may_be_longer_than_a_clock_counts() {
    prints(&["exec", "--timeout", "1e19", "print(1)"], "1\n");
}

#[test]
fn endless_recursion_is_an_error() {
    let cases = [
        ("lua", "local function f() return f() + 1 end f()"),
        (
            "lua",
            "local t = setmetatable({}, {}) getmetatable(t).__index = function(s, k) return s[k] end print(t.x)",
        ),
        ("lua", "local function f() coroutine.wrap(f)() end f()"),
        (
            "lua",
            "local function f() local ok, e = pcall(f) error(e) end f()",
        ),
        ("lua", "local s = string.rep('(', 300) print(s:find(s))"),
        ("lua", "local t = {} t.t = t JSON.stringify(t)"),
        ("rhai", "fn f(n) { f(n + 1) + 1 } f(0)"),
        ("rhai", "let f = |g, n| g.call(g, n + 1) + 1; f.call(f, 0)"),
    ];
    for (language, code) in cases {
        fails(
            &["exec", "--lang", language, "--timeout", "60", code],
            1,
            "",
        );
    }
}

#[cfg(unix)]
#[test]
fn one_signal_ends_a_script_that_no_hook_interrupts() {
    use std::io::{BufRead, BufReader, Read};
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
    let number = script.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &number]).status();
    assert!(sent.expect("kill is there").success());
    errors.read_to_string(&mut text).expect("text");
    assert!(text.ends_with("error: interrupted\n"), "{text}");
    let status = script.wait().expect("it has ended");
    assert_eq!(status.code(), Some(130));
}

#[cfg(unix)]
#[test]
fn an_interrupted_script_ends_with_130() {
    use std::io::{BufRead, BufReader};
    let mut child = process::llmspell()
        .args(["exec", "print('ready') Console.flush() while true do end"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "ready");
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}
