//! The command line. Data goes to standard output, everything else to standard error.

#[cfg(feature = "candle")]
mod bench;
mod check;
mod config;
mod doc;
pub mod fit;
mod model;
#[cfg(feature = "candle")]
mod progress;
mod report;
mod run;
mod stdio;

use std::collections::HashSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, ColorChoice, FromArgMatches, Parser, Subcommand, ValueEnum};
use llmspell_core::Registry;
use llmspell_models::Models;

use crate::Language;
use report::{Reporter, Style};
pub use run::interrupt_on_signal;
pub use stdio::{Output, lines, tell};

const EXAMPLES: &str = "\
Examples:
  llmspell run examples/hello.lua          run a script
  llmspell run bot.rhai -- --name Ada      run one with arguments, seen as ARGS
  llmspell exec 'print(Time.now())'        run a line of code
  llmspell repl --lang rhai                try things out
  llmspell doc Agent.create                what a function does
  llmspell model list                      which models there are
  llmspell bench wisp                      how fast a model is

Exit codes: 0 success, 1 script error or failed command, 2 wrong usage, 124 time limit, 130 interrupted.";

/// Scripts for local language models, in Lua and Rhai.
#[derive(Parser)]
#[command(name = "llmspell", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

#[derive(Args)]
struct Global {
    /// Write data and errors as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Whether to use colours, which plain errors do not have; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
    /// Show Log.trace lines, which backend runs a model and why, and more about models
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Read this file in the place of the project's llmspell.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set a key of the configuration, such as default_model=llama3.2:3b; may be repeated
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// How to show errors [default: fancy on a terminal, plain elsewhere]
    #[arg(long, global = true, value_enum, value_name = "STYLE")]
    diagnostics: Option<Style>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
enum Command {
    /// Run a script file, .lua or .rhai
    #[command(
        after_help = "Examples:\n  llmspell run bot.lua\n  llmspell run bot.lua --timeout 10 -- --name Ada"
    )]
    Run(RunArgs),
    /// Run code given on the command line
    #[command(
        after_help = "Examples:\n  llmspell exec 'print(1 + 1)'\n  llmspell exec --lang rhai 'print(1 + 1)'"
    )]
    Exec(ExecArgs),
    /// Read, evaluate, print, and again
    #[command(after_help = "Examples:\n  llmspell repl\n  llmspell repl --lang rhai")]
    Repl(ReplArgs),
    /// Look for syntax errors without running anything
    #[command(after_help = "Examples:\n  llmspell check bot.lua lib/*.lua")]
    Check(CheckArgs),
    /// Explain a module, a function, a method or a record of the script API
    #[command(
        after_help = "Examples:\n  llmspell doc\n  llmspell doc Task\n  llmspell doc Agent.create"
    )]
    Doc(DocArgs),
    /// Which models there are; get and delete them
    #[command(after_help = model::EXAMPLES)]
    Model(model::ModelArgs),
    /// Tell what is configured
    #[command(after_help = config::EXAMPLES)]
    Config(config::ConfigArgs),
    /// Measure how fast a model is and how much memory it takes
    #[cfg(feature = "candle")]
    #[command(after_help = bench::EXAMPLES)]
    Bench(bench::BenchArgs),
}

impl Command {
    /// The name of a command that reads no configuration.
    fn without_configuration(&self) -> Option<&'static str> {
        match self {
            Self::Check(_) => Some("check"),
            Self::Doc(_) => Some("doc"),
            _ => None,
        }
    }
}

#[derive(Args)]
struct RunArgs {
    /// The script
    file: PathBuf,
    #[command(flatten)]
    limits: Limits,
    /// What the script sees as ARGS
    #[arg(last = true)]
    args: Vec<String>,
}

#[derive(Args)]
struct ExecArgs {
    /// The code
    code: String,
    /// The language of the code
    #[arg(long, value_enum, default_value_t = Language::ALL[0])]
    lang: Language,
    #[command(flatten)]
    limits: Limits,
    /// What the code sees as ARGS
    #[arg(last = true)]
    args: Vec<String>,
}

#[derive(Args)]
struct Limits {
    /// End with exit code 124 after this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, allow_negative_numbers = true)]
    timeout: Option<Duration>,
}

#[derive(Args)]
struct ReplArgs {
    /// The language to type
    #[arg(long, value_enum, default_value_t = Language::ALL[0])]
    lang: Language,
}

#[derive(Args)]
struct CheckArgs {
    /// The scripts
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Args)]
struct DocArgs {
    /// Such as Task, Agent.create, Channel:send or AgentOptions
    name: Option<String>,
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "expected a number of seconds".to_owned())?;
    let length = Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|d| !d.is_zero());
    length.ok_or_else(|| "expected a number of seconds above 0 and below 1e19".to_owned())
}

