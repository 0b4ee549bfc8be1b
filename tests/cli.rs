//! The command line as a person or a script meets it: exit codes, and one clear error each.

#[path = "common/process.rs"]
mod process;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

fn llmspell(args: &[&str]) -> Output {
    let mut command = process::llmspell();
    let command = command.args(args).stdin(Stdio::null()).env("NO_COLOR", "1");
    command.output().expect("the binary starts")
}

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("the folder is writable");
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

/// Checks the exit code, and that the one error on standard error says `part`.
fn fails(args: &[&str], code: i32, part: &str) {
    let output = llmspell(args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
    assert!(errors.contains(part), "{args:?}: {errors}");
    let count = errors
        .lines()
        .filter(|line| line.starts_with("error"))
        .count();
    assert_eq!(count, 1, "{args:?}: {errors}");
    assert!(!errors.contains("panicked"), "{args:?}: {errors}");
}

fn prints(args: &[&str], expected: &str) {
    let output = llmspell(args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {errors}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        expected,
        "{args:?}"
    );
}

#[test]
fn code_may_begin_with_a_comment_or_a_minus() {
    prints(&["exec", "-- bot.lua\nprint(1)"], "1\n");
    prints(&["exec", "--timeout", "60", "--print(2)\nprint(3)"], "3\n");
    prints(&["exec", "--count=1\nprint(2)"], "2\n");
    prints(&["exec", "--lang", "rhai", "-1; print(2)"], "2\n");
    prints(&["exec", "-(1); print(4)", "--lang", "rhai"], "4\n");
    for code in ["print(1)", "-- bot.lua\nprint(1)"] {
        fails(
            &["exec", "--langs", "rhai", code],
            2,
            "similar argument exists: '--lang'",
        );
    }
}

#[test]
fn what_cannot_be_run_says_why() {
    let folder = TempDir::new().expect("a folder");
    fails(&["run", "missing.lua"], 1, "missing.lua");
    fails(&["run", text(folder.path())], 1, "it is a folder");
    fails(
        &["run", text(&file(&folder, "a.txt", ""))],
        2,
        ".lua or .rhai",
    );
    fails(
        &["run", text(&file(&folder, "a.lua", b"\xff\xfe"))],
        1,
        "not UTF-8",
    );
    fails(&["run", text(&file(&folder, "b.lua", b"\x1bLua"))], 1, "");
    fails(&["run"], 2, "<FILE>");
    fails(
        &["run", "--timeout", "never", "a.lua"],
        2,
        "number of seconds",
    );
    fails(&["frobnicate"], 2, "frobnicate");
}

#[test]
fn an_empty_script_runs() {
    let folder = TempDir::new().expect("a folder");
    prints(&["run", text(&file(&folder, "a.lua", ""))], "");
    prints(&["run", text(&file(&folder, "a.rhai", ""))], "");
}

#[test]
fn byte_order_mark_shebang_and_windows_line_ends_are_no_problem() {
    let folder = TempDir::new().expect("a folder");
    let head = "\u{feff}#!/usr/bin/env llmspell\r\n";
    let lua = format!("{head}print(\"hi\")\r\nerror(\"third line\")\r\n");
    let rhai = format!("{head}print(\"hi\");\r\nthrow \"third line\";\r\n");
    fails(&["run", text(&file(&folder, "a.lua", lua))], 1, "a.lua:3");
    fails(
        &["run", text(&file(&folder, "a.rhai", rhai))],
        1,
        "a.rhai:3",
    );
}

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

#[test]
fn a_time_limit_may_be_longer_than_a_clock_counts() {
    prints(&["exec", "--timeout", "1e19", "print(1)"], "1\n");
}

#[test]
fn a_script_in_the_place_of_a_command_is_told_how_it_runs() {
    fails(&["bot.lua"], 2, "to run a script: llmspell run bot.lua");
    fails(&["lib/bot.rhai"], 2, "llmspell run lib/bot.rhai");
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

#[test]
fn a_file_that_is_no_model_says_so() {
    let folder = TempDir::new().expect("a folder");
    let tiny = llmspell_inference::testing::TinyLlama::default()
        .writer()
        .expect("a tiny model");
    let whole = folder.path().join("whole.gguf");
    tiny.write_to(&whole).expect("the folder is writable");
    let bytes = std::fs::read(&whole).expect("it was written");
    let cases = [
        (file(&folder, "empty.gguf", ""), "is empty"),
        (
            file(&folder, "text.gguf", "not a model at all"),
            "is not a GGUF file",
        ),
        (
            file(&folder, "cut.gguf", &bytes[..bytes.len() / 2]),
            "is truncated",
        ),
        (folder.path().join("none.gguf"), "no such file"),
    ];
    for (path, problem) in cases {
        let code = format!(
            "Agent.create({{ model = {:?} }}):execute('hi')",
            text(&path)
        );
        fails(&["exec", &code], 1, problem);
    }
    let code = format!(
        "print(Agent.create({{ model = {:?}, temperature = 0, max_tokens = 3 }}):execute('hi').metadata.tokens.completion)",
        text(&whole)
    );
    prints(&["exec", &code], "3\n");
}

#[test]
fn arguments_after_two_dashes_are_the_scripts_own() {
    prints(
        &["exec", "print(ARGS[1], #ARGS)", "--", "--timeout", "x"],
        "--timeout\t2\n",
    );
    prints(
        &["exec", "--lang", "rhai", "print(ARGS.len())", "--", "a"],
        "1\n",
    );
}

#[test]
fn check_finds_syntax_errors_without_running() {
    let folder = TempDir::new().expect("a folder");
    let good = file(&folder, "good.lua", "print('never')");
    let bad = file(&folder, "bad.lua", "x = = 1");
    let open = file(&folder, "open.rhai", "if true {");
    prints(&["check", text(&good)], "");
    fails(&["check", text(&good), text(&bad)], 1, "bad.lua:1");
    fails(&["check", text(&open)], 1, "open.rhai:1");
}

#[test]
fn check_runs_nothing_and_an_open_comment_is_an_error() {
    let folder = TempDir::new().expect("a folder");
    let open = file(&folder, "open.rhai", "print(\"ran\");\n/* open");
    fails(&["check", text(&open)], 1, "inside a comment");
    fails(&["run", text(&open)], 1, "inside a comment");
    let expression = file(&folder, "one.lua", "1 + 2");
    fails(&["check", text(&expression)], 1, "one.lua:1");
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
fn doc_explains_and_suggests() {
    let output = llmspell(&["doc", "task.start"]);
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("Task.start(function: function, ...)")
    );
    fails(&["doc", "Agent.creat"], 1, "did you mean Agent.create?");
    let output = llmspell(&["doc", "--json", "Channel"]);
    let functions: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(functions[0]["name"], "Channel.create");

    let output = llmspell(&["doc", "agentoptions"]);
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(
        page.starts_with("AgentOptions (record)") && page.contains("temperature?"),
        "{page}"
    );
    let output = llmspell(&["doc", "--json", "AgentOptions"]);
    let records: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(records[0]["name"], "AgentOptions");
    fails(&["doc", "AgentOption"], 1, "did you mean AgentOptions?");
}

#[test]
fn a_module_beside_the_script_is_found_and_one_outside_is_not() {
    let folder = TempDir::new().expect("a folder");
    std::fs::create_dir(folder.path().join("parts")).expect("writable");
    file(
        &folder,
        "parts/greet.lua",
        "Task.sleep(0.001) return { hello = 'hi' }",
    );
    file(
        &folder,
        "parts/greet.rhai",
        "Task.sleep(0.001); export const HELLO = \"hi\";",
    );
    let lua = file(&folder, "a.lua", "print(require('parts.greet').hello)");
    let rhai = file(
        &folder,
        "a.rhai",
        "import \"parts/greet\" as greet; print(greet::HELLO);",
    );
    prints(&["run", text(&lua)], "hi\n");
    prints(&["run", text(&rhai)], "hi\n");
    let outside = file(&folder, "b.lua", "require('../secret')");
    fails(&["run", text(&outside)], 1, "not a module name");
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

/// A run of `bench` with a cache folder of its own.
fn bench(cache: &Path, args: &[&str]) -> Output {
    let mut command = process::llmspell();
    let command = command.arg("bench").args(args).stdin(Stdio::null());
    let command = command.env("NO_COLOR", "1").env("XDG_CACHE_HOME", cache);
    command.output().expect("the binary starts")
}

#[test]
fn bench_gives_its_figures_as_json_and_nothing_else() {
    let output = llmspell(&[
        "bench",
        "wisp",
        "--prompt",
        "40",
        "--generate",
        "5",
        "--parallel",
        "3",
        "--json",
    ]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors, "");
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for field in [
        "load_ms",
        "prefill_tps",
        "decode_tps",
        "first_token_ms",
        "aggregate_tps",
    ] {
        assert!(
            figures[field].as_f64().is_some_and(|x| x > 0.0),
            "{figures}"
        );
    }
    for (field, value) in [("prompt", 40), ("generate", 5), ("parallel", 3)] {
        assert_eq!(figures[field], value, "{figures}");
    }
    // The model in the box alone has as many bytes.
    let memory = figures["peak_rss_bytes"].as_u64();
    assert!(memory.is_none_or(|bytes| bytes > 3_500_000), "{figures}");
}

#[test]
fn bench_says_what_it_does_and_ends_with_a_table() {
    let output = llmspell(&["bench", "wisp", "--generate", "2", "--parallel", "1"]);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "loading\nprefill\ndecode\nsequences at once\n"
    );
    let table = String::from_utf8_lossy(&output.stdout);
    let (head, rows) = table.split_once("\n\n").expect("an empty line");
    assert!(head.starts_with("wisp: llama, "), "{table}");
    assert!(head.ends_with("prompt 256 tokens, generate 2"), "{table}");
    let unit = |row: &str| row.rfind(' ').map(|at| row[..at].len());
    let rows: Vec<&str> = rows.lines().collect();
    assert_eq!(rows.len(), 6, "{table}");
    assert!(rows.iter().all(|row| unit(row) == Some(25)), "{table}");
}

#[test]
fn bench_refuses_what_cannot_be_measured() {
    fails(&["bench"], 2, "<MODEL|--synthetic <SHAPE>>");
    fails(&["bench", "none"], 1, "no model \"none\" is installed");
    for elsewhere in ["ollama/wisp", "openai/gpt-4o"] {
        fails(
            &["bench", elsewhere],
            1,
            "only models of this process are measured",
        );
    }
    let off = "providers.candle.enabled=false";
    fails(
        &["bench", "wisp", "--set", off],
        1,
        "no backend \"candle\" is set up",
    );
    fails(&["bench", "none.gguf"], 1, "no such file");
    fails(&["bench", "wisp", "--prompt", "0"], 2, "0 is not in 1..");
    fails(&["bench", "wisp", "--parallel", "0"], 2, "0 is not in 1..");
    fails(
        &["bench", "wisp", "--prompt", "500", "--generate", "13"],
        2,
        "a prompt of 500 tokens and 13 generated ones do not fit into the model's context of 512",
    );
    fails(
        &["bench", "--synthetic", "gpt-5"],
        2,
        "tinyllama-1.1b, llama-8b",
    );
    fails(
        &["bench", "--synthetic", "llama-25m", "--quant", "q1"],
        2,
        "q4_k_m, q8_0, f16",
    );
    fails(
        &["bench", "wisp", "--synthetic", "llama-25m"],
        2,
        "cannot be used with",
    );
    fails(
        &["bench", "wisp", "--quant", "q8_0"],
        2,
        "cannot be used with",
    );
}

#[test]
fn a_synthetic_model_is_made_once_and_again_when_it_is_damaged() {
    let cache = TempDir::new().expect("a folder");
    let path = cache
        .path()
        .join("llmspell/synthetic/llama-25m-q4_k_m.gguf");
    let measure = |says: &str| {
        let args = [
            "--synthetic",
            "Llama-25M",
            "--prompt",
            "2",
            "--generate",
            "1",
        ];
        let output = bench(cache.path(), &args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{errors}");
        assert!(errors.starts_with(says), "{errors}");
    };
    measure("making the model");
    let whole = std::fs::metadata(&path).expect("it was made").len();
    measure("loading");
    std::fs::write(&path, "damaged").expect("it can be written");
    let killed = path.with_extension("gguf.1.partial");
    std::fs::write(&killed, "left behind").expect("it can be written");
    measure("making the model");
    assert_eq!(std::fs::metadata(&path).expect("it was made").len(), whole);
    assert!(!killed.exists());
}

#[cfg(unix)]
#[test]
fn an_interrupted_bench_ends_with_130() {
    use std::io::{BufRead, BufReader};
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
    let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let started = lines.map_while(Result::ok).find(|line| line == "prefill");
    assert!(started.is_some());
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}
