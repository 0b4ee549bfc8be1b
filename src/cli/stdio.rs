//! Standard input and output as scripts use them.

use std::io::{self, BufRead, BufWriter, IsTerminal, Stdout, Write};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use llmspell_core::{Console, LineReader};

static OUT: LazyLock<Mutex<Shared>> = LazyLock::new(|| {
    Mutex::new(Shared {
        out: BufWriter::new(io::stdout()),
        terminal: io::stdout().is_terminal(),
        unfinished: false,
    })
});

struct Shared {
    out: BufWriter<Stdout>,
    terminal: bool,
    /// Whether the last line has no end yet.
    unfinished: bool,
}

/// Standard output, buffered unless it is a terminal. All handles write to the same place, so that whoever
/// ends the process can write out what is left.
#[derive(Clone)]
pub struct Output(());

impl Output {
    pub fn new() -> Self {
        Self(())
    }

    fn lock(&self) -> MutexGuard<'static, Shared> {
        OUT.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes out what is left, unless the script is writing at this moment.
    pub fn try_flush(&self) {
        if let Ok(mut shared) = OUT.try_lock() {
            let _ = shared.out.flush();
        }
    }

    /// Ends an unfinished line on a terminal, before something else is shown there.
    pub fn end_line(&self) -> io::Result<()> {
        let ended = self.lock().end_line();
        quit_at_closed_pipe(ended)
    }
}

impl Shared {
    fn end_line(&mut self) -> io::Result<()> {
        if self.terminal && self.unfinished {
            self.out.write_all(b"\n")?;
            self.out.flush()?;
            self.unfinished = false;
        }
        Ok(())
    }
}

/// Shows a text on standard error, on a terminal in a line of its own. Never waits for whoever is writing
/// to standard output: it may be stuck there.
pub fn tell(text: &str) {
    if io::stderr().is_terminal()
        && let Ok(mut shared) = OUT.try_lock()
    {
        let _ = shared.end_line();
    }
    // If nobody can read it any more, that is no reason to fail.
    let _ = io::stderr().write_all(text.as_bytes());
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut shared = self.lock();
        let mut written = shared.out.write(bytes);
        if let Ok(1..) = written {
            shared.unfinished = bytes.last() != Some(&b'\n');
        }
        if shared.terminal && bytes.contains(&b'\n') {
            written = shared.out.flush().and(written);
        }
        drop(shared);
        quit_at_closed_pipe(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.lock().out.flush();
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
        let mut line = Vec::new();
        if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if io::stdin().is_terminal() && line.ends_with(b"\n") {
            // The terminal has shown the end of the line.
            out.lock().unfinished = false;
        }
        Ok(Some(line))
    })
}
