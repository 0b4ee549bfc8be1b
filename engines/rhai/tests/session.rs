//! REPL inputs, and which texts are complete.

mod support;
use llmspell_core::Check;
use support::World;

fn values(inputs: &[&str]) -> Vec<String> {
    let world = World::new();
    let value = |input: &&str| match world.interactive(input) {
        Ok(value) => world.engine.show(&value),
        Err(error) => error.to_string(),
    };
    inputs.iter().map(value).collect()
}

#[test]
fn variables_and_functions_stay_visible_to_later_inputs() {
    assert_eq!(
        values(&[
            "let x = 20;",
            "fn double(n) { n * 2 }",
            "x += 1; double(x)",
            "let f = |n| n + x;",
            "x = 100;",
            "f.call(1)",
            "fn double(n) { n * 3 }",
            "double(1) + Probe.start(double, 2).join()",
            "[1, 2].map(|n| double(n))",
        ]),
        ["()", "()", "42", "()", "()", "101", "()", "9", "[3, 6]"]
    );
}

#[test]
fn what_an_earlier_input_captured_can_be_assigned() {
    assert_eq!(
        values(&[
            "let q = Probe.queue();",
            "let f = || q;",
            "q = 5;",
            "f.call()",
            "q",
        ]),
        ["()", "()", "()", "<queue of 0>", "5"]
    );
    for block in [
        "for q in 0..1 { q; }",
        "try { throw 1 } catch(q) { q; }",
        "{ let q = 1; q; }",
    ] {
        let again = format!("{block} q = 5;");
        let inputs = ["let q = Probe.queue();", "let f = || q;", &again, "q"];
        assert_eq!(values(&inputs), ["()", "()", "()", "5"], "{block}");
    }
}

#[test]
fn a_failing_or_cancelled_input_loses_no_variables() {
    let world = World::new();
    world.interactive("let x = 1;").unwrap();
    assert!(world.interactive("x = 2; throw \"no\";").is_err());
    let entry = world
        .engine
        .load_interactive("input", "x = 3; Probe.nap(10000);");
    let scope = std::rc::Rc::default();
    let task = world
        .scheduler
        .start(&world.engine, &scope, &entry.ok().unwrap(), Vec::new());
    task.unwrap();
    world.scheduler.tick(std::time::Duration::from_millis(1));
    world.scheduler.cancel(&scope);
    assert_eq!(world.engine.show(&world.interactive("x").unwrap()), "3");
    assert_eq!(world.engine.globals(), ["x"]);
}

#[test]
fn a_task_of_an_earlier_input_goes_on_with_its_variables() {
    assert_eq!(
        values(&[
            "let q = Probe.queue(); let n = 0;",
            "let job = Probe.start(|| { Probe.nap(2); n += 1; n });",
            "n = 10;",
            "job.join()",
            "n",
        ]),
        ["()", "()", "()", "11", "11"]
    );
}

#[test]
fn open_blocks_strings_and_comments_are_incomplete() {
    let world = World::new();
    for text in [
        "fn f() {",
        "print(1",
        "print(1,",
        "let x =",
        "let",
        "if x { 1 } else",
        "[1, 2",
        "#{a: 1",
        "let s = `abc",
        "`abc ${",
        "`abc ${x}",
        "/* comment",
        "let x = 1; /* a\nb",
        "1 +",
        "x.",
        "let s = \"abc\\\n",
        "try {",
        "while true",
        "fn f() {\n  let x = 1;\n",
        "#\"raw",
        "fn",
        "f(|a",
        "switch x {",
        "{ // comment",
        "import \"x\" as",
    ] {
        assert_eq!(world.engine.check("t", text), Check::Incomplete, "{text}");
    }
    for text in [
        "",
        "let x = 1",
        "let x = 1;",
        "// comment",
        "/* a */",
        "x",
        "#!/usr/bin/x\nlet x = 1;",
        "\u{feff}x",
        "x\r\n",
    ] {
        assert_eq!(world.engine.check("t", text), Check::Complete, "{text}");
    }
    for text in [
        ")",
        "let x = )",
        "let let",
        "\"abc",
        "\"abc\n",
        "'ab",
        "1 1",
        "fn f() { let x = ; }",
    ] {
        assert!(
            matches!(world.engine.check("t", text), Check::Invalid(_)),
            "{text}"
        );
    }
}

#[test]
fn an_invalid_text_has_a_place() {
    let world = World::new();
    let Check::Invalid(error) = world.engine.check("t.rhai", "let x = 1;\r\nlet y = );") else {
        panic!("expected an error");
    };
    assert_eq!(error.to_string(), "t.rhai:2:9: unexpected ')'");
}
