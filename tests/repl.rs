//! Sessions, as a person at a terminal and a script at the other end of a pipe have them.

#[path = "common/process.rs"]
mod process;
#[cfg(unix)]
#[path = "common/signal.rs"]
mod signal;

use std::path::Path;
use std::process::{Output, Stdio};

use tempfile::TempDir;

/// A whole session whose input comes through a pipe.
fn session(language: &str, input: impl AsRef<[u8]>) -> Output {
    use std::io::Write;
    let mut repl = process::llmspell()
        .args(["repl", "--lang", language])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = repl.stdin.take().expect("it is piped");
    stdin.write_all(input.as_ref()).expect("the session reads");
    drop(stdin);
    repl.wait_with_output().expect("the session ends")
}

#[test]
fn an_interactive_session_keeps_variables_and_survives_errors() {
    let sessions = [
        (
            "lua",
            "x = 20\nx + 1\nerror('oops')\nfunction f()\nreturn x\nend\nf() + 2\n",
        ),
        (
            "rhai",
            "let x = 20;\nx + 1\nthrow \"oops\"\nfn f(n) {\nn\n}\nf(x) + 2\n",
        ),
    ];
    for (language, input) in sessions {
        let output = session(language, input);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "21\n22\n",
            "{language}: {errors}"
        );
        assert!(errors.contains("oops"), "{language}: {errors}");
        assert_eq!(output.status.code(), Some(0), "{language}");
    }
}

#[test]
fn help_lists_the_modules_and_explains_what_is_in_them() {
    let output = session("lua", "  :help\n:help AgentOptions\n");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("\nModules: Agent, "), "{shown}");
    assert!(shown.contains("\nAgentOptions (record)\n"), "{shown}");
}

