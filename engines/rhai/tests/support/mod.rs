//! A small script API, and scripts run against it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io::Write;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use llmspell_core::{
    Bytes, Callback, Console, Cx, Diagnostic, Error, Fault, Loader, Outcome, Registry, Rest,
    Scheduler, Scope, SharedEngine, Task, TaskError, Untouched, Value, api,
};

/// Functions of every kind that an adapter meets.
pub struct Probe;

#[api(namespace = "Probe")]
impl Probe {
    /// A function that does not wait.
    fn add(a: i64, b: Option<i64>) -> i64 {
        a + b.unwrap_or(1)
    }

    /// A function that could wait but need not.
    async fn ready(value: Untouched) -> Untouched {
        value
    }

    /// A function that waits.
    async fn nap(cx: &Cx, milliseconds: u64, value: Option<i64>) -> i64 {
        cx.sleep(Duration::from_millis(milliseconds)).await;
        value.unwrap_or_default()
    }

    /// An error that a script may catch.
    fn fail(message: String) -> Result<(), Error> {
        Err(Error::Raise(message))
    }

    /// The same after waiting.
    async fn fail_later(cx: &Cx, message: String) -> Result<(), Error> {
        cx.sleep(Duration::from_millis(1)).await;
        Err(Error::Raise(message))
    }

    /// An error that no script may catch.
    fn fault() -> Result<(), Error> {
        Err(Fault::Cancelled.into())
    }

    /// A bug in the host.
    fn bug() {
        panic!("the host has a bug");
    }

    /// The value looked into and made anew.
    fn echo(value: Value) -> Value {
        value
    }

    /// Bytes.
    fn bytes(value: Bytes) -> Bytes {
        value
    }

    /// The value untouched.
    fn same(value: Untouched) -> Untouched {
        value
    }

    /// How many arguments there were.
    fn count(first: i64, rest: Rest) -> i64 {
        first + rest.0.len() as i64
    }

    /// Calls a function in a task of its own.
    fn start(cx: &Cx, function: Callback, rest: Rest) -> Result<Rc<Job>, Error> {
        Ok(Rc::new(Job(cx.start(&function, rest.0)?)))
    }

    /// A queue.
    fn queue() -> Rc<Queue> {
        Rc::new(Queue::default())
    }
}

/// A task.
pub struct Job(Rc<Task>);

#[api(handle = "Job")]
impl Job {
    /// Its result.
    async fn join(self: Rc<Self>) -> Result<Value, Error> {
        Ok(self.0.clone().join().await?)
    }

    /// Ends it.
    fn cancel(&self, cx: &Cx) -> Result<(), Error> {
        cx.cancel(&self.0)
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<job>")
    }
}

/// A queue whose `receive` waits.
#[derive(Default)]
pub struct Queue {
    items: RefCell<VecDeque<Value>>,
    closed: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

#[api(handle = "Queue")]
impl Queue {
    /// Adds an item.
    fn send(&self, item: Untouched) {
        self.items.borrow_mut().push_back(item.0);
        self.wake();
    }

    /// Makes the next `receive` fail.
    fn poison(&self) {
        self.items.borrow_mut().push_back(Value::Nil);
        self.wake();
    }

    /// Takes an item; nothing once it is closed and empty.
    #[api(iterates)]
    async fn receive(self: Rc<Self>) -> Result<Untouched, Error> {
        poll_fn(|cx| match self.items.borrow_mut().pop_front() {
            Some(Value::Nil) => Poll::Ready(Err(Error::raise("the queue is poisoned"))),
            Some(item) => Poll::Ready(Ok(Untouched(item))),
            None if self.closed.get() => Poll::Ready(Ok(Untouched(Value::Nil))),
            None => {
                self.waiting.borrow_mut().push(cx.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// Closes it.
    fn close(&self) {
        self.closed.set(true);
        self.wake();
    }
}

impl Queue {
    fn wake(&self) {
        for waker in self.waiting.take() {
            waker.wake();
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<queue of {}>", self.items.borrow().len())
    }
}

/// What scripts wrote.
#[derive(Clone, Default)]
pub struct Output(Rc<RefCell<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A scheduler with a Rhai engine and what it printed.
pub struct World {
    pub scheduler: Scheduler,
    pub engine: SharedEngine,
    session: Rc<Scope>,
    output: Output,
}

#[allow(dead_code)] // each test file uses some of it
impl World {
    pub fn new() -> Self {
        Self::with(Loader::default())
    }

    pub fn with(loader: Loader) -> Self {
        let output = Output::default();
        let scheduler = Scheduler::new(Console::output_only(output.clone()));
        let registry = Registry {
            namespaces: vec![Probe::SPEC],
            handles: vec![Job::SPEC, Queue::SPEC],
            globals: Vec::new(),
        };
        let globals = [("ARGS", Value::List(vec![Value::Str("one".to_owned())]))];
        let engine = llmspell_rhai::engine(&scheduler.cx(), &registry, &globals, loader).unwrap();
        Self {
            scheduler,
            engine,
            session: Rc::default(),
            output,
        }
    }

    pub fn run(&self, script: &str) -> Outcome {
        let entry = self.engine.load("test.rhai", script);
        let entry = entry.unwrap_or_else(|error| panic!("{error}"));
        self.scheduler.run(&self.engine, &entry, Vec::new())
    }

    pub fn interactive(&self, input: &str) -> Outcome {
        let entry = self.engine.load_interactive("input", input);
        let entry = entry.unwrap_or_else(|error| panic!("{error}"));
        let task = self
            .scheduler
            .start(&self.engine, &self.session, &entry, Vec::new())?;
        self.scheduler.finish(&task)
    }

    pub fn printed(&self) -> String {
        String::from_utf8(self.output.0.take()).unwrap()
    }

    /// Runs a script that must end well; what it printed.
    pub fn prints(&self, script: &str) -> String {
        if let Err(error) = self.run(script) {
            let error = error.diagnostic();
            panic!("{error}\n{:#?}", error);
        }
        self.printed()
    }

    /// Runs a script that must fail; the error.
    pub fn fails(&self, script: &str) -> Diagnostic {
        match self.run(script) {
            Ok(value) => panic!("the script did not fail but gave {value:?}"),
            Err(error) => error.diagnostic(),
        }
    }

    /// Runs a script that a fault must end.
    pub fn faults(&self, script: &str) -> Fault {
        match self.run(script) {
            Err(TaskError::Fault(fault)) => fault,
            Err(error) => panic!("expected a fault, got {error}: {script}"),
            Ok(value) => panic!("expected a fault, got {value:?}: {script}"),
        }
    }
}

/// What a script that must end well prints.
#[allow(dead_code)]
pub fn prints(script: &str, expected: &str) {
    assert_eq!(World::new().prints(script).trim_end(), expected.trim());
}

/// The message and the place of an error.
#[allow(dead_code)]
pub fn fails(script: &str, expected: &str) {
    assert_eq!(World::new().fails(script).to_string(), expected);
}
