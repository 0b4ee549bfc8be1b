//! Deep recursion gives an error, whatever recurses, in debug and in release.

mod support;
use support::{World, prints};

const TOO_DEEP: &str = "too many nested calls (limit 1000)";
const STACK_FULL: &str = "the script's calls and values nest too deeply";

fn too_deep(script: &str) {
    let message = World::new().fails(script).message;
    assert!(
        message == TOO_DEEP || message == STACK_FULL,
        "{message}: {script}"
    );
}

#[test]
fn ordinary_recursion_reaches_every_level_the_limit_allows() {
    prints(
        "fn sum(n) { if n == 0 { 0 } else { n + sum(n - 1) } } print(sum(998));",
        "498501",
    );
    prints(
        "fn fib(n) { if n < 2 { return n; } return fib(n - 1) + fib(n - 2); } print(fib(12));",
        "144",
    );
}

#[test]
fn endless_recursion_is_an_error() {
    let error = World::new().fails("fn f(n) {\n  f(n + 1)\n}\nf(0);");
    assert_eq!(error.message, TOO_DEEP);
    assert_eq!(error.place().map(|place| place.line), Some(4));
    for script in [
        "fn f(n) { let x = [1, f(n + 1)]; x } f(0);",
        "fn f(n) { if true { while true { switch n { _ => { return 1 + f(n + 1) * 2; } } } } } f(0);",
        "fn a(n) { b(n + 1) } fn b(n) { a(n + 1) } a(0);",
        "fn f() { this.f() } let x = 5; x.f();",
        "fn f(n) { for i in 0..1 { try { f(n + 1) } catch { throw 1 } } } f(0);",
        "fn f(n) { `${f(n + 1)}` } f(0);",
        "fn f(n) { #{ a: #{ b: [f(n + 1)] } } } f(0);",
        "fn f(n) { Probe.add(f(n + 1), 1) } f(0);",
    ] {
        too_deep(script);
    }
}

#[test]
fn recursion_through_closures_is_an_error() {
    for script in [
        "let f = |f, n| f.call(f, n + 1); f.call(f, 0);",
        "fn f(n) { [1].map(|x| f(n + 1)) } f(0);",
        "fn f(n) { [2, 1].filter(|x| f(n + 1)) } f(0);",
        "fn f(n) { [2, 1, 3].reduce(|sum, x| f(n + 1), 0) } f(0);",
        "fn f(n) { [2, 1, 3].some(|x| [1].all(|y| [1].map(|z| f(n + 1)))) } f(0);",
        "fn f(n) { for x in [1].map(|x| f(n + 1)) { print(x); } } f(0);",
        "let o = #{}; o.f = |n| this.f(n + 1); o.f(0);",
        "fn f(n) { let g = |x| f(x + 1); g.call(n) } f(0);",
    ] {
        too_deep(script);
    }
}

#[test]
fn recursion_inside_tasks_and_from_iteration_is_an_error() {
    too_deep("Probe.start(|| { fn_deep(0) }).join(); fn fn_deep(n) { fn_deep(n + 1) }");
    too_deep("fn f(n) { let q = Probe.queue(); q.send(1); for x in q { f(n + 1); } } f(0);");
    too_deep("fn f(n) { Probe.ready(f(n + 1)) } f(0);");
}

#[test]
fn deep_expressions_inside_deep_recursion_are_an_error() {
    let nested = |inner: &str, depth: usize| {
        let open = "(1 + ".repeat(depth);
        format!("{open}{inner}{}", ")".repeat(depth))
    };
    let script = format!("fn f(n) {{ {} }} f(0);", nested("f(n + 1)", 15));
    too_deep(&script);
    let lists = format!(
        "fn f(n) {{ {}f(n + 1){} }} f(0);",
        "[".repeat(18),
        "]".repeat(18)
    );
    too_deep(&lists);
    let blocks = format!(
        "fn f(n) {{ {}f(n + 1){} }} f(0);",
        "{".repeat(8),
        "}".repeat(8)
    );
    too_deep(&blocks);
}

#[test]
fn a_text_that_nests_too_deeply_does_not_compile() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("-(", ")"),
        ("#{a:", "}"),
        ("|x| ", ""),
        ("if true {", "}"),
    ] {
        let script = format!("let x = {}1{};", open.repeat(10_000), close.repeat(10_000));
        let world = World::new();
        let error = world.engine.load("test.rhai", &script).err().unwrap();
        assert_eq!(
            error.message, "expressions or blocks nest too deeply",
            "{open}"
        );
    }
    let long = format!("let x = 1{};", " + 1".repeat(10_000));
    let chain = format!("let x = [];\nx{};", ".map(|x| x)".repeat(5_000));
    for script in [long, chain] {
        let world = World::new();
        if let Ok(entry) = world.engine.load("test.rhai", &script) {
            let _ = world.scheduler.run(&world.engine, &entry, Vec::new());
        }
    }
}

#[test]
fn values_that_nest_too_deeply_are_an_error_where_they_leave_the_script() {
    let nest = "let a = []; for i in 0..300 { a = [a]; }";
    let error = World::new().fails(&format!("{nest} Probe.echo(a);"));
    let message = &error.message;
    assert!(
        message.starts_with("Probe.echo: value.item 1."),
        "{message}"
    );
    assert!(
        message.ends_with(": the value nests deeper than 100 levels"),
        "{message}"
    );
    World::new().prints(&format!("{nest} print(a); Probe.same(a); let b = a;"));
}
