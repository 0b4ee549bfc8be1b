//! Variables that closures capture and tasks share.

mod support;
use support::{World, prints};

#[test]
fn a_handle_captured_by_several_closures_is_used_while_a_task_waits_on_it() {
    prints(
        r#"
        let q = Probe.queue();
        let first = Probe.start(|| q.receive());
        let second = Probe.start(|| q.receive());
        Probe.nap(1);
        q.send("a");
        Probe.start(|| { print(q); q.send("b"); });
        print(first.join() + second.join());
        for x in [q] { print(x); }
        "#,
        "<queue of 0>\nab\n<queue of 0>",
    );
}

#[test]
fn a_captured_handle_variable_can_still_be_assigned() {
    prints(
        r#"
        let q = ();
        let make = || { q = Probe.queue(); q.send(1); };
        make.call();
        q = Probe.queue();
        make.call();
        print(q);
        "#,
        "<queue of 1>",
    );
}

#[test]
fn a_variable_of_the_same_name_elsewhere_does_not_matter() {
    prints(
        r#"
        fn other() { let q = 1; q = 2; q }
        let q = Probe.queue();
        let job = Probe.start(|| q.receive());
        Probe.nap(1);
        q.send(other());
        print(job.join());
        "#,
        "2",
    );
}

#[test]
fn a_variable_of_a_loop_or_of_catch_does_not_matter_in_functions() {
    prints(
        r#"
        fn other() {
            let q = Probe.queue();
            let job = Probe.start(|| q.receive());
            Probe.nap(1);
            q.send(2);
            job.join()
        }
        for q in 0..2 { q += 1; }
        try { throw 1; } catch (q) { q = 2; }
        print(other());
        "#,
        "2",
    );
}

#[test]
fn a_captured_variable_that_is_assigned_again_says_what_to_do() {
    let error = World::new().fails(
        r#"
        let q = ();
        q = Probe.queue();
        let job = Probe.start(|| q.receive());
        Probe.nap(1);
        q.send(1);
        "#,
    );
    let help = "it is assigned to more than once; capture a copy: `let own = q;`";
    assert_eq!(error.help.as_deref(), Some(help));
}

#[test]
fn a_method_on_an_element_of_a_captured_list_says_how_to_do_it() {
    let error = World::new().fails(
        r#"
        let queues = [Probe.queue()];
        let waiting = Probe.start(|| queues[0].receive());
        Probe.nap(1);
        queues[0].send(1);
        "#,
    );
    assert_eq!(
        error.to_string(),
        "test.rhai:5:9: the variable queues is in use: a call on it, or on an item of it, is still waiting"
    );
    let help = "copy it first: `let npc = npcs[i];`, then call `npc.execute(…)`";
    assert_eq!(error.help.as_deref(), Some(help));
}

#[test]
fn copying_the_element_first_works() {
    prints(
        r#"
        let queues = [Probe.queue()];
        let waiting = Probe.start(|| { let q = queues[0]; q.receive() });
        Probe.nap(1);
        let q = queues[0];
        q.send(1);
        print(waiting.join());
        "#,
        "1",
    );
}

#[test]
fn plain_values_are_shared_between_tasks_on_one_scheduler() {
    prints(
        r#"
        let count = 0;
        let jobs = [];
        for i in 0..10 { jobs.push(Probe.start(|| { Probe.nap(1); count += 1; })); }
        for job in jobs { job.join(); }
        print(count);
        "#,
        "10",
    );
}

#[test]
fn a_captured_closure_is_called_while_another_task_waits_inside_it() {
    prints(
        r#"
        let q = Probe.queue();
        let ask = |name| name + q.receive();
        let jobs = [Probe.start(|| ask.call("a")), Probe.start(|| ask.call("b"))];
        Probe.nap(1);
        q.send(1);
        q.send(2);
        print(jobs.map(|job| job.join()));
        "#,
        r#"["a1", "b2"]"#,
    );
}
