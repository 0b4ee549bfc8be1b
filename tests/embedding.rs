//! llmspell inside another program: its own functions, a frame loop, limits.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use llmspell::{Cx, Fault, Language, Runtime, TaskError, TaskStatus, api};

/// What the host counts.
#[derive(Default)]
struct Score(Cell<i64>);

struct Game;

/// A game.
#[api(namespace = "Game")]
impl Game {
    /// Adds points.
    fn score(cx: &Cx, points: i64) {
        let score = cx.host::<Score>().expect("the host has set it");
        score.0.set(score.0.get() + points);
    }

    /// Has a bug.
    fn broken() {
        panic!("the host is broken");
    }
}

fn runtime(language: Language) -> Runtime {
    let mut registry = llmspell::registry();
    registry.namespaces.push(Game::SPEC);
    let builder = Runtime::builder(language).registry(registry);
    builder
        .host(Score::default())
        .build()
        .expect("the runtime starts")
}

fn score(runtime: &Runtime) -> i64 {
    let score = runtime.cx().host::<Score>().expect("the host has set it");
    score.0.get()
}

#[test]
fn a_host_gives_scripts_functions_and_state_of_its_own() {
    for &language in Language::ALL {
        let runtime = runtime(language);
        runtime
            .run("game", "Game.score(2); Game.score(3);")
            .expect("the script runs");
        assert_eq!(score(&runtime), 5);
    }
}

#[test]
fn a_frame_loop_runs_scripts_a_little_at_a_time() {
    let busy = [
        (Language::Lua, "for i = 1, 300000 do Game.score(1) end"),
        (Language::Rhai, "for i in 0..30000 { Game.score(1); }"),
    ];
    for (language, code) in busy {
        let runtime = runtime(language);
        let script = runtime.start("busy", code).expect("the script compiles");
        assert!(runtime.tick(Duration::from_millis(1)), "it has more to do");
        let first = score(&runtime);
        assert!(first > 0 && script.outcome().is_none(), "{first}");
        while script.outcome().is_none() {
            runtime.tick(Duration::from_millis(1));
        }
        assert!(score(&runtime) > first);
        assert!(!runtime.tick(Duration::from_millis(1)), "nothing is left");
    }
}

#[cfg(feature = "candle")]
#[test]
fn runtimes_share_the_models_that_a_host_gives_them() {
    let models = llmspell::Models::with_limits(&llmspell::Limits {
        memory_budget: Some(1 << 30),
        ..llmspell::Limits::default()
    });
    for &language in Language::ALL {
        let builder = Runtime::builder(language).models(models.clone());
        let runtime = builder.build().expect("the runtime starts");
        runtime
            .run("load", "LocalLLM.load(\"wisp\")")
            .expect("the model loads");
    }
    let status = models.candle_status();
    assert_eq!((status.loaded, status.loads), (1, 1));
    assert_eq!(status.memory_budget_bytes, 1 << 30);
    assert!(status.memory_bytes > 0 && status.memory_bytes < 1 << 30);
}

#[test]
fn a_panic_in_a_host_function_ends_the_task_and_nothing_else() {
    let catching = [
        (Language::Lua, "pcall(Game.broken) Game.score(1)"),
        (
            Language::Rhai,
            "try { Game.broken(); } catch {} Game.score(1);",
        ),
    ];
    for (language, code) in catching {
        let runtime = runtime(language);
        let error = runtime.run("broken", code).expect_err("the host panics");
        let TaskError::Fault(Fault::Panic(message)) = error else {
            panic!("{error:?}");
        };
        assert!(message.contains("the host is broken"), "{message}");
        runtime
            .run("after", "Game.score(7);")
            .expect("the runtime lives on");
        assert_eq!(score(&runtime), 7);
    }
}

#[test]
fn a_budget_of_instructions_ends_what_uses_it_up() {
    let endless = [
        (Language::Lua, "while true do pcall(Game.score, 1) end"),
        (Language::Rhai, "loop { try { Game.score(1); } catch {} }"),
    ];
    for (language, code) in endless {
        let runtime = runtime(language);
        runtime.cx().budget().set_instructions(Some(50_000));
        let error = runtime
            .run("endless", code)
            .expect_err("it never ends by itself");
        assert!(
            matches!(error, TaskError::Fault(Fault::Instructions(50_000))),
            "{error:?}"
        );
        runtime.cx().budget().set_instructions(None);
        runtime
            .run("after", "Game.score(1);")
            .expect("the runtime lives on");
    }
}

