//! Host functions as scripts call them.

mod support;
use support::{World, fails, prints};

#[test]
fn a_namespace_is_called_with_dots_also_inside_functions() {
    prints(
        "fn inside() { Probe.add(40, 2) } print(inside()); print(Probe.add(1));",
        "42\n2",
    );
}

#[test]
fn a_waiting_function_gives_its_result_like_any_other() {
    prints("print(Probe.ready(7)); print(Probe.nap(1, 8));", "7\n8");
}

#[test]
fn waiting_works_inside_closures_that_rhai_itself_calls() {
    prints("print([1, 2].map(|x| Probe.nap(1, x * 10)));", "[10, 20]");
}

#[test]
fn tasks_run_while_others_wait() {
    prints(
        r#"
        let gate = Probe.queue();
        let a = Probe.start(|| { gate.receive(); print("first"); 1 });
        let b = Probe.start(|n| { Probe.nap(1); print("second"); gate.send(1); n }, 2);
        print(a.join() + b.join());
        "#,
        "second\nfirst\n3",
    );
}

#[test]
fn a_host_error_has_the_position_of_the_call_and_can_be_caught() {
    fails("let x = 1;\nProbe.fail(\"oh no\");", "test.rhai:2:7: oh no");
    fails("Probe.fail_later(\"later\");", "test.rhai:1:7: later");
    prints(
        "try { Probe.fail(\"oh no\"); } catch (err) { print(err); }",
        "oh no",
    );
}

#[test]
fn a_wrong_number_of_arguments_gives_the_same_error_in_every_language() {
    let error = World::new().fails("Probe.add();");
    assert_eq!(
        error.message,
        "Probe.add: nothing was given for a; it is called as Probe.add(a: integer, b?: integer)"
    );
    let error = World::new().fails("Probe.add(1, 2, 3, 4, 5, 6);");
    assert_eq!(
        error.message,
        "Probe.add: expected 1 to 2 arguments, got 6; it is called as Probe.add(a: integer, b?: integer)"
    );
}
