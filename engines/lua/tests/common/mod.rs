//! A small API and a scheduler around one Lua engine, for the tests of this crate.
#![allow(dead_code)] // each test file uses its own part

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use llmspell_core::{
    Callback, Console, Cx, Diagnostic, Error, LineReader, Loader, Outcome, Registry, Rest,
    Scheduler, SharedEngine, Task, TaskError, Untouched, Value, api,
};

/// What a test API looks like.
pub struct Lab;

/// How many futures of `Lab.forever` are alive.
#[derive(Default)]
pub struct Alive(pub Cell<usize>);

struct Living(Rc<Alive>);

impl Drop for Living {
    fn drop(&mut self) {
        self.0.0.set(self.0.0.get() - 1);
    }
}

/// Functions for tests.
#[api(namespace = "Lab")]
impl Lab {
    /// Adds.
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    /// Gives back what it gets, converted.
    fn echo(value: Value) -> Value {
        value
    }

    /// Gives back the very same value.
    fn same(value: Untouched) -> Untouched {
        value
    }

    /// Says what a value is to the host.
    fn debug(value: Value) -> String {
        format!("{value:?}")
    }

    /// A list of three, the second nothing.
    fn gaps() -> Value {
        Value::List(vec![Value::Int(1), Value::Nil, Value::Int(3)])
    }

    /// Always fails.
    fn fail(message: String) -> Result<(), Error> {
        Err(Error::Raise(message))
    }

    /// Panics.
    fn panic() {
        panic!("the host is broken");
    }

    /// Ends the calling task.
    fn end(cx: &Cx) -> Result<(), Error> {
        match cx.task() {
            Some(task) => cx.cancel(&task),
            None => Ok(()),
        }
    }

    /// Is ready at once.
    async fn ready(value: Untouched) -> Result<Untouched, Error> {
        Ok(value)
    }

    /// Waits a moment, then gives back the value.
    async fn later(cx: &Cx, value: Untouched) -> Result<Untouched, Error> {
        cx.sleep(Duration::from_millis(1)).await;
        Ok(value)
    }

    /// Waits a moment, then fails.
    async fn fail_later(cx: &Cx, message: String) -> Result<(), Error> {
        cx.sleep(Duration::from_millis(1)).await;
        Err(Error::Raise(message))
    }

    /// Waits until it is dropped.
    async fn forever(cx: &Cx) -> Result<(), Error> {
        let alive = cx.host::<Alive>().expect("set by `lab`");
        alive.0.set(alive.0.get() + 1);
        let _living = Living(alive);
        cx.sleep(Duration::from_secs(3600)).await;
        Ok(())
    }

    /// How many calls of `forever` wait.
    fn alive(cx: &Cx) -> usize {
        cx.host::<Alive>().expect("set by `lab`").0.get()
    }

    /// Waits for a number of milliseconds.
    async fn sleep(cx: &Cx, milliseconds: u64) -> Result<(), Error> {
        cx.sleep(Duration::from_millis(milliseconds)).await;
        Ok(())
    }

    /// Starts a task.
    fn start(cx: &Cx, function: Callback, args: Rest) -> Result<Rc<Job>, Error> {
        Ok(Rc::new(Job(cx.start(&function, args.0)?)))
    }

    /// Counts down.
    fn countdown(from: i64) -> Rc<Countdown> {
        Rc::new(Countdown(Cell::new(from)))
    }
}

/// A task.
pub struct Job(pub Rc<Task>);

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Job({:?})", self.0.status())
    }
}

/// A task.
#[api(handle = "Job")]
impl Job {
    /// Waits for its end.
    async fn join(self: Rc<Self>) -> Result<Untouched, Error> {
        Ok(Untouched(self.0.clone().join().await?))
    }

    /// Ends it.
    fn cancel(&self, cx: &Cx) -> Result<(), Error> {
        cx.cancel(&self.0)
    }
}

/// Counts down.
pub struct Countdown(Cell<i64>);

impl fmt::Display for Countdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Countdown({})", self.0.get())
    }
}

