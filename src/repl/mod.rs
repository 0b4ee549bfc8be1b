//! The REPL: reads, evaluates, prints. Tasks go on while it waits for the next line.

mod editor;

use std::io::{self, IsTerminal};

use llmspell_core::{Check, Console, Error, Fault, Registry};

use crate::cli::{App, Output, fit, interrupt_on_signal, lines, tell};
use crate::runtime::Runtime;
use crate::{Language, docs};

const HELP: &str = "\
:help         this text
:help NAME    explain a module, function or record, such as :help Agent.create
:quit         leave (also Ctrl-D)
An expression shows its value. A block that is open goes on in the next line;
an empty line ends it.
";

const COMMANDS: &str = ":help explains, :quit leaves";

/// `llmspell repl`
pub fn run(app: &App, language: Language) -> u8 {
    let out = Output::new();
    let reader = match io::stdin().is_terminal() {
        true => editor::lines(out.clone(), language),
        false => lines(out.clone()),
    };
    let console = Console::new(out, reader);
    let models = match app.models(None) {
        Ok(models) => models,
        Err(code) => return code,
    };
    let runtime = match app.builder(language, console, None).models(models).build() {
        Ok(runtime) => runtime,
        Err(error) => return app.fail(error.to_string(), 1),
    };
    app.report_unseen(&runtime);
    interrupt_on_signal(&runtime, || {});
    if io::stdin().is_terminal() {
        let version = env!("CARGO_PKG_VERSION");
        let title = docs::title(language.name());
        tell(&format!("llmspell {version}, {title}. {COMMANDS}.\n"));
    }
    let code = Repl {
        app,
        runtime: &runtime,
    }
    .read();
    runtime.end_session();
    code
}

struct Repl<'a> {
    app: &'a App,
    runtime: &'a Runtime,
}

/// What was typed.
enum Input {
    Code(String),
    /// A line that begins with a colon, without it.
    Command(String),
    /// By Ctrl-C, or since it is no text.
    Dropped,
    End,
}

impl Repl<'_> {
    fn read(&self) -> u8 {
        for number in 1.. {
            match self.input(number) {
                Ok(Input::Code(text)) => self.evaluate(number, &text),
                Ok(Input::Command(command)) => match command.trim() {
                    "quit" | "q" | "exit" => break,
                    command => self.command(command),
                },
                Ok(Input::Dropped) => {}
                Ok(Input::End) => break,
                Err(problem) => return self.app.fail(problem, 1),
            }
            // Not before: an input may join a task that failed while it was typed.
            self.runtime.report_unseen();
        }
        0
    }

    /// Reads lines until they are complete, or a person ends them with an empty one.
    fn input(&self, number: usize) -> Result<Input, String> {
        let mut text = String::new();
        loop {
            let line = match self.runtime.read_line(&self.prompt(text.is_empty())) {
                Ok(Some(line)) => line,
                Ok(None) if text.is_empty() => return Ok(Input::End),
                // The input ends inside a block: evaluating says what is missing.
                Ok(None) => return Ok(Input::Code(text)),
                Err(Error::Fault(Fault::Interrupted)) => return Ok(Input::Dropped),
                Err(error) => return Err(error.to_string()),
            };
            let Ok(line) = String::from_utf8(line) else {
                let told = "this line is not UTF-8, so the input is left out";
                self.app.reporter.message(told);
                return Ok(Input::Dropped);
            };
            // A Lua label begins with two colons; inside of a block, one may begin a method.
            let command = line.trim_start().strip_prefix(':');
            let command = command.filter(|rest| !rest.starts_with(':'));
            if let Some(command) = command.filter(|_| text.is_empty()) {
                return Ok(Input::Command(command.to_owned()));
            }
            let ended = line.trim().is_empty() && io::stdin().is_terminal();
            text.push_str(&line);
            text.push('\n');
            let check = self.runtime.check(&source_name(number), &text);
            if ended || check != Check::Incomplete {
                return Ok(Input::Code(text));
            }
        }
    }

    fn prompt(&self, first: bool) -> String {
        let name = self.runtime.language().name();
        match (io::stdin().is_terminal(), first) {
            (false, _) => String::new(),
            (true, true) => format!("{name}> "),
            (true, false) => format!("{:>width$}> ", "..", width = name.len()),
        }
    }

    fn evaluate(&self, number: usize, text: &str) {
        let word = text.trim().trim_end_matches("()");
        if ["help", "exit", "quit"].contains(&word) && !self.runtime.defines(word) {
            return self.app.reporter.note(COMMANDS);
        }
        match self.runtime.evaluate(&source_name(number), text) {
            Ok(Some(value)) => self.show(&format!("{value}\n")),
            Ok(None) => {}
            Err(error) => {
                let sources = self.runtime.sources();
                self.app.reporter.report(&error.diagnostic(), &sources);
            }
        }
    }

    fn command(&self, command: &str) {
        let language = self.runtime.language().name();
        let page = match command.split_once(' ') {
            None if command == "help" => Ok(help(self.app.registry())),
            Some(("help", name)) => {
                docs::page(self.app.registry(), Some(name.trim()), Some(language))
            }
            _ => Err(format!("unknown command :{command}; :help lists them")),
        };
        match page {
            Ok(page) => self.show(&fit::to_terminal(&page)),
            Err(problem) => drop(self.app.fail(problem, 1)),
        }
    }

    fn show(&self, text: &str) {
        // If that fails, writing the text says why.
        let _ = Output::new().end_line();
        self.app.show(text);
    }
}

/// How to use the REPL, and what `:help NAME` knows.
fn help(registry: &Registry) -> String {
    let modules: Vec<&str> = registry.namespaces.iter().map(|n| n.name).collect();
    format!("{HELP}Modules: {}\n", modules.join(", "))
}

fn source_name(number: usize) -> String {
    format!("input {number}")
}
