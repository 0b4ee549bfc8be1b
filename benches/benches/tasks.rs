//! Tasks: starting and joining one, sleeping together, and what a sleeping one holds in memory.

use std::process::Command;
use std::time::{Duration, Instant};

use llmspell::{Language, Runtime};
use llmspell_benches::{head, median, resident_bytes, row};

fn main() {
    // Memory is measured in a process of its own, which has done nothing else.
    if let Some(measured) = std::env::args().nth(1).and_then(|arg| sleepers(&arg)) {
        println!("{measured:.1}");
        return;
    }
    head(&["tasks", "Lua", "Rhai"]);
    let both = |cell: &dyn Fn(Language) -> String| (cell(Language::Lua), cell(Language::Rhai));
    let (lua, rhai) = both(&|language| format!("{} ns", start_and_join(language).as_nanos()));
    row(&["start and join one", &lua, &rhai]);
    let (lua, rhai) = both(&|language| format!("{:.3} s", sleep_together(language).as_secs_f64()));
    row(&["`Task.all` of 1,000 that each sleep 1 s", &lua, &rhai]);
    row(&[
        "10,000 sleeping, MB",
        &memory("lua:10000"),
        &memory("rhai:10000"),
    ]);
    row(&[
        "1,000 sleeping, MB",
        &memory("lua:1000"),
        &memory("rhai:1000"),
    ]);
}

fn run(language: Language, code: &str) {
    let runtime = Runtime::builder(language)
        .build()
        .expect("the runtime starts");
    runtime.run("bench", code).expect("the script runs");
}

fn start_and_join(language: Language) -> Duration {
    const TASKS: u32 = 20_000;
    let code = match language {
        Language::Lua => {
            format!("local f = function() end for i = 1, {TASKS} do Task.start(f):join() end")
        }
        Language::Rhai => format!("let f = || (); for i in 0..{TASKS} {{ Task.start(f).join(); }}"),
    };
    median(5, || run(language, &code)) / TASKS
}

fn sleep_together(language: Language) -> Duration {
    let code = match language {
        Language::Lua => {
            "local t = {} for i = 1, 1000 do t[i] = function() Task.sleep(1) end end Task.all(t)"
        }
        Language::Rhai => "let t = []; for i in 0..1000 { t.push(|| Task.sleep(1)); } Task.all(t);",
    };
    let start = Instant::now();
    run(language, code);
    start.elapsed()
}

/// The megabytes that a process of its own holds with sleeping tasks.
fn memory(what: &str) -> String {
    let bench = std::env::current_exe().expect("the benchmark has a path");
    let output = Command::new(bench)
        .arg(what)
        .output()
        .expect("the benchmark starts");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Starts `language:count` sleeping tasks and measures this process, in MB.
fn sleepers(what: &str) -> Option<f64> {
    let (language, count) = what.split_once(':')?;
    let language = *Language::ALL.iter().find(|l| l.name() == language)?;
    let code = match language {
        Language::Lua => {
            format!("for i = 1, {count} do Task.start(function() Task.sleep(60) end) end")
        }
        Language::Rhai => format!("for i in 0..{count} {{ Task.start(|| Task.sleep(60)); }}"),
    };
    let runtime = Runtime::builder(language).build().ok()?;
    let script = runtime.start("sleepers", &code).ok()?;
    while script.outcome().is_none() || runtime.tick(Duration::from_millis(100)) {
        runtime.tick(Duration::from_millis(100));
    }
    Some(resident_bytes()? as f64 / 1e6)
}
