//! Handles as script values.

mod support;
use support::{World, fails, prints};

#[test]
fn methods_are_called_with_dots() {
    prints(
        "let q = Probe.queue(); q.send(1); q.send(2); print(q.receive() + q.receive());",
        "3",
    );
}

#[test]
fn printing_and_interpolation_show_a_handle_also_inside_lists_and_maps() {
    prints(
        r#"
        let q = Probe.queue();
        q.send(1);
        print(q);
        print(`${q}`);
        print("it is " + q);
        print([q, "text", 'c', 1.5, (), #{ a: q, "b c": [true] }]);
        print(#{ a: [q] }.to_string());
        debug(q.to_debug());
        debug("quoted");
        print(Probe);
        print(|x| x);
        "#,
        r#"
<queue of 1>
<queue of 1>
it is <queue of 1>
[<queue of 1>, "text", 'c', 1.5, (), #{a: <queue of 1>, "b c": [true]}]
#{a: [<queue of 1>]}
"<queue of 1>"
"quoted"
Probe
<function>
        "#,
    );
}

#[test]
fn handles_are_equal_if_they_are_the_same_object() {
    prints(
        r#"
        let a = Probe.queue();
        let b = Probe.queue();
        let c = a;
        print([a == c, a == b, a != b, a != c, a == (), a != 1, [a] == [c], [a] == [b], c in [b, a]]);
        "#,
        "[true, false, true, false, false, true, true, false, true]",
    );
}

#[test]
fn an_unknown_method_or_function_suggests_the_nearest_one() {
    fails(
        "let q = Probe.queue();\nq.recieve();",
        "test.rhai:2:3: Queue has no method \"recieve\"; did you mean \"receive\"?",
    );
    fails(
        "Probe.quue()",
        "test.rhai:1:7: Probe has no function \"quue\"; did you mean \"queue\"?",
    );
    prints(
        "try { Probe.queue().join() } catch (err) { print(err) }",
        "Queue has no method \"join\"; known: send, poison, receive, close",
    );
}

#[test]
fn for_calls_the_iterating_method_until_it_gives_nothing() {
    prints(
        r#"
        let q = Probe.queue();
        Probe.start(|| { for i in 0..3 { q.send(i); Probe.nap(1); } q.close(); });
        for item in q { print(item); }
        print("end");
        "#,
        "0\n1\n2\nend",
    );
}

#[test]
fn an_error_in_the_iteration_reaches_the_loop() {
    fails(
        "let q = Probe.queue();\nq.send(1); q.poison();\nfor item in q { print(item); }",
        "test.rhai:3:13: the queue is poisoned",
    );
    prints(
        "let q = Probe.queue(); q.poison(); try { for x in q { print(x) } } catch (e) { print(e) }",
        "the queue is poisoned",
    );
}

#[test]
fn a_handle_without_an_iterating_method_says_so() {
    fails(
        "let job = Probe.start(|| 1);\nfor x in job { print(x); }",
        "test.rhai:2:10: Job cannot be iterated over: `for` needs a list, a range, a string or a stream",
    );
}

#[test]
fn variadic_functions_take_any_number_of_arguments() {
    prints(
        "print([Probe.count(0), Probe.count(0, 1), Probe.count(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)]);",
        "[0, 1, 18]",
    );
}

#[test]
fn a_script_function_does_not_take_the_place_of_a_method_of_the_same_name() {
    prints(
        r#"
        fn receive() { "mine" }
        fn add(a, b) { Probe.add(a, b) }
        fn send(q, x) { q.send(x) }
        let q = Probe.queue();
        send(q, 5);
        send(q, 6);
        print([q.receive(), q.receive(), receive(), add(1, 2)]);
        "#,
        "[5, 6, \"mine\", 3]",
    );
}

#[test]
fn a_property_of_a_handle_is_no_field() {
    let error = World::new().fails("let q = Probe.queue();\nprint(q.receive);");
    assert_eq!(
        error.to_string(),
        "test.rhai:2:8: Queue has no field \"receive\"; it is called as receive(…)"
    );
}
