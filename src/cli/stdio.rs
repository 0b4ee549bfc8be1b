//! Standard input and output as scripts use them.

use std::io::{self, BufRead, BufWriter, IsTerminal, Stdout, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use llmspell_core::{Console, LineReader};

/// Standard output, buffered unless it is a terminal. Shared, so that whoever ends the process
/// can write out what is left.
#[derive(Clone)]
pub struct Output {
    out: Arc<Mutex<BufWriter<Stdout>>>,
    terminal: bool,
}

impl Output {
    pub fn new() -> Self {
        Self {
            out: Arc::new(Mutex::new(BufWriter::new(io::stdout()))),
            terminal: io::stdout().is_terminal(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BufWriter<Stdout>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes out what is left, unless the script is writing at this moment.
    pub fn try_flush(&self) {
        if let Ok(mut out) = self.out.try_lock() {
            let _ = out.flush();
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.lock().write(bytes);
        if self.terminal && bytes.contains(&b'\n') {
            self.flush()?;
        }
        quit_at_closed_pipe(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.lock().flush();
        quit_at_closed_pipe(flushed)
    }
}

/// Nobody reads any more (`llmspell run … | head`): that is no error of the script.
fn quit_at_closed_pipe<T>(result: io::Result<T>) -> io::Result<T> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other,
    }
}

/// A console over the process's own input and output.
pub fn console(out: &Output) -> Console {
    Console::new(out.clone(), lines(out.clone()))
}

/// Reads lines from standard input after writing the prompt.
pub fn lines(mut out: Output) -> LineReader {
    Box::new(move |prompt| {
        out.write_all(prompt.as_bytes())?;
        out.flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let end = line.trim_end_matches(['\n', '\r']).len();
        line.truncate(end);
        Ok(Some(line))
    })
}
