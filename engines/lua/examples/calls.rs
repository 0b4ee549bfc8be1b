//! What host calls and tasks cost: `cargo run --release -p llmspell-lua --example calls [NAME]`.

use std::time::{Duration, Instant};

use llmspell_core::{Console, Cx, Error, Loader, Registry, Scheduler, SharedEngine, Value, api};

struct Bench;

/// Functions to measure.
#[api(namespace = "Bench")]
impl Bench {
    /// Does not wait.
    fn sync(x: i64) -> i64 {
        x
    }

    /// Takes and gives text.
    fn text(text: String) -> String {
        text
    }

    /// Is ready at once.
    async fn ready(x: i64) -> Result<i64, Error> {
        Ok(x)
    }

    /// Waits for one turn of the scheduler.
    async fn pending(x: i64) -> Result<i64, Error> {
        let mut woken = false;
        std::future::poll_fn(|cx| {
            if woken {
                return std::task::Poll::Ready(Ok(x));
            }
            woken = true;
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await
    }

    /// Starts a task that sleeps.
    fn start(cx: &Cx, function: llmspell_core::Callback) -> Result<(), Error> {
        cx.start(&function, Vec::new()).map(drop)
    }

    /// Sleeps.
    async fn sleep(cx: &Cx, seconds: f64) -> Result<(), Error> {
        cx.sleep(Duration::from_secs_f64(seconds)).await;
        Ok(())
    }
}

fn run(scheduler: &Scheduler, engine: &SharedEngine, script: &str) -> Duration {
    let entry = engine.load("bench.lua", script).expect("compiles");
    let started = clock();
    let outcome = scheduler.run(engine, &entry, vec![Value::Nil]);
    outcome.unwrap_or_else(|e| panic!("{}", e.diagnostic()));
    clock() - started
}

fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Time on the processor, so that other processes do not count.
fn clock() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat");
    let ran = stat.ok().and_then(|s| s.split(' ').next()?.parse().ok());
    ran.map_or_else(|| STARTED.elapsed(), Duration::from_nanos)
}

static STARTED: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);

/// The same calls on bare mlua, for comparison.
fn bare() -> mlua::Result<()> {
    let lua = mlua::Lua::new();
    let globals = lua.globals();
    globals.set("sync", lua.create_function(|_, x: i64| Ok(x))?)?;
    let any = |_: &mlua::Lua, args: mlua::MultiValue| Ok((mlua::Value::Nil, args.front().cloned()));
    globals.set("any", lua.create_function(any)?)?;
    for name in ["sync", "any"] {
        let script = format!("local f = {name} for i = 1, {CALLS} do f(i) end");
        let chunk = lua.load(script).into_function()?;
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let started = clock();
            chunk.call::<()>(())?;
            best = best.min(clock() - started);
        }
        println!("bare mlua, {name:<5} {:>6} ns", (best / CALLS).as_nanos());
    }
    Ok(())
}

const CALLS: u32 = 1_000_000;

fn main() {
    bare().expect("bare mlua runs");
    let scheduler = Scheduler::new(Console::output_only(std::io::stdout()));
    let registry = Registry {
        namespaces: vec![Bench::SPEC],
        ..Registry::default()
    };
    let cx = scheduler.cx();
    let engine = llmspell_lua::engine(&cx, &registry, &[], Loader::default()).expect("Lua starts");
    let empty = run(&scheduler, &engine, &format!("for i = 1, {CALLS} do end"));
    let cases = [
        ("sync", "local f = Bench.sync", "f(i)"),
        (
            "text, 1 KiB",
            "local f, s = Bench.text, ('x'):rep(1024)",
            "f(s)",
        ),
        ("ready at once", "local f = Bench.ready", "f(i)"),
        ("pending once", "local f = Bench.pending", "f(i)"),
        (
            "Lua function",
            "local f = function(...) return ... end",
            "f(i)",
        ),
        (
            "yield + resume",
            "local f = coroutine.wrap(function() while true do coroutine.yield() end end)",
            "f()",
        ),
    ];
    let only = std::env::args().nth(1);
    for (name, setup, call) in cases {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let script = format!("{setup} for i = 1, {CALLS} do {call} end");
        let best = (0..5).map(|_| run(&scheduler, &engine, &script)).min();
        let each = best.unwrap_or_default().saturating_sub(empty) / CALLS;
        println!("{name:<16} {:>6} ns", each.as_nanos());
    }
    let before = memory_kib();
    let script = "for i = 1, 10000 do Bench.start(function() Bench.sleep(0.5) end) end
                  Bench.sleep(0.3) Bench.start(function() end)";
    let entry = engine.load("sleep.lua", script).expect("compiles");
    let scope = std::rc::Rc::default();
    let main = scheduler
        .start(&engine, &scope, &entry, Vec::new())
        .expect("starts");
    scheduler.finish(&main).expect("runs");
    println!("10,000 sleepers  {:>6} KiB more", memory_kib() - before);
    scheduler.cancel(&scope);
}
