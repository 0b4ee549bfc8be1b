//! The cost of one call from a script into the host, and of a script that calls nothing, beside the
//! language's own crate.
//!
//! The loop around the call is measured by itself and taken off.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use llmspell::{Language, Runtime, api};
use llmspell_benches::{head, median, row};

const CALLS: u32 = 200_000;
const RUNS: usize = 5;

struct Bench;

/// Functions that do nothing.
#[api(namespace = "Bench")]
impl Bench {
    /// Adds.
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    /// Waits for what is there.
    async fn ready(a: i64) -> i64 {
        a
    }

    /// Waits once.
    async fn pending(a: i64) -> i64 {
        once_pending().await;
        a
    }

    /// Gives back a text.
    fn echo(text: String) -> String {
        text
    }
}

async fn once_pending() {
    let mut waited = false;
    poll_fn(|cx| match std::mem::replace(&mut waited, true) {
        true => Poll::Ready(()),
        false => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

const CASES: [(&str, &str); 4] = [
    ("sync", "Bench.add(i, 1)"),
    ("async, ready", "Bench.ready(i)"),
    ("async, pending once", "Bench.pending(i)"),
    ("1 KiB string", "Bench.echo(text)"),
];

fn main() {
    head(&[
        "call, ns",
        "llmspell Lua",
        "mlua alone",
        "llmspell Rhai",
        "rhai alone",
    ]);
    for (name, call) in CASES {
        let cells = [
            nanoseconds(|code| llmspell(Language::Lua, &lua(code)), call),
            nanoseconds(|code| mlua_alone(&lua(code)), call),
            nanoseconds(|code| llmspell(Language::Rhai, &rhai(code)), call),
            // Rhai alone cannot wait.
            match name.starts_with("async") {
                true => "-".to_owned(),
                false => nanoseconds(|code| rhai_alone(&rhai(code)), call),
            },
        ];
        row(&[name, &cells[0], &cells[1], &cells[2], &cells[3]]);
    }
    plain_scripts();
}

/// What scripts cost that call nothing: the price of counting instructions.
fn plain_scripts() {
    let lua = [
        (
            "fib(24)",
            "local function fib(n) if n < 2 then return n end return fib(n-1) + fib(n-2) end fib(24)",
        ),
        (
            "1,000,000 loop turns",
            "local s = 0 for i = 1, 1000000 do s = s + i % 7 end",
        ),
    ];
    let rhai = [
        "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } } fib(24);",
        "let s = 0; for i in 0..1000000 { s += i % 7; }",
    ];
    println!();
    head(&[
        "script, ms",
        "llmspell Lua",
        "mlua alone",
        "llmspell Rhai",
        "rhai alone",
    ]);
    let ms = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
    for ((name, lua), rhai) in lua.into_iter().zip(rhai) {
        let cells = [
            ms(llmspell(Language::Lua, lua)),
            ms(mlua_alone(lua)),
            ms(llmspell(Language::Rhai, rhai)),
            ms(rhai_alone(rhai)),
        ];
        row(&[name, &cells[0], &cells[1], &cells[2], &cells[3]]);
    }
}

fn nanoseconds(run: impl Fn(&str) -> Duration, call: &str) -> String {
    let per_call = run(call).saturating_sub(run("")).as_nanos() / u128::from(CALLS);
    per_call.to_string()
}

fn lua(call: &str) -> String {
    format!("local text = string.rep('x', 1024) for i = 1, {CALLS} do {call} end")
}

fn rhai(call: &str) -> String {
    let text = "let text = \"\"; text.pad(1024, 'x');";
    format!("{text} for i in 0..{CALLS} {{ {call}; }}")
}

fn llmspell(language: Language, code: &str) -> Duration {
    let mut registry = llmspell::registry();
    registry.namespaces.push(Bench::SPEC);
    let builder = Runtime::builder(language).registry(registry);
    let runtime = builder.build().expect("the runtime starts");
    median(RUNS, || {
        runtime.run("bench", code).expect("the script runs")
    })
}

fn mlua_alone(code: &str) -> Duration {
    let lua = mlua::Lua::new();
    let register = || -> mlua::Result<mlua::Function> {
        let bench = lua.create_table()?;
        bench.set(
            "add",
            lua.create_function(|_, (a, b): (i64, i64)| Ok(a + b))?,
        )?;
        bench.set(
            "ready",
            lua.create_async_function(|_, a: i64| async move { Ok(a) })?,
        )?;
        let pending = lua.create_async_function(|_, a: i64| async move {
            once_pending().await;
            Ok(a)
        })?;
        bench.set("pending", pending)?;
        bench.set("echo", lua.create_function(|_, text: String| Ok(text))?)?;
        lua.globals().set("Bench", bench)?;
        lua.load(code).into_function()
    };
    let function = register().expect("the functions register");
    median(RUNS, || {
        block_on(function.call_async::<()>(())).expect("the script runs");
    })
}

fn rhai_alone(code: &str) -> Duration {
    #[derive(Clone)]
    struct Namespace;
    let mut engine = rhai::Engine::new();
    engine.register_fn("add", |_: &mut Namespace, a: i64, b: i64| a + b);
    engine.register_fn("echo", |_: &mut Namespace, text: rhai::ImmutableString| {
        text
    });
    let ast = engine.compile(code).expect("the script compiles");
    median(RUNS, || {
        let mut scope = rhai::Scope::new();
        scope.push("Bench", Namespace);
        engine
            .run_ast_with_scope(&mut scope, &ast)
            .expect("the script runs");
    })
}

/// Polls until ready: what waits here has always woken itself.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let Poll::Ready(out) = future.as_mut().poll(&mut context) {
            return out;
        }
    }
}
