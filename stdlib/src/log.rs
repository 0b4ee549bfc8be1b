//! `Log`: what happens, for whoever runs the script.

use std::io::Write;

use jiff::Timestamp;
use llmspell_core::{Cx, Error, Map, Mismatch, api};

use crate::json::to_json;

/// How much a log line matters; the runner shows those from its own level up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Trace,
    Info,
    Warn,
    Error,
}

/// The least level that is shown; [`Level::Info`] unless the host sets one with `Cx::set_host`.
pub struct Threshold(pub Level);

/// Where log lines go, each with its end; standard error unless the host sets something with `Cx::set_host`.
pub struct Lines(pub Box<dyn Fn(&str)>);

/// Log lines of a script.
pub struct Logger;

/// Log lines on standard error: the time, the level, the message, and fields as `name=value`.
///
/// `trace` lines show with `-v`.
#[api(namespace = "Log")]
impl Logger {
    /// Logs that something failed.
    ///
    /// ```lua
    /// Log.error("cannot reach the server", { attempts = 3 })
    /// ```
    /// ```rhai
    /// Log.error("cannot reach the server", #{ attempts: 3 });
    /// ```
    fn error(cx: &Cx, message: String, fields: Option<Map>) -> Result<(), Error> {
        log(cx, "Log.error", Level::Error, &message, fields)
    }

    /// Logs something that may become a problem.
    ///
    /// ```lua
    /// Log.warn("the answer was cut off")
    /// ```
    /// ```rhai
    /// Log.warn("the answer was cut off");
    /// ```
    fn warn(cx: &Cx, message: String, fields: Option<Map>) -> Result<(), Error> {
        log(cx, "Log.warn", Level::Warn, &message, fields)
    }

    /// Logs what is going on.
    ///
    /// ```lua
    /// Log.info("started", { agents = 2 })
    /// ```
    /// ```rhai
    /// Log.info("started", #{ agents: 2 });
    /// ```
    fn info(cx: &Cx, message: String, fields: Option<Map>) -> Result<(), Error> {
        log(cx, "Log.info", Level::Info, &message, fields)
    }

    /// Logs a detail, for finding a fault.
    ///
    /// ```lua
    /// Log.trace("cache miss", { key = "a" })
    /// ```
    /// ```rhai
    /// Log.trace("cache miss", #{ key: "a" });
    /// ```
    fn trace(cx: &Cx, message: String, fields: Option<Map>) -> Result<(), Error> {
        log(cx, "Log.trace", Level::Trace, &message, fields)
    }
}

fn log(
    cx: &Cx,
    function: &str,
    level: Level,
    message: &str,
    fields: Option<Map>,
) -> Result<(), Error> {
    let mut line = format!("{:.3} {} {message}", Timestamp::now(), name(level));
    for (key, value) in fields.unwrap_or_default() {
        let json = to_json(value).map_err(|e: Mismatch| {
            let e = e.at(&key).at("fields");
            Error::Raise(format!("{function}: {e}"))
        })?;
        line.push_str(&format!(" {key}={json}"));
    }
    // Only now, so that a line that cannot be written is an error whether it is shown or not.
    let threshold = cx.host::<Threshold>().map_or(Level::Info, |t| t.0);
    if level < threshold {
        return Ok(());
    }
    let mut line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    line.push('\n');
    cx.console().flush();
    match cx.host::<Lines>() {
        Some(lines) => (lines.0)(&line),
        // A log that nobody can read any more is no reason to fail.
        None => drop(std::io::stderr().write_all(line.as_bytes())),
    }
    Ok(())
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Trace => "TRACE",
        Level::Info => "INFO ",
        Level::Warn => "WARN ",
        Level::Error => "ERROR",
    }
}
