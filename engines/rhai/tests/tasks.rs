//! Tasks: functions called in another task, cancellation, budget and slices.

mod support;
use std::time::{Duration, Instant};

use llmspell_core::{Fault, TaskError};
use support::{World, fails, prints};

#[test]
fn every_kind_of_function_can_be_started() {
    prints(
        r#"
        fn double(x) { x * 2 }
        fn add(a, b) { double(a) + b }
        let base = 10;
        let curried = Fn("add").curry(1);
        print([
            Probe.start(double, 4).join(),
            Probe.start(Fn("add"), 1, 2).join(),
            Probe.start(curried, 5).join(),
            Probe.start(|x| base + double(x), 3).join(),
            Probe.start(|f| f.call(3), |x| x + base).join(),
        ]);
        "#,
        "[8, 4, 7, 16, 13]",
    );
}

#[test]
fn a_started_function_may_start_and_join_others() {
    prints(
        r#"
        fn tree(depth) {
            if depth == 0 { return 1; }
            let left = Probe.start(tree, depth - 1);
            let right = Probe.start(tree, depth - 1);
            Probe.nap(1);
            left.join() + right.join()
        }
        print(tree(5));
        "#,
        "32",
    );
}

#[test]
fn a_captured_variable_is_one_variable_for_all_tasks() {
    prints(
        r#"
        let log = [];
        let gate = Probe.queue();
        let a = Probe.start(|| { log.push("a"); gate.receive(); log.push("c"); });
        let b = Probe.start(|| { Probe.nap(1); log.push("b"); gate.send(1); });
        a.join(); b.join();
        print(log);
        "#,
        r#"["a", "b", "c"]"#,
    );
}

#[test]
fn a_closure_called_with_the_wrong_number_of_arguments_says_so() {
    let error = World::new().fails("let job = Probe.start(|a, b| a, 1); job.join();");
    assert_eq!(
        error.message,
        "this closure does not take 1 argument, captured variables included"
    );
}

