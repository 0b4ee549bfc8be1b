//! `Time`: clocks and calendar.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};
use jiff::tz::TimeZone;
use llmspell_core::{Error, api};

/// Clocks and the calendar.
pub struct Time;

/// The clock, and times written for people.
///
/// Every time is a number of seconds.
#[api(namespace = "Time")]
impl Time {
    /// Seconds since 1970-01-01 00:00 UTC, with fractions.
    ///
    /// ```lua
    /// assert(Time.now() > 1700000000)
    /// ```
    /// ```rhai
    /// if Time.now() < 1700000000 { throw "the clock is wrong" }
    /// ```
    fn now() -> f64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0.0, |d| d.as_secs_f64())
    }

    /// Seconds on a clock that never goes back, for measuring how long something takes.
    ///
    /// ```lua
    /// local start = Time.monotonic()
    /// print("took " .. (Time.monotonic() - start) .. " s")
    /// ```
    /// ```rhai
    /// let start = Time.monotonic();
    /// print(`took ${Time.monotonic() - start} s`);
    /// ```
    fn monotonic() -> f64 {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_secs_f64()
    }

    /// A time as text, in UTC, after a `strftime` format such as `%Y-%m-%d %H:%M:%S`.
    ///
    /// ```lua
    /// assert(Time.format(0, "%Y-%m-%d") == "1970-01-01")
    /// ```
    /// ```rhai
    /// if Time.format(0, "%Y-%m-%d") != "1970-01-01" { throw "the calendar is wrong" }
    /// ```
    fn format(time: f64, format: String) -> Result<String, Error> {
        if !time.is_finite() {
            return Err(Error::Raise(format!(
                "Time.format: time: expected a time, got {time}"
            )));
        }
        // What a float holds of a time of today.
        let microseconds = (time * 1e6).round() as i128;
        let stamp = Timestamp::from_nanosecond(microseconds.saturating_mul(1_000));
        let stamp = stamp.map_err(|_| {
            let range = "a time from -9999-01-03 to 9999-12-30";
            Error::Raise(format!("Time.format: time: expected {range}, got {time:?}"))
        })?;
        let config = Config::new().custom(PosixCustom::new());
        BrokenDownTime::from(&stamp.to_zoned(TimeZone::UTC))
            .to_string_with_config(&config, &format)
            .map_err(|e| Error::Raise(format!("Time.format: {e}")))
    }
}
