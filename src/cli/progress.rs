//! What a long command is doing: one live line on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Cells of a bar.
const WIDTH: usize = 24;
/// How often a line is drawn anew at most.
const FRAME: Duration = Duration::from_millis(80);

/// Shows stages on standard error, one after the other.
pub struct Progress {
    style: Style,
    label: String,
    started: Instant,
    drawn: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Live,
    Lines,
    Silent,
}

impl Progress {
    /// `quiet`: shows nothing but a live line.
    pub fn new(quiet: bool) -> Self {
        Self {
            style: match std::io::stderr().is_terminal() {
                true => Style::Live,
                false if quiet => Style::Silent,
                false => Style::Lines,
            },
            label: String::new(),
            started: Instant::now(),
            drawn: None,
        }
    }

    /// Shows what goes on, and how much of it is done where that is known.
    pub fn show(&mut self, label: &str, done: Option<(u64, u64)>) {
        if label != self.label {
            self.label = label.to_owned();
            self.started = Instant::now();
            self.drawn = None;
            if self.style == Style::Lines {
                write(&format!("{label}\n"));
            }
        }
        if self.style == Style::Live && self.drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME) {
            self.drawn = Some(Instant::now());
            let state = done.map_or_else(|| seconds(self.started.elapsed()), bar);
            write(&format!("\r\x1b[K{label} {state}"));
        }
    }

    /// Takes the live line away.
    pub fn clear(&mut self) {
        if self.style == Style::Live && self.drawn.take().is_some() {
            write("\r\x1b[K");
        }
    }
}

fn write(text: &str) {
    let mut out = std::io::stderr().lock();
    // Without a terminal there is nobody to tell.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn bar((done, total): (u64, u64)) -> String {
    let part = (done as f64 / total.max(1) as f64).min(1.0);
    let full = (part * WIDTH as f64) as usize;
    let (full, empty) = ("#".repeat(full), "-".repeat(WIDTH - full));
    format!("[{full}{empty}] {:3.0} %", part * 100.0)
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_bar_is_empty_at_first_and_full_at_the_end() {
        assert_eq!(bar((0, 10)), "[------------------------]   0 %");
        assert_eq!(bar((5, 10)), "[############------------]  50 %");
        assert_eq!(bar((10, 10)), "[########################] 100 %");
        assert_eq!(bar((0, 0)), "[------------------------]   0 %");
    }
}
