//! `Task`: structured concurrency.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use llmspell_core::spec::Ty;
use llmspell_core::{
    Callback, Cx, Error, FromValue, Mismatch, Outcome, Rest, Task, TaskError, TaskStatus,
    Untouched, Value, api,
};

/// Tasks of a script.
pub struct Tasks;

/// Functions that run at the same time.
///
/// A run ends when its main script and every task it started have ended. If the main script
/// fails, the others are cancelled. A task's error reaches whoever joins it; an error that nobody
/// joins is reported and makes the run fail.
#[api(namespace = "Task")]
impl Tasks {
    /// Starts a function with the given arguments, to run at the same time as the caller.
    ///
    /// ```lua
    /// local t = Task.start(function(a, b) return a + b end, 1, 2)
    /// assert(t:join() == 3)
    /// ```
    /// ```rhai
    /// let t = Task.start(|a, b| a + b, 1, 2);
    /// if t.join() != 3 { throw "wrong sum" }
    /// ```
    fn start(cx: &Cx, function: Callback, args: Rest) -> Result<Rc<TaskHandle>, Error> {
        let task = cx.start(&function, args.0)?;
        Ok(Rc::new(TaskHandle(task)))
    }

    /// Waits for every task and gives their results in order; functions are started first.
    ///
    /// The first error cancels the rest and is raised here.
    ///
    /// ```lua
    /// local r = Task.all({ function() return "a" end, function() return "b" end })
    /// assert(r[1] == "a" and r[2] == "b")
    /// ```
    /// ```rhai
    /// let r = Task.all([|| "a", || "b"]);
    /// if r != ["a", "b"] { throw "wrong order" }
    /// ```
    async fn all(cx: &Cx, tasks: Vec<Joinable>) -> Result<Vec<Untouched>, Error> {
        let group = Group::start(cx, tasks)?;
        let mut results: Vec<_> = group.tasks.iter().map(|_| Value::Nil).collect();
        let mut pending = group.joins();
        while let Some((index, outcome)) = pending.next().await {
            match outcome {
                Ok(value) => results[index] = value,
                Err(error) => {
                    group.cancel_all();
                    return Err(error.into());
                }
            }
        }
        Ok(results.into_iter().map(Untouched).collect())
    }

    /// Waits for every task and never raises: each result is `{ok=true, value=…}` or
    /// `{ok=false, error=…}`, in order.
    ///
    /// ```lua
    /// local r = Task.settle({ function() error("no") end, function() return 1 end })
    /// assert(not r[1].ok and r[2].value == 1)
    /// ```
    /// ```rhai
    /// let r = Task.settle([|| { throw "no" }, || 1]);
    /// if r[0].ok || r[1].value != 1 { throw "wrong results" }
    /// ```
    async fn settle(cx: &Cx, tasks: Vec<Joinable>) -> Result<Vec<Settled>, Error> {
        let group = Group::start(cx, tasks)?;
        let mut results: Vec<_> = group.tasks.iter().map(|_| None).collect();
        let mut pending = group.joins();
        while let Some((index, outcome)) = pending.next().await {
            results[index] = Some(Settled::from(outcome));
        }
        Ok(results.into_iter().flatten().collect())
    }

    /// Gives the result of the first task to finish, raising it if it is an error; the others are
    /// cancelled.
    ///
    /// ```lua
    /// local first = Task.race({ function() Task.sleep(60) end, function() return "quick" end })
    /// assert(first == "quick")
    /// ```
    /// ```rhai
    /// let first = Task.race([|| Task.sleep(60), || "quick"]);
    /// if first != "quick" { throw "the slow one won" }
    /// ```
    async fn race(cx: &Cx, tasks: Vec<Joinable>) -> Result<Untouched, Error> {
        let group = Group::start(cx, tasks)?;
        let first = group.joins().next().await;
        group.cancel_all();
        match first {
            Some((_, outcome)) => Ok(Untouched(outcome?)),
            None => Err(Error::raise("Task.race: needs at least one task, got none")),
        }
    }

    /// Runs a function and waits for every task that is started inside it. An error inside cancels
    /// the others and is raised here.
    ///
    /// ```lua
    /// local sum = 0
    /// Task.scope(function()
    ///   for i = 1, 3 do Task.start(function() sum = sum + i end) end
    /// end)
    /// assert(sum == 6)
    /// ```
    /// ```rhai
    /// let sum = 0;
    /// Task.scope(|| {
    ///     for i in 1..=3 { Task.start(|i| sum += i, i); }
    /// });
    /// if sum != 6 { throw "a task was left out" }
    /// ```
    async fn scope(cx: &Cx, function: Callback) -> Result<Untouched, Error> {
        let (scope, main) = cx.start_scope(&function)?;
        scope.keep_failed();
        scope.settled().await?;
        Ok(Untouched(main.join().await?))
    }

    /// Suspends the calling task for a number of seconds.
    ///
    /// ```lua
    /// Task.sleep(0.01)
    /// ```
    /// ```rhai
    /// Task.sleep(0.01);
    /// ```
    async fn sleep(cx: &Cx, seconds: Seconds) {
        cx.sleep(seconds.0).await;
    }

