//! The host's constants, and reading lists that are constants.
//!
//! A module's variable, which Rhai has for that, comes as a copy that a script may change, for nothing.

use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};

use llmspell_core::{Error, Value};
use rhai::{Array, Dynamic, Engine, FuncRegistration, INT};

use crate::convert::to_dynamic;

/// What the host has set for all scripts.
pub struct Constants(RefCell<Vec<Constant>>);

struct Constant {
    name: String,
    value: Dynamic,
    /// What a script got last. As long as two hold it, what the script takes out of it is a copy, and its own.
    last: Dynamic,
}

impl Constants {
    pub fn new(globals: &[(&str, Value)]) -> Result<Self, Error> {
        let constant = |(name, value): &(&str, Value)| {
            let value = to_dynamic(value.clone())?;
            Ok(Constant {
                name: (*name).to_owned(),
                value,
                last: Dynamic::UNIT,
            })
        };
        let constants: Result<_, Error> = globals.iter().map(constant).collect();
        Ok(Self(RefCell::new(constants?)))
    }

    /// The constant of a name.
    pub fn value(&self, name: &str) -> Option<Dynamic> {
        let mut constants = self.0.borrow_mut();
        let constant = constants.iter_mut().find(|known| known.name == name)?;
        // A new one each time, since a method that waits, such as `map`, holds its own until it ends.
        constant.last = constant.value.clone().into_read_only().into_shared();
        Some(constant.last.clone())
    }
}

/// `get` and `extract` of lists, in the place of Rhai's own: those only read, but Rhai refuses them for constants. A
/// negative index counts from the end, as in Rhai's.
pub fn register(engine: &mut Engine) {
    let reading = |name| FuncRegistration::new(name).with_purity(true);
    reading("get").register_into_engine(engine, get);
    reading("extract").register_into_engine(engine, extract);
    let tail = |list: &mut Array, start: INT| extract(list, start, INT::MAX);
    reading("extract").register_into_engine(engine, tail);
    let range = |list: &mut Array, range: Range<INT>| between(list, range.start, range.end);
    reading("extract").register_into_engine(engine, range);
    let inclusive = |list: &mut Array, range: RangeInclusive<INT>| {
        between(list, *range.start(), range.end().saturating_add(1))
    };
    reading("extract").register_into_engine(engine, inclusive);
}

/// The item at an index; `()` outside of the list.
fn get(list: &mut Array, index: INT) -> Dynamic {
    let at = match usize::try_from(index) {
        Ok(at) => Some(at),
        Err(_) => from_end(list, index),
    };
    let item = at.and_then(|at| list.get(at));
    item.cloned().unwrap_or(Dynamic::UNIT)
}

/// At most `count` items from `start` on; what lies outside of the list is left out.
fn extract(list: &mut Array, start: INT, count: INT) -> Array {
    let start = match usize::try_from(start) {
        Ok(start) => start,
        Err(_) => from_end(list, start).unwrap_or(0),
    };
    let count = usize::try_from(count).unwrap_or(0);
    list.iter().skip(start).take(count).cloned().collect()
}

fn between(list: &mut Array, start: INT, end: INT) -> Array {
    let start = start.max(0);
    extract(list, start, end.saturating_sub(start))
}

fn from_end(list: &Array, index: INT) -> Option<usize> {
    let back = usize::try_from(index.unsigned_abs()).ok()?;
    list.len().checked_sub(back)
}
