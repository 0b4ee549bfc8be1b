//! [`Runtime`]: scripts of one language, embedded.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use llmspell_core::{
    Check, Console, Cx, Diagnostic, Error, Interrupter, Loader, Outcome, Registry, Scheduler,
    Scope, SharedEngine, Sources, Task, TaskError, TaskStatus, Value,
};
use llmspell_models::Models;

use crate::Language;

/// Something to do with a new scheduler's context.
type Setup = Box<dyn FnOnce(&Cx)>;

/// Builds a [`Runtime`].
pub struct Builder {
    language: Language,
    console: Console,
    registry: Registry,
    script: Option<PathBuf>,
    arguments: Vec<String>,
    setup: Vec<Setup>,
}

impl Builder {
    /// Keeps the host's own state for its functions, which find it by type with `Cx::host`.
    pub fn host<T: 'static>(mut self, state: T) -> Self {
        self.setup
            .push(Box::new(move |cx| drop(cx.set_host(state))));
        self
    }

    /// Sets the models that scripts use, which runtimes can share; without, the runtime has its own: the model in the
    /// box, and files by their path. Those that the user has pulled and configured:
    ///
    /// ```no_run
    /// use llmspell::models::config::{Config, Environment, Search};
    /// use llmspell::{Language, Models, Runtime};
    ///
    /// let search = Search {
    ///     environment: Environment::of_process(),
    ///     ..Search::default()
    /// };
    /// let models = Models::configured(Config::load(&search)?)?;
    /// let runtime = Runtime::builder(Language::Lua).models(models).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn models(self, models: Models) -> Self {
        self.host(models)
    }

    /// Sets where scripts write and read; nowhere, unless told.
    pub fn console(mut self, console: Console) -> Self {
        self.console = console;
        self
    }

    /// Sets what scripts can see, instead of [`crate::registry`] alone.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Sets the main script's file; its modules are looked for beside it.
    pub fn script(mut self, path: impl Into<PathBuf>) -> Self {
        self.script = Some(path.into());
        self
    }

    /// Sets what scripts see as `ARGS`.
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Starts the engine.
    pub fn build(self) -> Result<Runtime, Error> {
        let scheduler = Scheduler::new(self.console);
        let cx = scheduler.cx();
        cx.set_host(Models::new());
        self.setup.into_iter().for_each(|setup| setup(&cx));
        let arguments = self.arguments.into_iter().map(Value::Str).collect();
        let globals = [("ARGS", Value::List(arguments))];
        let script = self.script.unwrap_or_else(|| PathBuf::from("."));
        let loader = Loader::beside(&script);
        let engine = engine(self.language, &cx, &self.registry, &globals, loader)?;
        Ok(Runtime {
            engine,
            session: Rc::default(),
            started: RefCell::default(),
            scheduler,
            language: self.language,
        })
    }
}

fn engine(
    language: Language,
    cx: &Cx,
    registry: &Registry,
    globals: &[(&str, Value)],
    loader: Loader,
) -> Result<SharedEngine, Error> {
    match language {
        #[cfg(feature = "lua")]
        Language::Lua => llmspell_lua::engine(cx, registry, globals, loader),
        #[cfg(feature = "rhai")]
        Language::Rhai => llmspell_rhai::engine(cx, registry, globals, loader),
    }
}

/// Scripts of one language on the thread that built it.
pub struct Runtime {
    // Dropped before the scheduler that its functions point to.
    engine: SharedEngine,
    session: Rc<Scope>,
    /// Scripts that were started and have tasks.
    started: RefCell<Vec<Started>>,
    scheduler: Scheduler,
    language: Language,
}

/// A script that [`Runtime::start`] started. It goes on when this is dropped; an error that was not asked for is then
/// told as an unseen one.
pub struct Script {
    started: Started,
    asked: Cell<bool>,
}

/// A script's main task, and the scope of all its tasks.
#[derive(Clone)]
struct Started {
    main: Rc<Task>,
    scope: Rc<Scope>,
}

impl Script {
    /// How its main task ended, if it has. Its other tasks may go on, unless it failed.
    pub fn outcome(&self) -> Option<Result<(), TaskError>> {
        let outcome = self.started.main.outcome()?;
        self.asked.set(true);
        Some(outcome.map(drop))
    }

    /// Where its main task is in its life.
    pub fn status(&self) -> TaskStatus {
        self.started.main.status()
    }

    /// Ends it with all its tasks.
    pub fn cancel(&self) {
        let Started { main, scope } = &self.started;
        main.cancel_scope(scope);
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        if !self.asked.get() {
            self.started.main.unexpect();
        }
    }
}

impl Runtime {
    /// A builder for scripts in `language`.
    pub fn builder(language: Language) -> Builder {
        Builder {
            language,
            console: Console::output_only(std::io::sink()),
            registry: crate::registry(),
            script: None,
            arguments: Vec::new(),
            setup: Vec::new(),
        }
    }

    /// The language of its scripts.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The context that host functions get: the budget, the console, the host's own state.
    pub fn cx(&self) -> Cx {
        self.scheduler.cx()
    }