    /// Runs a function, and cancels it with an error if it takes longer than a number of seconds.
    /// Tasks that it started and left behind end with it.
    ///
    /// ```lua
    /// local ok = pcall(Task.timeout, 0.01, function() Task.sleep(60) end)
    /// assert(not ok)
    /// ```
    /// ```rhai
    /// let answer = Task.timeout(60, || 42);
    /// if answer != 42 { throw "wrong answer" }
    /// ```
    async fn timeout(cx: &Cx, seconds: Seconds, function: Callback) -> Result<Untouched, Error> {
        let (_scope, task) = cx.start_scope(&function)?;
        let mut join = pin!(task.join());
        let mut sleep = pin!(cx.sleep(seconds.0));
        let outcome = poll_fn(|context| match join.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending => sleep.as_mut().poll(context).map(|()| None),
        });
        match outcome.await {
            Some(outcome) => Ok(Untouched(outcome?)),
            None => {
                let limit = seconds.0.as_secs_f64();
                Err(Error::Raise(format!(
                    "Task.timeout: not done after {limit} s"
                )))
            }
        }
    }
}

/// A task of a script.
pub struct TaskHandle(Rc<Task>);

impl fmt::Display for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({})", status_name(self.0.status()))
    }
}

/// A task under way, as `Task.start` returns it.
#[api(handle = "Task")]
impl TaskHandle {
    /// Waits until the task has ended and gives its result; its error is raised here.
    ///
    /// ```lua
    /// assert(Task.start(function() return 42 end):join() == 42)
    /// ```
    /// ```rhai
    /// if Task.start(|| 42).join() != 42 { throw "wrong result" }
    /// ```
    async fn join(&self) -> Result<Untouched, Error> {
        Ok(Untouched(self.0.clone().join().await?))
    }

    /// Ends the task: what it waits for is dropped, and nothing of it runs any more.
    ///
    /// ```lua
    /// local t = Task.start(function() Task.sleep(60) end)
    /// t:cancel()
    /// assert(t:status() == "cancelled")
    /// ```
    /// ```rhai
    /// let t = Task.start(|| Task.sleep(60));
    /// t.cancel();
    /// if t.status() != "cancelled" { throw "still running" }
    /// ```
    fn cancel(&self, cx: &Cx) -> Result<(), Error> {
        cx.cancel(&self.0)
    }

    /// `"running"`, `"done"`, `"failed"` or `"cancelled"`.
    ///
    /// ```lua
    /// assert(Task.start(function() end):status() == "running")
    /// ```
    /// ```rhai
    /// if Task.start(|| 1).status() != "running" { throw "it cannot have ended yet" }
    /// ```
    fn status(&self) -> &'static str {
        status_name(self.0.status())
    }
}

fn status_name(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Running => "running",
        TaskStatus::Done => "done",
        TaskStatus::Failed => "failed",
        TaskStatus::Cancelled => "cancelled",
    }
}

/// A task, or a function to start as one.
pub enum Joinable {
    Task(Rc<TaskHandle>),
    Function(Callback),
}

impl FromValue for Joinable {
    const TY: Ty = Ty::Either(&[Ty::Function, Ty::Handle("Task")]);

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let kind = value.kind();
        match value {
            Value::Callback(function) => Ok(Self::Function(Callback(function))),
            value => Rc::from_value(value)
                .map(Self::Task)
                .map_err(|_| Mismatch::new(Self::TY, kind)),
        }
    }
}

/// How a task ended.
#[api(result)]
pub struct Settled {
    /// Whether it ended without an error.
    ok: bool,
    /// Its result.
    value: Untouched,
    /// What it threw, or the message of its error.
    error: Untouched,
}

impl From<Outcome> for Settled {
    fn from(outcome: Outcome) -> Self {
        let ok = outcome.is_ok();
        let (value, error) = match outcome {
            Ok(value) => (value, Value::Nil),
            Err(error) => (Value::Nil, thrown(&error)),
        };
        Self {
            ok,
            value: Untouched(value),
            error: Untouched(error),
        }
    }
}

fn thrown(error: &TaskError) -> Value {
    match error {
        TaskError::Script(script) if script.value.is_some() => {
            script.value.clone().map_or(Value::Nil, Value::Any)
        }
        other => Value::Str(other.to_string()),
    }
}

/// A length of time: a finite number of seconds, not negative.
pub struct Seconds(Duration);

impl FromValue for Seconds {
    const TY: Ty = Ty::Number;

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let seconds = f64::from_value(value)?;
        match seconds >= 0.0 {
            // What is longer than a clock can count never ends.
            true => Ok(Self(
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
            )),
            false => Err(Mismatch::new("a number of seconds from 0 on", seconds)),
        }
    }
}

/// Tasks that are waited for together. Those it started end with it.
struct Group {
    cx: Cx,
    tasks: Vec<Rc<Task>>,
    started: Vec<Rc<Task>>,
}

impl Group {
    fn start(cx: &Cx, joinables: Vec<Joinable>) -> Result<Self, Error> {
        let mut group = Self {
            cx: cx.clone(),
            tasks: Vec::new(),
            started: Vec::new(),
        };
        for joinable in joinables {
            let task = match joinable {
                Joinable::Task(handle) => handle.0.clone(),
                Joinable::Function(function) => {
                    let task = cx.start(&function, Vec::new())?;
                    group.started.push(task.clone());
                    task
                }
            };
            group.tasks.push(task);
        }
        Ok(group)
    }

    /// The outcomes with their places, as they come.
    fn joins(&self) -> FuturesUnordered<impl Future<Output = (usize, Outcome)> + use<>> {
        let tasks = self.tasks.iter().cloned().enumerate();
        tasks
            .map(|(index, task)| async move { (index, task.join().await) })
            .collect()
    }

    /// Cancels all; the errors of those that have failed already count as seen.
    fn cancel_all(&self) {
        for task in &self.tasks {
            self.cancel(task);
            task.outcome();
        }
    }

    fn cancel(&self, task: &Rc<Task>) {
        // A group can hold the task that waits for it; that one ends when it comes back.
        let _ = self.cx.cancel(task);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.started.iter().for_each(|task| self.cancel(task));
    }
}