/// The command line's definition, for completions and manuals.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// The whole command line over what `registry` declares: a host with functions of its own gets
/// `run`, `exec`, `repl`, `check` and `doc` for them, and `model`, `config` and `bench` besides.
pub fn cli(registry: Registry) -> ExitCode {
    let Cli { command, global } = match parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(with_run(error)),
    };
    let configured = global.config.is_some() || !global.settings.is_empty();
    let app = App {
        registry,
        verbose: global.verbose,
        json: global.json,
        reporter: Reporter::new(style(&global), color(&global)),
        config_file: global.config,
        settings: global.settings,
    };
    if let (true, Some(command)) = (configured, command.without_configuration()) {
        let told =
            format!("--config and --set mean nothing to `llmspell {command}`; leave them out");
        return ExitCode::from(app.fail(told, 2));
    }
    let code = match command {
        Command::Run(args) => run::file(&app, args),
        Command::Exec(args) => run::code(&app, args),
        Command::Repl(args) => crate::repl::run(&app, args.lang),
        Command::Check(args) => check::files(&app, &args.files),
        Command::Doc(args) => doc::show(&app, args.name.as_deref()),
        Command::Model(args) => model::run(&app, args),
        Command::Config(args) => config::run(&app, &args),
        #[cfg(feature = "candle")]
        Command::Bench(args) => bench::measure(&app, &args),
    };
    ExitCode::from(code)
}

/// Reads the command line. Code may begin with a comment of Lua or a minus.
fn parse() -> Result<Cli, clap::Error> {
    let command = || command().color(color_of_words(&words()));
    let read = |command: clap::Command| {
        let parsed = command.try_get_matches();
        parsed.and_then(|matches| Cli::from_arg_matches(&matches))
    };
    match read(command()) {
        Err(error)
            if error.kind() == ErrorKind::UnknownArgument
                && !names_an_option(&error)
                && words().iter().any(|word| is_code(word)) =>
        {
            read(command().mut_subcommand("exec", |exec| {
                // An argument that is changed goes behind the others unless its place is said.
                let exec = exec.mut_arg("code", |code| code.index(1).allow_hyphen_values(true));
                exec.mut_arg("args", |args| args.index(2))
            }))
        }
        parsed => parsed,
    }
}

/// Whether what clap did not know is an option by its looks, misspelled perhaps.
fn names_an_option(error: &clap::Error) -> bool {
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidArg) else {
        return false;
    };
    // It lacks what stands behind an equals sign.
    let code = |word: &String| word.starts_with(name) && is_code(word);
    name.starts_with("--") && !words().iter().any(code)
}

/// Whether a word with a minus before it cannot be an option.
fn is_code(word: &str) -> bool {
    let name = word.strip_prefix("--").or(word.strip_prefix('-'));
    let option = |c: char| c.is_ascii_alphanumeric() || "-_=".contains(c);
    name.is_some_and(|name| {
        !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(option)
    })
}

/// The words of the command line that are not the script's.
fn words() -> Vec<String> {
    let words = std::env::args_os().skip(1);
    let words = words.take_while(|word| word != "--");
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

/// Whoever names a script in the place of a command wants to run it.
fn with_run(mut error: clap::Error) -> clap::Error {
    let script = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) if Language::of_file(Path::new(word)).is_ok() => word,
        _ => return error,
    };
    let tip = format!("to run a script: llmspell run {script}").into();
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    error
}

/// Shows help, or what is wrong with the command line: as JSON when its words ask for that.
fn refuse(error: clap::Error) -> ExitCode {
    if !error.use_stderr() || !asks_for_json(&words()) {
        error.exit();
    }
    let text = match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "a subcommand is missing; --help lists them".to_owned()
        }
        _ => error.to_string(),
    };
    let message = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    Reporter::new(Style::Json, false).message(message);
    ExitCode::from(2)
}

/// As [`style`] decides, from words that clap could not read.
fn asks_for_json(words: &[String]) -> bool {
    match value_of("--diagnostics", words) {
        Some(style) => style == "json",
        None => words.iter().any(|word| word == "--json"),
    }
}

/// What the words say for an option that takes a value.
fn value_of<'a>(option: &str, words: &'a [String]) -> Option<&'a str> {
    let mut words_from = words.iter().enumerate();
    words_from.find_map(|(index, word)| match word.strip_prefix(option)? {
        "" => words.get(index + 1).map(String::as_str),
        value => value.strip_prefix('='),
    })
}

/// What [`color`] decides by, for help and for what is wrong with the command line itself.
fn color_of_words(words: &[String]) -> ColorChoice {
    match value_of("--color", words) {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

/// Tells which model answers in the place of one that is not there; with `all`, which backend runs each model,
/// and why.
fn tell_choices(models: &Models, reporter: Reporter, all: bool) {
    let told = Mutex::new(HashSet::new());
    models.on_choice(move |choice| {
        let text = match &choice.notice {
            _ if all => choice.reason.clone(),
            Some(notice) => notice.clone(),
            None => return,
        };
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(text.clone()) {
            reporter.note(&text);
        }
    });
}

/// What every command needs.
pub struct App {
    registry: Registry,
    verbose: bool,
    json: bool,
    pub reporter: Reporter,
    /// `--config`
    config_file: Option<PathBuf>,
    /// `--set`
    settings: Vec<String>,
}

impl App {
    /// What scripts can see.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The models that a command or a script uses, as configured; otherwise shows what is wrong and gives the
    /// exit code.
    pub fn models(&self, script: Option<&Path>) -> Result<Models, u8> {
        let config = self.config(script)?;
        let models = Models::configured(config).map_err(|error| self.fail(error.to_string(), 2))?;
        tell_choices(&models, self.reporter.clone(), self.verbose);
        Ok(models)
    }
}

fn style(global: &Global) -> Style {
    match global.diagnostics {
        Some(style) => style,
        None if global.json => Style::Json,
        None if std::io::stderr().is_terminal() => Style::Fancy,
        None => Style::Plain,
    }
}

fn color(global: &Global) -> bool {
    match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
                || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            std::io::stderr().is_terminal() && !refused
        }
    }
}