/// Counts down to one.
#[api(handle = "Countdown")]
impl Countdown {
    /// What comes next.
    #[api(iterates)]
    async fn next(self: Rc<Self>, cx: &Cx) -> Result<Option<i64>, Error> {
        cx.sleep(Duration::from_millis(1)).await;
        let now = self.0.get();
        self.0.set(now - 1);
        Ok(Some(now).filter(|n| *n > 0))
    }

    /// Without waiting.
    fn peek(&self) -> i64 {
        self.0.get()
    }

    /// The same handle.
    fn itself(self: Rc<Self>) -> Rc<Self> {
        self
    }
}

/// A buffer that a console writes to.
#[derive(Clone, Default)]
pub struct Screen(Rc<RefCell<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

/// A scheduler with one engine.
pub struct Bench {
    pub scheduler: Scheduler,
    pub engine: SharedEngine,
    pub screen: Screen,
    pub alive: Rc<Alive>,
}

/// A bench without input and modules.
pub fn lab() -> Bench {
    lab_with(&[], Loader::default())
}

/// A bench with lines to read and modules beside a script.
pub fn lab_with(lines: &[&str], loader: Loader) -> Bench {
    let lines = lines.iter().rev().map(|line| format!("{line}\n").into());
    let mut lines: Vec<Vec<u8>> = lines.collect();
    lab_reading(Box::new(move |_| Ok(lines.pop())), loader)
}

/// A bench with an input and modules beside a script.
pub fn lab_reading(input: LineReader, loader: Loader) -> Bench {
    let screen = Screen::default();
    let console = Console::new(screen.clone(), input);
    let scheduler = Scheduler::new(console);
    let registry = Registry {
        namespaces: vec![Lab::SPEC],
        handles: vec![Job::SPEC, Countdown::SPEC],
        globals: vec![],
    };
    let cx = scheduler.cx();
    let alive = cx.set_host(Alive::default());
    let args = Value::List(vec![Value::Str("one".to_owned())]);
    let engine = llmspell_lua::engine(&cx, &registry, &[("ARGS", args)], loader);
    Bench {
        engine: engine.expect("Lua starts"),
        scheduler,
        screen,
        alive,
    }
}

/// A loader for the modules beside a script in `folder`.
pub fn beside(folder: &Path) -> Loader {
    Loader::beside(&folder.join("main.lua"))
}

impl Bench {
    /// Runs a script named `test.lua`.
    pub fn run(&self, script: &str) -> Outcome {
        let entry = self.engine.load("test.lua", script);
        let entry = entry.unwrap_or_else(|e| panic!("{e}"));
        self.scheduler.run(&self.engine, &entry, Vec::new())
    }

    /// Runs a script that must succeed and gives its result, looked into.
    pub fn value(&self, script: &str) -> Value {
        match self.run(script) {
            Ok(value) => self.engine.inspect(&value).expect("expressible"),
            Err(error) => panic!("{}", error.diagnostic()),
        }
    }

    /// Runs a script that must fail.
    pub fn error(&self, script: &str) -> TaskError {
        match self.run(script) {
            Ok(value) => panic!("expected an error, got {value:?}"),
            Err(error) => error,
        }
    }

    /// Runs a script that must fail and gives what a person sees.
    pub fn diagnostic(&self, script: &str) -> Diagnostic {
        self.error(script).diagnostic()
    }

    /// What a script that must succeed wrote.
    pub fn output(&self, script: &str) -> String {
        let before = self.screen.text().len();
        self.value(script);
        self.screen.text()[before..].to_owned()
    }
}

/// Runs a script whose assertions must hold.
pub fn check(script: &str) {
    lab().value(script);
}

/// A script must print this.
pub fn prints(script: &str, expected: &str) {
    assert_eq!(lab().output(script), expected, "{script}");
}

/// A script must fail with this message, and its place.
pub fn fails(script: &str, expected: &str) {
    assert_eq!(lab().diagnostic(script).to_string(), expected, "{script}");
}
