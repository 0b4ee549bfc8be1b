//! What runs, and what a script finds: its file, its arguments, its modules.

use tempfile::TempDir;

use crate::{fails, file, prints, text};

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
    fails(
        &["run", text(&file(&folder, "b.lua", b"\x1bLua"))],
        1,
        "only source text can be run",
    );
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
    let lua = format!("{head}local x = \"hi\"\r\nerror(\"third line\")\r\n");
    let rhai = format!("{head}let x = \"hi\";\r\nthrow \"third line\";\r\n");
    fails(&["run", text(&file(&folder, "a.lua", lua))], 1, "a.lua:3");
    fails(
        &["run", text(&file(&folder, "a.rhai", rhai))],
        1,
        "a.rhai:3",
    );
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
