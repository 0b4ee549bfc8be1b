//! The REPL: reads, evaluates, prints. Tasks go on while it waits for the next line.

mod editor;

use std::io::{self, IsTerminal};

use llmspell_core::{Check, Console};

use crate::cli::{App, Output, interrupt_on_signal, lines};
use crate::runtime::Runtime;
use crate::{Language, docs};

const HELP: &str = "\
:help         this text
:help NAME    explain a module or function, such as :help Agent.create
:quit         leave (also Ctrl-D)
An expression shows its value. An open block goes on in the next line; an empty line ends it.
";

/// `llmspell repl`
pub fn run(app: &App, language: Language) -> u8 {
    let out = Output::new();
    let reader = match io::stdin().is_terminal() {
        true => editor::lines(),
        false => lines(out.clone()),
    };
    let console = Console::new(out, reader);
    let runtime = match app.builder(language, console, None).build() {
        Ok(runtime) => runtime,
        Err(error) => return app.fail(error.to_string(), 1),
    };
    app.report_unseen(&runtime);
    interrupt_on_signal(&runtime);
    if io::stdin().is_terminal() {
        let version = env!("CARGO_PKG_VERSION");
        eprintln!(
            "llmspell {version}, {}. :help explains, :quit leaves.",
            docs::title(language.name())
        );
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

/// What a line asks for.
enum Next {
    Go,
    Quit,
}

impl Repl<'_> {
    fn read(&self) -> u8 {
        let name = self.runtime.language().name();
        let mut input = String::new();
        for number in 1.. {
            loop {
                let prompt = match input.is_empty() {
                    true => format!("{name}> "),
                    false => format!("{:>width$}> ", "..", width = name.len()),
                };
                let prompt = if io::stdin().is_terminal() {
                    prompt
                } else {
                    String::new()
                };
                let line = match self.runtime.read_line(&prompt) {
                    Ok(Some(line)) => line,
                    Ok(None) if input.trim().is_empty() => return 0,
                    // The input ends inside a block: say what is missing.
                    Ok(None) => {
                        self.evaluate(number, &input);
                        return 0;
                    }
                    Err(error) => return self.app.fail(error.to_string(), 1),
                };
                let ends_block = line.trim().is_empty();
                input.push_str(&line);
                input.push('\n');
                let complete =
                    self.runtime.check(&source_name(number), &input) != Check::Incomplete;
                if ends_block || complete || line.starts_with(':') {
                    break;
                }
            }
            if let Next::Quit = self.step(number, &std::mem::take(&mut input)) {
                return 0;
            }
        }
        0
    }

    fn step(&self, number: usize, input: &str) -> Next {
        match input.trim().strip_prefix(':').map(str::trim) {
            None if input.trim().is_empty() => {}
            None => self.evaluate(number, input),
            Some("quit" | "q" | "exit") => return Next::Quit,
            Some("help") => print!("{HELP}"),
            Some(command) => match command.strip_prefix("help ") {
                Some(name) => self.help(name.trim()),
                None => {
                    self.app
                        .fail(format!("unknown command :{command}; :help lists them"), 1);
                }
            },
        }
        Next::Go
    }

    fn evaluate(&self, number: usize, input: &str) {
        match self.runtime.evaluate(&source_name(number), input) {
            Ok(Some(value)) => println!("{value}"),
            Ok(None) => {}
            Err(error) => {
                let sources = self.runtime.sources();
                self.app.reporter.report(&error.diagnostic(), &sources);
            }
        }
    }

    fn help(&self, name: &str) {
        let language = self.runtime.language().name();
        match docs::page(self.app.registry(), Some(name), Some(language)) {
            Ok(page) => print!("{page}"),
            Err(problem) => {
                self.app.fail(problem, 1);
            }
        }
    }
}

fn source_name(number: usize) -> String {
    format!("input {number}")
}
