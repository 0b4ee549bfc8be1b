//! Values between script and host.

mod support;
use llmspell_core::Value;
use support::{World, fails, prints};

#[test]
fn values_come_back_as_they_went() {
    prints(
        r#"
        let value = [(), true, 1, 1.5, "text", #{ a: [#{}], "ä b": 2 }, [], Probe.queue()];
        print(Probe.echo(value));
        print(Probe.echo('c'));
        print(Probe.bytes(blob(3, 65)));
        print(Probe.bytes("ab").len());
        print(Probe.echo(blob(2, 255)).len());
        "#,
        r#"
[(), true, 1, 1.5, "text", #{a: [#{}], "ä b": 2}, [], <queue of 0>]
c
<3 bytes>
2
2
        "#,
    );
}

#[test]
fn what_passes_through_keeps_its_identity() {
    prints(
        r#"
        let base = 1;
        let f = Probe.same(|x| x + base);
        base = 10;
        print(f.call(1));
        print(type_of(Probe.same('c')));
        print(type_of(Probe.same(0..3)));
        let q = Probe.queue();
        print(Probe.same(q) == q);
        print(Probe.echo([q])[0] == q);
        print(Probe.echo(f).call(1));
        "#,
        "11\nchar\nrange\ntrue\ntrue\n11",
    );
}

#[test]
fn a_captured_variable_arrives_as_its_value() {
    prints(
        "let x = [1]; let f = || x.push(2); f.call(); print(Probe.echo(x)); print(Probe.echo(#{ x: x }));",
        "[1, 2]\n#{x: [1, 2]}",
    );
}

#[test]
fn wrong_types_give_the_same_error_in_every_language() {
    fails(
        "Probe.add(\"one\");",
        "test.rhai:1:7: Probe.add: a: expected integer, got string",
    );
    fails(
        "Probe.start(5);",
        "test.rhai:1:7: Probe.start: function: expected function, got integer",
    );
    fails(
        "Probe.add(0..3);",
        "test.rhai:1:7: Probe.add: a: expected integer, got script value",
    );
}

#[test]
fn globals_of_the_host_are_constants_that_functions_see() {
    prints(
        "fn f() { ARGS[0] } print(f()); print(ARGS);",
        "one\n[\"one\"]",
    );
    fails("ARGS = 1;", "test.rhai:1:1: ARGS is a constant");
    prints("let ARGS = [1]; ARGS.push(2); print(ARGS);", "[1, 2]");
    prints("print(ARGS.map(|x| x.len()));", "[3]");
    prints("let own = ARGS; own.push(2); print(own.len());", "2");
    for own in [
        "for a in ARGS { a += \"x\"; print(a); }",
        "for a in ARGS + [] { a += \"x\"; print(a); }",
        "let job = Probe.start(|| ARGS.map(|x| { Probe.nap(1); x })); \
         for a in ARGS { a += \"x\"; job.join(); print(a); }",
        "fn f(a, b) { b[0] += \"x\"; b[0] } print(f(ARGS, ARGS));",
        "let c = []; c += ARGS; c[0] += \"x\"; print(c[0]);",
        "let c = []; c.append(ARGS); c[0] += \"x\"; print(c[0]);",
        "let c = []; c.insert(0, ARGS); c[0][0] += \"x\"; print(c[0][0]);",
        "let c = #{ list: ARGS }; c.list[0] += \"x\"; print(c.list[0]);",
    ] {
        prints(own, "onex");
    }
    for changed in [
        "ARGS.push(2);",
        "ARGS[0] = 2;",
        "ARGS.shift();",
        "ARGS += 1;",
    ] {
        let error = World::new().fails(changed);
        assert!(error.message.contains("constant"), "{}", error.message);
    }
}

#[test]
fn constant_lists_can_be_read_in_all_ways() {
    prints("print(ARGS.get(0)); print(ARGS.get(1) == ());", "one\ntrue");
    prints(
        "const L = [1, 2, 3, 4];
         print([L.get(-1), L.get(9), L.get(-9)]);
         print([L.extract(1), L.extract(-2), L.extract(-9), L.extract(9)]);
         print([L.extract(1, 2), L.extract(-3, 2), L.extract(0, -1)]);
         print([L.extract(1..3), L.extract(-5..2), L.extract(3..1), L.extract(1..=2), L.extract(0..=9223372036854775807)]);",
        "[4, (), ()]
[[2, 3, 4], [3, 4], [1, 2, 3, 4], []]
[[2, 3], [2, 3], []]
[[2, 3], [1, 2], [], [2, 3], [1, 2, 3, 4]]",
    );
}

#[test]
fn the_host_can_show_and_look_into_results() {
    let world = World::new();
    let value = world.run("#{ a: [1, \"x\"] }").unwrap();
    assert_eq!(world.engine.show(&value), "#{a: [1, \"x\"]}");
    let Value::Map(map) = world.engine.inspect(&value).unwrap() else {
        panic!("expected a map");
    };
    assert_eq!(format!("{map:?}"), "{\"a\": [1, \"x\"]}");
    assert_eq!(
        world.engine.show(&world.run("\"text\"").unwrap()),
        "\"text\""
    );
}

#[test]
fn what_cannot_be_given_is_told_with_its_place() {
    fails(
        "let deep = 1; for i in 0..150 { deep = [deep]; } Probe.echo(#{ a: deep });",
        &format!(
            "test.rhai:1:56: Probe.echo: value.a{}: the value nests deeper than 100 levels",
            ".item 1".repeat(100)
        ),
    );
    fails(
        "Probe.fail(blob(1, 65));",
        "test.rhai:1:7: Probe.fail: message: expected string, got bytes",
    );
}

#[test]
fn sorting_by_a_comparison_keeps_equal_items_and_leaves_the_list_at_an_error() {
    prints(
        r#"
        let list = [[2, "a"], [1, "b"], [2, "c"], [1, "d"]];
        list.sort(|a, b| a[0] - b[0]);
        print(list);
        list.sort(|a, b| a[1] > b[1]);
        print(list);
        let numbers = [0.5, -1.5, 0.25];
        numbers.sort(|a, b| a - b);
        print(numbers);
        fn backwards(a, b) { b - a }
        let few = [1, 3, 2];
        few.sort(backwards);
        few.sort_by("backwards");
        print(few);
        let odd = [];
        for i in 0..200 { odd.push(i); }
        odd.sort(|a, b| 1 - 2 * (a * 7 % 3));
        print(odd.len());
        "#,
        r#"
[[1, "b"], [1, "d"], [2, "a"], [2, "c"]]
[[1, "d"], [2, "c"], [1, "b"], [2, "a"]]
[-1.5, 0.25, 0.5]
[3, 2, 1]
200"#,
    );
    prints(
        r#"
        let list = [3, 1, 2];
        try { list.sort(|a, b| a.score - b.score); } catch (e) { print("raised"); }
        try { list.sort(|a, b| throw "no"); } catch (e) { print(e); }
        try { list.sort("nowhere"); } catch (e) { print("unknown"); }
        try { list.sort(|a, b| "more"); } catch (e) { print(e); }
        print(list);
        "#,
        "raised\nno\nunknown\nsort: the comparison gives a number or a boolean, not string\n[3, 1, 2]",
    );
}
