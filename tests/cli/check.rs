//! `llmspell check`.

use tempfile::TempDir;

use crate::{fails, file, prints, text};

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
fn an_open_comment_is_an_error() {
    let folder = TempDir::new().expect("a folder");
    let open = file(&folder, "open.rhai", "print(\"ran\");\n/* open");
    fails(&["check", text(&open)], 1, "inside a comment");
    fails(&["run", text(&open)], 1, "inside a comment");
}

#[test]
fn an_expression_is_no_script() {
    let folder = TempDir::new().expect("a folder");
    let expression = file(&folder, "one.lua", "1 + 2");
    fails(&["check", text(&expression)], 1, "one.lua:1");
}