#[test]
fn a_joined_error_keeps_its_value_and_the_frames_of_its_task() {
    prints(
        r#"
        let job = Probe.start(|| { Probe.nap(1); throw #{ code: 5 }; });
        try { job.join(); } catch (error) { print(error.code); }
        "#,
        "5",
    );
    let error = World::new().fails(
        "fn deep() {\n  throw #{ code: 5 };\n}\nlet job = Probe.start(|| {\n  deep();\n});\njob.join();",
    );
    assert_eq!(error.message, "error value: #{code: 5}");
    let places: Vec<_> = error
        .stack
        .iter()
        .map(|frame| (frame.line, frame.function.as_deref()))
        .collect();
    assert_eq!(places, [(2, Some("deep")), (5, Some("closure")), (7, None)]);
}

#[test]
fn an_infinite_loop_ends_at_the_deadline_wherever_it_runs() {
    for script in [
        "loop { }",
        "while true { let x = 1; }",
        "[1].map(|x| { loop { } });",
        "[3, 1, 2].sort(|a, b| { loop { } });",
        "loop { try { [1].map(|x| { loop { } }); } catch { } }",
        "Probe.start(|| { loop { } }).join();",
        "loop { try { throw 1; } catch { } }",
        "for i in 0..9223372036854775807 { let x = i; }",
        "let q = Probe.queue(); loop { q.send(1); q.receive(); }",
    ] {
        let world = World::new();
        let limit = Duration::from_millis(20);
        world.scheduler.cx().budget().set_timeout(Some(limit));
        let start = Instant::now();
        assert_eq!(world.faults(script), Fault::Timeout(limit), "{script}");
        assert!(start.elapsed() < Duration::from_secs(10), "{script}");
    }
}

#[test]
fn a_task_that_is_cancelled_inside_of_a_comparison_does_not_go_on() {
    prints(
        r#"
        let task = Probe.start(|| {
            let list = [3, 1, 2];
            try { list.sort(|a, b| { Probe.nap(100); a - b }); } catch (e) { print(e); }
            print("goes on");
        });
        Probe.nap(1);
        task.cancel();
        print("cancelled");
        "#,
        "cancelled",
    );
}

#[test]
fn a_busy_task_gives_way_to_others() {
    prints(
        r#"
        let done = [false];
        let busy = Probe.start(|| { let n = 0; while !done[0] { n += 1; } print("stopped"); });
        let other = Probe.start(|| { Probe.nap(5); done[0] = true; });
        busy.join();
        "#,
        "stopped",
    );
}

/// A slice may end anywhere, also while Rhai holds the lock of a captured variable.
#[test]
fn a_busy_task_gives_way_only_where_others_can_use_what_it_uses() {
    prints(
        r#"
        let shared_list = [false, 0];
        let busy = Probe.start(|| { let n = 0; while !shared_list[0] { n += shared_list[1]; } });
        let other = Probe.start(|| {
            for i in 0..100 { Probe.nap(1); shared_list[1] += 1; }
            shared_list[0] = true;
        });
        busy.join();
        other.join();
        print(shared_list[1]);
        "#,
        "100",
    );
}

#[test]
fn a_fault_cannot_be_caught() {
    for script in [
        "try { Probe.fault(); } catch { } print(\"survived\");",
        "try { [1].map(|x| Probe.fault()); } catch { } print(\"survived\");",
        "let f = || Probe.fault(); try { f.call(); } catch { } print(\"survived\");",
    ] {
        let world = World::new();
        assert_eq!(world.faults(script), Fault::Cancelled, "{script}");
        assert_eq!(world.printed(), "", "{script}");
    }
}

#[test]
fn a_panicking_host_function_ends_the_task_and_nothing_else() {
    let world = World::new();
    let fault = world.faults("try { Probe.bug(); } catch { }");
    assert_eq!(fault, Fault::Panic("the host has a bug".to_owned()));
    assert_eq!(world.prints("print(1);"), "1\n");
}

#[test]
fn cancelling_a_waiting_task_lets_nothing_of_it_run() {
    prints(
        r#"
        let q = Probe.queue();
        let job = Probe.start(|| { try { [1].map(|x| q.receive()); } catch { print("caught"); } print("after"); });
        Probe.nap(1);
        job.cancel();
        q.send(1);
        Probe.nap(2);
        try { job.join(); } catch (error) { print(error); }
        print(q);
        "#,
        "the task was cancelled\n<queue of 1>",
    );
}

#[test]
fn a_task_that_cancels_itself_ends_there() {
    prints(
        r#"
        let own = Probe.queue();
        let job = Probe.start(|| { let me = own.receive(); try { me.cancel(); } catch { } print("survived"); });
        own.send(job);
        try { job.join(); } catch (error) { print(error); }
        "#,
        "the task was cancelled",
    );
}

#[test]
fn exit_ends_the_script_with_a_value() {
    let world = World::new();
    let value = world.run("fn f() { exit(7); } f(); print(\"after\");");
    assert_eq!(format!("{:?}", value.unwrap()), "7");
    assert_eq!(world.printed(), "");
}

#[test]
fn exit_ends_a_task_from_inside_a_function_of_rhai_too() {
    let value = World::new().run("Probe.start(|| { [1].map(|x| exit(5)); 7 }).join()");
    assert_eq!(format!("{:?}", value.unwrap()), "5");
}

#[test]
fn sleeping_the_rhai_way_is_refused() {
    fails(
        "sleep(1);",
        "test.rhai:1:1: sleep would block every task: use Task.sleep(seconds)",
    );
    let world = World::new();
    let loaded = world.engine.load("test.rhai", "eval(\"1\");");
    let error = loaded.err().unwrap();
    assert_eq!(error.to_string(), "test.rhai:1:1: eval is not available");
}

#[test]
fn a_failing_main_script_reports_its_own_error_only() {
    let world = World::new();
    let outcome = world.run("Probe.start(|| Probe.nap(1000)); throw \"main\";");
    assert!(matches!(outcome, Err(TaskError::Script(_))));
    assert_eq!(world.scheduler.unseen_errors(), 0);
}
