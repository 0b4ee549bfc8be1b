//! What errors say.

mod support;
use support::{World, fails, prints};

#[test]
fn a_thrown_value_is_readable() {
    fails(
        "throw #{ code: 5 };",
        "test.rhai:1:1: error value: #{code: 5}",
    );
    fails("throw \"text\";", "test.rhai:1:1: text");
    fails(
        "throw;",
        "test.rhai:1:1: the script threw an error without a value",
    );
    fails("throw 42;", "test.rhai:1:1: error value: 42");
}

#[test]
fn frames_name_the_functions_innermost_first() {
    let error = World::new().fails(
        "fn inner() {\n  throw \"x\";\n}\nfn outer() {\n  [1].map(|x| {\n    inner()\n  });\n}\n\nouter();",
    );
    let frames: Vec<_> = error
        .stack
        .iter()
        .map(|frame| (frame.line, frame.function.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(
        frames,
        [(2, "inner"), (6, "closure"), (5, "outer"), (10, "-")]
    );
}

#[test]
fn a_misspelt_variable_or_function_suggests_the_nearest_one() {
    fails(
        "let message = 1;\nprint(mesage);",
        "test.rhai:2:7: there is no variable \"mesage\"; did you mean \"message\"?",
    );
    fails(
        "prnt(1);",
        "test.rhai:1:1: there is no function prnt(integer); did you mean \"print\"?",
    );
    fails(
        "probe.add(1);",
        "test.rhai:1:1: there is no variable \"probe\"; did you mean \"Probe\"?",
    );
    fails(
        "fn greet(a) { a } greet(1, 2);",
        "test.rhai:1:19: the function greet is not defined for 2 arguments",
    );
}

#[test]
fn a_top_level_variable_used_in_a_function_is_explained() {
    let error = World::new().fails("let limit = 1;\nfn f() { limit }\nf();");
    assert_eq!(
        error.to_string(),
        "test.rhai:2:10: the variable limit cannot be seen inside a function"
    );
    assert!(error.help.unwrap().contains("pass it as a parameter"));
}

#[test]
fn common_mistakes_are_told_in_plain_words() {
    for (script, message) in [
        ("1 + #{}", "cannot apply + to integer and map"),
        ("Probe.queue() + 1", "cannot apply + to handle and integer"),
        ("let x = 5; x.field", "integer has no field \"field\""),
        (
            "let x = [1]; x[3]",
            "index 3 is outside of the list, which has 1 items",
        ),
        (
            "let x = true; x[\"a\"]",
            "boolean cannot be indexed with string",
        ),
        (
            "for x in 5 { print(x) }",
            "expecting an iterable value, not a number",
        ),
        ("const X = 1; X = 2;", "cannot assign to constant X"),
        ("Probe = 1;", "Probe is a constant"),
        ("1 / 0", "division by zero: 1 / 0"),
        (
            "9223372036854775807 + 1",
            "addition overflow: 9223372036854775807 + 1",
        ),
        ("nothing::f();", "there is no module \"nothing\" here"),
        (
            "let x = 1; if x { print(x) }",
            "expected boolean, got integer",
        ),
        (
            "Probe.echo(|x| x).foo()",
            "there is no function foo(function)",
        ),
        ("\"text\".execute()", "there is no function execute(string)"),
    ] {
        let world = World::new();
        let message_of = match world.engine.load("test.rhai", script) {
            Err(error) => error.message,
            Ok(_) => world.fails(script).message,
        };
        assert_eq!(message_of, message, "{script}");
    }
}

#[test]
fn what_grows_without_an_end_is_an_error() {
    for (script, message) in [
        ("let s = \"x\"; loop { s += s; }", "the string grew beyond"),
        ("let a = [1]; loop { a += a; }", "the list grew beyond"),
        (
            "let a = []; a.pad(1000000000000, 0);",
            "the list grew beyond",
        ),
        ("let b = blob(1000000000000);", "the list grew beyond"),
        (
            "let s = \"\"; s.pad(1000000000000, 'x');",
            "the string grew beyond",
        ),
        (
            "let m = #{}; for i in 0..100 { m[`${i}`] = [1, 2]; m[`a${i}`] = m; }",
            "the map grew beyond",
        ),
    ] {
        let error = World::new().fails(script);
        assert!(error.message.starts_with(message), "{error}: {script}");
    }
}

#[test]
fn byte_order_mark_shebang_and_line_ends_keep_line_numbers() {
    let error =
        World::new().fails("\u{feff}#!/usr/bin/env llmspell run\r\nlet x = 1;\r\nthrow \"x\";\r\n");
    assert_eq!(error.to_string(), "test.rhai:3:1: x");
    prints("\u{feff}print(1);", "1");
    prints("", "");
}

#[test]
fn a_caught_error_can_be_thrown_again() {
    fails(
        "try { Probe.fail(\"first\"); } catch (e) { throw `again: ${e}`; }",
        "test.rhai:1:42: again: first",
    );
}