#[test]
fn two_runtimes_of_different_languages_live_on_one_thread() {
    let [lua, rhai] = [Language::Lua, Language::Rhai].map(runtime);
    let one = lua
        .start("one", "Task.sleep(0.002); Game.score(1)")
        .expect("it compiles");
    let two = rhai
        .start("two", "Task.sleep(0.001); Game.score(2);")
        .expect("it compiles");
    while one.outcome().is_none() || two.outcome().is_none() {
        lua.tick(Duration::from_millis(1));
        rhai.tick(Duration::from_millis(1));
    }
    assert_eq!((score(&lua), score(&rhai)), (1, 2));
}

#[test]
fn a_runtime_that_is_dropped_takes_its_waiting_tasks_with_it() {
    for &language in Language::ALL {
        let kept = Rc::new(());
        let builder = Runtime::builder(language).host(kept.clone());
        let runtime = builder.build().expect("the runtime starts");
        let code = match language {
            Language::Lua => "Task.start(function() Task.sleep(60) end) Task.sleep(60)",
            Language::Rhai => "Task.start(|| Task.sleep(60)); Task.sleep(60);",
        };
        runtime.start("waits", code).expect("it compiles");
        runtime.tick(Duration::from_millis(1));
        drop(runtime);
        assert_eq!(
            Rc::strong_count(&kept),
            1,
            "{}: something lives on",
            language.name()
        );
    }
}

#[test]
fn a_failure_that_is_asked_for_is_told_once_and_ends_the_scripts_other_tasks() {
    let failing = [
        (
            Language::Lua,
            "Task.start(function() Task.sleep(0.001) Game.score(1) end) error('no')",
        ),
        (
            Language::Rhai,
            "Task.start(|| { Task.sleep(0.001); Game.score(1); }); throw \"no\";",
        ),
    ];
    for (language, code) in failing {
        let runtime = runtime(language);
        let asked = runtime.start("asked", code).expect("it compiles");
        while asked.outcome().is_none() {
            runtime.tick(Duration::from_millis(1));
        }
        let other = runtime
            .start("other", "Task.sleep(0.01);")
            .expect("it compiles");
        while other.outcome().is_none() {
            runtime.tick(Duration::from_millis(1));
        }
        assert_eq!(score(&runtime), 0);
        assert_eq!(runtime.unseen_errors(), 0);
        assert!(asked.outcome().expect("it has ended").is_err());

        drop(runtime.start("forgotten", code).expect("it compiles"));
        runtime.tick(Duration::from_millis(1));
        assert_eq!(runtime.unseen_errors(), 1, "{}", language.name());
    }
}

#[test]
fn a_host_ends_one_script_and_an_interruption_all_until_it_is_cleared() {
    let endless = [
        (Language::Lua, "while true do Task.sleep(0) end"),
        (Language::Rhai, "loop { Task.sleep(0); }"),
    ];
    for (language, code) in endless {
        let runtime = runtime(language);
        let [one, two] = [(); 2].map(|()| runtime.start("endless", code).expect("it compiles"));
        runtime.tick(Duration::from_millis(1));
        one.cancel();
        runtime.tick(Duration::from_millis(1));
        assert_eq!(one.status(), TaskStatus::Cancelled);
        assert_eq!(two.status(), TaskStatus::Running);

        runtime.interrupter().interrupt();
        runtime.tick(Duration::from_millis(1));
        assert_eq!(two.status(), TaskStatus::Failed);
        runtime.clear_interrupt();
        runtime
            .run("after", "Game.score(1);")
            .expect("the runtime lives on");
        assert_eq!(score(&runtime), 1);
    }
}

#[test]
fn errors_of_inputs_are_told_when_the_host_asks_for_them() {
    let failing = [
        (Language::Lua, "t = Task.start(function() error('no') end)"),
        (Language::Rhai, "let t = Task.start(|| { throw \"no\" });"),
    ];
    for (language, code) in failing {
        let runtime = runtime(language);
        runtime.evaluate("input 1", code).expect("it starts a task");
        runtime
            .evaluate("input 2", "Task.sleep(0)")
            .expect("the task has failed by then");
        assert_eq!(runtime.unseen_errors(), 0);
        runtime.report_unseen();
        assert_eq!(runtime.unseen_errors(), 1, "{}", language.name());
    }
}
