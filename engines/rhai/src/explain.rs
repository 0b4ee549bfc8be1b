//! Rhai's errors in plain sentences.

use rhai::{EvalAltResult, ParseErrorType};

use crate::errors;
use crate::names::Names;

/// The message of an error, and what to do about it.
pub fn explain(
    error: &EvalAltResult,
    _names: &Names,
    _source: &str,
    _in_function: bool,
) -> (String, Option<String>) {
    match error {
        EvalAltResult::ErrorRuntime(value, _) => (errors::thrown_message(value), None),
        other => (other.to_string(), None),
    }
}

/// The message of a syntax error, and what to do about it.
pub fn syntax(error: &ParseErrorType) -> (String, Option<String>) {
    (error.to_string(), None)
}