#[test]
fn a_command_without_its_colon_is_explained_and_a_block_may_have_lines_with_one() {
    for language in ["lua", "rhai"] {
        let output = session(language, "help\nquit\n");
        let told = "llmspell: :help explains, :quit leaves\n";
        assert_eq!(String::from_utf8_lossy(&output.stderr), told.repeat(2));
    }
    let output = session("rhai", "fn help() { 8 }\n\nhelp()\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "8\n");
    let output = session("lua", "help = 7\nhelp\ndo print(('x')\n:upper())\nend\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "7\nX\n");
}

#[test]
fn an_unknown_command_says_what_there_is_and_q_leaves() {
    let output = session("lua", ":frob\n:help AgentOption\n:q\nprint('late')\n");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("unknown command :frob; :help lists them"),
        "{errors}"
    );
    assert!(errors.contains("did you mean AgentOptions?"), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}

#[test]
fn a_block_from_a_pipe_may_have_empty_lines() {
    let output = session("lua", "for i = 1, 2 do\n  local x = i\n\n  print(x)\nend\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n2\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let output = session("rhai", "fn f() {\n\n  7\n}\nf()\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "7\n");
}

#[test]
fn a_line_that_is_no_text_does_not_end_the_session() {
    let output = session("lua", b"\xff\n1 + 1\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2\n");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("this line is not UTF-8"), "{errors}");
}

#[cfg(unix)]
#[test]
fn one_interruption_ends_the_input_and_not_the_session() {
    use std::io::{BufRead, BufReader, Write};
    let mut command = process::llmspell();
    command.args(["repl", "--lang", "lua"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut repl = command.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = repl.stdin.take().expect("it is piped");
    let mut lines = BufReader::new(repl.stdout.take().expect("it is piped")).lines();
    let endless = b"x = 7\nprint('ready') Console.flush() while true do end\n";
    stdin.write_all(endless).expect("it reads");
    assert_eq!(lines.next().expect("a line").expect("text"), "ready");
    signal::send(&repl, "INT");
    stdin.write_all(b"x\n:quit\n").expect("it reads");
    assert_eq!(lines.next().expect("a line").expect("text"), "7");
    let output = repl.wait_with_output().expect("it ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("interrupted"), "{errors}");
    assert_eq!(output.status.code(), Some(0));
}

/// All that a session on a terminal shows when this is typed ahead; it remembers in this folder.
#[cfg(unix)]
fn shown_at_a_terminal(state: &Path, typed: &str) -> String {
    use std::io::{Read, Write};
    let terminal = nix::pty::openpty(None, None).expect("a terminal");
    let end = || terminal.slave.try_clone().expect("a second handle");
    let mut command = process::llmspell();
    command.arg("repl").env("TERM", "xterm");
    command.env("XDG_STATE_HOME", state);
    command.stdin(end()).stdout(end()).stderr(end());
    let mut session = command.spawn().expect("the binary starts");
    let mut screen = std::fs::File::from(terminal.master);
    screen.write_all(typed.as_bytes()).expect("it listens");
    drop((command, terminal.slave));
    let (mut shown, mut bytes) = (Vec::new(), [0; 4096]);
    // Reading fails once the session has closed its end.
    while let Ok(count @ 1..) = screen.read(&mut bytes) {
        shown.extend(&bytes[..count]);
    }
    session.wait().expect("the session ends");
    String::from_utf8_lossy(&shown).into_owned()
}

#[cfg(unix)]
#[test]
fn a_session_at_a_terminal_keeps_unfinished_lines_and_what_is_typed_ahead() {
    let state = TempDir::new().expect("a folder");
    let shown = shown_at_a_terminal(
        state.path(),
        "Console.write('unfin' .. 'ished')\nTask.sleep(0.1)\nprint('o' .. 'ne')\nprint('t' .. 'wo')\n:quit\n",
    );
    for line in ["unfinished\r\n", "one\r\n", "two\r\n"] {
        assert!(shown.contains(line), "{line:?} is not in {shown:?}");
    }
}

#[test]
fn an_input_may_join_a_task_that_has_failed_before() {
    let cases = [
        (
            "lua",
            "t = Task.start(function() error('late', 0) end)\n\nok, e = pcall(t.join, t)\ne\n",
            "\"late\"\n",
        ),
        (
            "rhai",
            "let t = Task.start(|| { throw \"late\" });\n\ntry { t.join(); } catch (e) { print(e); }\n",
            "late\n",
        ),
    ];
    for (language, input, printed) in cases {
        // The task fails while the session waits for the second line, which shows what nobody has joined by then.
        let joined = input.replace("\n\n", "\n");
        let output = session(language, &joined);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            printed,
            "{language}"
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{language}");
        let output = session(language, input);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            errors.matches("not joined").count(),
            1,
            "{language}: {errors}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_session_at_a_terminal_has_the_lines_of_the_one_before() {
    let state = TempDir::new().expect("a folder");
    let typed = "x = 7\nprint('ke' .. 'pt', x)\n:quit\n";
    assert!(shown_at_a_terminal(state.path(), typed).contains("kept\t7\r\n"));
    // Three times the arrow up: past its own line and the last one, :quit.
    let shown = shown_at_a_terminal(state.path(), "x = 8\n\u{1b}[A\u{1b}[A\u{1b}[A\n:quit\n");
    assert!(shown.contains("kept\t8\r\n"), "{shown:?}");
}

#[cfg(unix)]
#[test]
fn a_session_at_a_terminal_goes_on_without_a_place_for_its_lines() {
    let state = TempDir::new().expect("a folder");
    std::fs::write(state.path().join("llmspell"), "a file").expect("writable");
    let shown = shown_at_a_terminal(
        state.path(),
        "print('o' .. 'ne')\nprint('t' .. 'wo')\n:quit\n",
    );
    assert_eq!(
        shown.matches("the history is not kept").count(),
        1,
        "{shown:?}"
    );
    assert!(
        shown.contains("one\r\n") && shown.contains("two\r\n"),
        "{shown:?}"
    );
}
