//! What the tests share: running a script in this process and keeping what it writes.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use llmspell::{Console, Language, Runtime};

/// What a script wrote, and the errors of its main script and of tasks that nobody joined.
#[derive(Debug, Default, PartialEq)]
pub struct Ran {
    pub output: String,
    pub errors: Vec<String>,
}

/// Runs a script to its end; it reads `input` line by line.
pub fn run(language: Language, name: &str, source: &str, input: &[&str]) -> Ran {
    let output = Output::default();
    let mut lines: Vec<Vec<u8>> = input
        .iter()
        .rev()
        .map(|s| format!("{s}\n").into())
        .collect();
    let console = Console::new(output.clone(), Box::new(move |_| Ok(lines.pop())));
    let runtime = Runtime::builder(language)
        .console(console)
        .script(name)
        .arguments(["one", "two"])
        .build()
        .expect("the runtime starts");
    let errors = Rc::new(RefCell::new(Vec::new()));
    let unseen = errors.clone();
    runtime.on_unseen_error(move |e| unseen.borrow_mut().push(e.to_string()));
    if let Err(error) = runtime.run(name, source) {
        errors
            .borrow_mut()
            .insert(0, error.diagnostic().to_string());
    }
    Ran {
        output: String::from_utf8(output.0.take()).expect("scripts write UTF-8"),
        errors: errors.take(),
    }
}

#[derive(Clone, Default)]
struct Output(Rc<RefCell<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