    /// Sets who is told of a task's error that nobody joined.
    pub fn on_unseen_error(&self, report: impl Fn(&Diagnostic) + 'static) {
        self.scheduler.on_unseen_error(report);
    }

    /// How many errors nobody joined so far.
    pub fn unseen_errors(&self) -> usize {
        self.scheduler.unseen_errors()
    }

    /// Ends what runs once `limit` has passed from now.
    pub fn set_timeout(&self, limit: Option<Duration>) {
        self.scheduler.cx().budget().set_timeout(limit);
    }

    /// For interrupting what runs, from any thread. [`Runtime::run`] and [`Runtime::evaluate`] end with that; with
    /// [`Runtime::tick`], everything that was started ends until [`Runtime::clear_interrupt`].
    pub fn interrupter(&self) -> Interrupter {
        self.scheduler.interrupter()
    }

    /// Lets scripts run again after an interruption.
    pub fn clear_interrupt(&self) {
        self.scheduler.cx().budget().clear_interrupt();
    }

    /// The texts that were loaded, for showing an error with its source line.
    pub fn sources(&self) -> Rc<Sources> {
        self.scheduler.cx().sources()
    }

    /// Whether `source` could run, without running it.
    pub fn check(&self, name: &str, source: &str) -> Check {
        self.engine.check(name, source)
    }

    /// Runs a script until it and all its tasks have ended.
    pub fn run(&self, name: &str, source: &str) -> Result<(), TaskError> {
        let entry = self.engine.load(name, source).map_err(load_error)?;
        let outcome = self.scheduler.run(&self.engine, &entry, Vec::new());
        self.clear_interrupt();
        let shown = self.scheduler.cx().console().finish();
        outcome?;
        shown.map_err(|e| load_error(Diagnostic::new(format!("cannot write the output: {e}"))))
    }

    /// What is wrong with a script's text, without running it.
    pub fn compile(&self, name: &str, source: &str) -> Result<(), Diagnostic> {
        self.engine.load(name, source).map(drop)
    }

    /// Starts a script, which [`Runtime::tick`] then runs.
    pub fn start(&self, name: &str, source: &str) -> Result<Script, TaskError> {
        let entry = self.engine.load(name, source).map_err(load_error)?;
        let scope = Rc::default();
        let main = self
            .scheduler
            .start(&self.engine, &scope, &entry, Vec::new())?;
        main.expect();
        let started = Started { main, scope };
        self.started.borrow_mut().push(started.clone());
        Ok(Script {
            started,
            asked: Cell::new(false),
        })
    }

    /// Runs started scripts for about `limit`, for hosts with a frame loop; says whether anything
    /// could run at once again.
    pub fn tick(&self, limit: Duration) -> bool {
        let more = self.scheduler.tick(limit);
        // Reporting runs code of the host, which may start another script.
        for Started { main, scope } in self.started.take() {
            if matches!(main.status(), TaskStatus::Failed | TaskStatus::Cancelled) {
                self.scheduler.cancel(&scope);
            }
            self.scheduler.report_unseen(&scope);
            if scope.live() > 0 {
                self.started.borrow_mut().push(Started { main, scope });
            }
        }
        self.report_unseen();
        more
    }

    /// Evaluates one REPL input; its tasks go on afterwards, and [`Runtime::report_unseen`] tells their errors. Gives the
    /// value as text.
    pub fn evaluate(&self, name: &str, source: &str) -> Result<Option<String>, TaskError> {
        let entry = self
            .engine
            .load_interactive(name, source)
            .map_err(load_error)?;
        let task = self
            .scheduler
            .start(&self.engine, &self.session, &entry, Vec::new())?;
        let outcome: Outcome = self.scheduler.finish(&task);
        self.scheduler.cx().console().flush();
        self.clear_interrupt();
        Ok(match outcome? {
            Value::Nil => None,
            value => Some(self.engine.show(&value)),
        })
    }

    /// Whether a script or an input has defined a variable or a function of this name.
    pub fn defines(&self, name: &str) -> bool {
        self.engine.globals().iter().any(|global| global == name)
    }

    /// Reports the session's errors that no input has seen.
    pub fn report_unseen(&self) {
        self.scheduler.report_unseen(&self.session);
    }

    /// Reads a line from the console while the session's tasks go on: as it came but for its end; `None` at the end of
    /// input.
    pub fn read_line(&self, prompt: &str) -> Result<Option<Vec<u8>>, Error> {
        let cx = self.scheduler.cx();
        self.scheduler.block_on(cx.console().next_line(&cx, prompt))
    }

    /// Ends the session's tasks, and reports their errors that no input has seen. Scripts that were started go on.
    pub fn end_session(&self) {
        self.report_unseen();
        self.scheduler.cancel(&self.session);
    }
}

fn load_error(diagnostic: Diagnostic) -> TaskError {
    llmspell_core::ScriptError {
        diagnostic,
        value: None,
    }
    .into()
}
