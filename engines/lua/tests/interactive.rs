//! What a REPL needs.

mod common;

use common::{Bench, lab};
use llmspell_core::{Check, Value};

fn enter(bench: &Bench, input: &str) -> String {
    let entry = bench
        .engine
        .load_interactive("repl", input)
        .unwrap_or_else(|e| panic!("{e}"));
    match bench.scheduler.run(&bench.engine, &entry, Vec::new()) {
        Ok(Value::Nil) => String::new(),
        Ok(value) => bench.engine.show(&value),
        Err(error) => error.diagnostic().to_string(),
    }
}

#[test]
fn an_expression_gives_its_values_and_a_statement_nothing() {
    let bench = lab();
    let cases = [
        ("1 + 1", "2"),
        ("'a', nil, { 'b' }", "\"a\"\tnil\t{\"b\"}"),
        ("nil", "nil"),
        ("x = 5", ""),
        ("x", "5"),
        ("Lab.later(x)", "5"),
        ("#'four'", "4"),
        ("Lab.countdown(2)", "Countdown(2)"),
        ("Lab.sleep(1)", ""),
        ("Lab.echo(nil)", "nil"),
        ("error('x')", "repl:1: x"),
        ("-- nothing", ""),
    ];
    for (input, expected) in cases {
        assert_eq!(enter(&bench, input), expected, "{input}");
    }
}

#[test]
fn a_local_at_the_start_of_an_input_stays_visible() {
    let bench = lab();
    for input in [
        "local a, b = 1, 2",
        "local function f() return a + b end",
        "local c",
    ] {
        assert_eq!(enter(&bench, input), "", "{input}");
    }
    assert_eq!(enter(&bench, "f(), c"), "3\tnil");
    assert_eq!(bench.engine.globals(), ["a", "b", "f"]);
}

#[test]
fn check_tells_complete_from_incomplete_and_invalid() {
    let engine = lab().engine;
    for complete in [
        "x = 1",
        "1 + 1",
        "",
        "for i = 1, 2 do end",
        "#x",
        "#!/bin/x\nx = 1",
    ] {
        assert_eq!(
            engine.check("repl", complete),
            Check::Complete,
            "{complete}"
        );
    }
    for incomplete in [
        "if x then",
        "x = ",
        "f(",
        "x = [[",
        "function f()",
        "return {",
        "1 +",
    ] {
        assert_eq!(
            engine.check("repl", incomplete),
            Check::Incomplete,
            "{incomplete}"
        );
    }
    let Check::Invalid(diagnostic) = engine.check("repl", "\nx = = 1") else {
        panic!("not invalid");
    };
    assert_eq!(diagnostic.to_string(), "repl:2: unexpected symbol near '='");
}

#[test]
fn show_reads_as_print_writes() {
    let bench = lab();
    let show = |script: &str| bench.engine.show(&bench.run(script).expect("runs"));
    assert_eq!(show("return { 'a', x = 1 }"), "{\"a\", x = 1}");
    assert_eq!(show("return 'text'"), "text");
    assert_eq!(bench.engine.show(&Value::List(vec![Value::Int(1)])), "{1}");
    let endless = "return setmetatable({}, { __tostring = function() while true do end end })";
    assert_eq!(show(endless), "<this code ran for too long>");
}
