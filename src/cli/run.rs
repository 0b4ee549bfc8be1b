//! `run` and `exec`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use llmspell_core::{Console, Fault, TaskError};
use llmspell_stdlib::generation::Notices;
use llmspell_stdlib::log::{Level, Lines, Threshold};

use super::report::Reporter;
use super::stdio::{self, Output};
use super::{App, ExecArgs, Limits, RunArgs};
use crate::{Builder, Language, Runtime};

/// How long after the deadline scripts may take to end by themselves.
const GRACE: Duration = Duration::from_millis(60);
/// The same after an interruption.
const PATIENCE: Duration = Duration::from_secs(1);

/// `llmspell run FILE`
pub fn file(app: &App, args: RunArgs) -> u8 {
    let text = match read_script(&args.file) {
        Ok(text) => text,
        Err(problem) => return app.fail(problem, 1),
    };
    let language = match Language::of_file(&args.file) {
        Ok(language) => language,
        Err(problem) => return app.fail(problem, 2),
    };
    let job = Job {
        language,
        name: args.file.display().to_string(),
        text,
        script: Some(args.file),
        limits: args.limits,
        arguments: args.args,
    };
    job.run(app)
}

/// `llmspell exec CODE`
pub fn code(app: &App, args: ExecArgs) -> u8 {
    let job = Job {
        language: args.lang,
        name: "exec".to_owned(),
        text: args.code,
        script: None,
        limits: args.limits,
        arguments: args.args,
    };
    job.run(app)
}

struct Job {
    language: Language,
    name: String,
    text: String,
    script: Option<PathBuf>,
    limits: Limits,
    arguments: Vec<String>,
}

impl Job {
    fn run(self, app: &App) -> u8 {
        let out = Output::new();
        let script = self.script.as_deref();
        let models = match app.models(script) {
            Ok(models) => models,
            Err(code) => return code,
        };
        let builder = app.builder(self.language, stdio::console(&out), script);
        let runtime = match builder.models(models).arguments(self.arguments).build() {
            Ok(runtime) => runtime,
            Err(error) => return app.fail(error.to_string(), 1),
        };
        app.report_unseen(&runtime);
        let ended = Arc::new(AtomicBool::new(false));
        let last = Last {
            ended: ended.clone(),
            reporter: app.reporter.clone(),
            out,
        };
        let interrupted = last.clone();
        interrupt_on_signal(&runtime, move || {
            let end = interrupted.clone();
            end.after(PATIENCE, "interrupted".to_owned(), 130);
        });
        if let Some(limit) = self.limits.timeout {
            runtime.set_timeout(Some(limit));
            let message = format!("timed out after {} s", limit.as_secs_f64());
            last.after(limit.saturating_add(GRACE), message, 124);
        }
        let outcome = runtime.run(&self.name, &self.text);
        if ended.swap(true, Ordering::SeqCst) {
            // The watchdog tells it, and ends the process.
            std::thread::park();
        }
        match outcome {
            Ok(()) => u8::from(runtime.unseen_errors() > 0),
            Err(error) => {
                app.reporter.report(&error.diagnostic(), &runtime.sources());
                exit_code(&error)
            }
        }
    }
}

impl App {
    /// Shows a problem and gives the exit code.
    pub fn fail(&self, problem: String, code: u8) -> u8 {
        self.reporter.message(problem);
        code
    }

    /// Writes data to standard output and gives the exit code.
    pub fn show(&self, text: &str) -> u8 {
        let mut out = Output::new();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => 0,
            Err(error) => self.fail(format!("cannot write the output: {error}"), 1),
        }
    }

    /// A runtime as the command line sets it up, models aside.
    pub fn builder(&self, language: Language, console: Console, script: Option<&Path>) -> Builder {
        let level = if self.verbose {
            Level::Trace
        } else {
            Level::Info
        };
        let builder = Runtime::builder(language);
        let builder = builder.console(console).registry(self.registry.clone());
        let builder = builder
            .host(Threshold(level))
            .host(Lines(Box::new(stdio::tell)));
        let reporter = self.reporter.clone();
        let builder = builder.host(Notices::new(move |text| reporter.note(text)));
        match script {
            Some(path) => builder.script(path),
            None => builder,
        }
    }

    /// Shows errors that nobody joins.
    pub fn report_unseen(&self, runtime: &Runtime) {
        let (reporter, sources) = (self.reporter.clone(), runtime.sources());
        runtime.on_unseen_error(move |error| reporter.report(error, &sources));
    }
}

/// The first signal ends the script, and `first` hears of it; one more, if that did not help, ends the process.
pub fn interrupt_on_signal(runtime: &Runtime, first: impl Fn() + Send + 'static) {
    let interrupter = runtime.interrupter();
    // A host that has a handler of its own keeps it.
    let _ = ctrlc::set_handler(move || match interrupter.interrupt() {
        true => std::process::exit(130),
        false => first(),
    });
}

/// Ends the process when a script does not end by itself: a call into C, such as a hostile pattern, reaches no
/// instruction hook.
#[derive(Clone)]
struct Last {
    ended: Arc<AtomicBool>,
    reporter: Reporter,
    out: Output,
}

impl Last {
    /// Ends it with a message and an exit code, unless the script has ended by then.
    fn after(self, time: Duration, message: String, code: i32) {
        let watchdog = move || {
            std::thread::sleep(time);
            if self.ended.swap(true, Ordering::SeqCst) {
                return;
            }
            self.out.try_flush();
            self.reporter.message(message);
            std::process::exit(code);
        };
        // Without the thread, the instruction hooks still end all but calls into C.
        let _ = std::thread::Builder::new()
            .name("llmspell-watchdog".to_owned())
            .spawn(watchdog);
    }
}

/// Reads a script's text.
pub fn read_script(path: &Path) -> Result<String, String> {
    let problem = |what: String| format!("cannot read {}: {what}", path.display());
    if path.is_dir() {
        return Err(problem(
            "it is a folder; name a script inside it".to_owned(),
        ));
    }
    let bytes = std::fs::read(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => problem("no such file; check the path".to_owned()),
        _ => problem(e.to_string()),
    })?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        problem(format!("it is not UTF-8 text (at byte {at})"))
    })
}

/// The exit code of a run that ended like this.
fn exit_code(error: &TaskError) -> u8 {
    match error {
        TaskError::Fault(Fault::Timeout(_)) => 124,
        TaskError::Fault(Fault::Interrupted) => 130,
        _ => 1,
    }
}
