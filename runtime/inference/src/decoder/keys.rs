//! The metadata that describes a model, checked as it is read.

use crate::Error;
use crate::gguf::{Array, File, Value};

/// Of products of two counts and a small number, none overflows.
const MAX_COUNT: usize = 1 << 28;

/// The metadata of one architecture, whose keys begin with its name.
pub(super) struct Keys<'a> {
    pub file: &'a File,
    pub prefix: &'static str,
}

impl Keys<'_> {
    pub fn key(&self, suffix: &str) -> String {
        format!("{}.{suffix}", self.prefix)
    }

    pub fn malformed(&self, suffix: &str, reason: impl Into<String>) -> Error {
        self.file.malformed(&self.key(suffix), reason)
    }

    pub fn optional_count(&self, suffix: &str) -> Result<Option<usize>, Error> {
        self.file.optional_count(&self.key(suffix))
    }

    pub fn optional_float(&self, suffix: &str) -> Result<Option<f32>, Error> {
        self.file.optional_float(&self.key(suffix))
    }

    pub fn optional_bool(&self, suffix: &str) -> Result<Option<bool>, Error> {
        self.file.optional_bool(&self.key(suffix))
    }

    /// A period of layers, of which the last one is different: its length, or for each layer whether it is like most.
    pub fn period(&self, suffix: &str) -> Result<Option<usize>, Error> {
        let value = self.file.header.metadata.get(&self.key(suffix));
        let Some(Value::Array(Array::Bool(layers))) = value else {
            return self.optional_count(suffix);
        };
        let first = layers.iter().position(|usual| !usual);
        let period = first.map_or(layers.len() + 1, |index| index + 1);
        let fits = |(index, usual): (usize, &bool)| *usual != (index + 1).is_multiple_of(period);
        match layers.iter().enumerate().all(fits) {
            true => Ok(Some(period)),
            false => Err(self.malformed(suffix, "its layers do not differ at equal distances")),
        }
    }

    pub fn positive(&self, suffix: &str) -> Result<usize, Error> {
        match self.file.count(&self.key(suffix))? {
            0 => Err(self.malformed(suffix, "is 0")),
            count if count > MAX_COUNT => {
                Err(self.malformed(suffix, format!("{count} is too many")))
            }
            count => Ok(count),
        }
    }

    /// A number above 0.
    pub fn factor(&self, suffix: &str, default: f32) -> Result<f32, Error> {
        let value = self.optional_float(suffix)?.unwrap_or(default);
        if value.is_finite() && value > 0.0 {
            return Ok(value);
        }
        Err(self.malformed(suffix, format!("{value} is not a positive number")))
    }

    /// A number above 0; 0 stands for none.
    pub fn cap(&self, suffix: &str) -> Result<Option<f32>, Error> {
        match self.optional_float(suffix)? {
            None | Some(0.0) => Ok(None),
            Some(_) => self.factor(suffix, 1.0).map(Some),
        }
    }
}
