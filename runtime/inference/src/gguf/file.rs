//! An open GGUF file: its bytes, its header, typed access to its metadata.

use std::ops::Range;
use std::sync::Arc;

use super::header::{Header, TensorInfo};
use super::value::{Array, Value};
use crate::Error;
use crate::source::{Bytes, Source};

pub(crate) struct File {
    pub name: String,
    pub header: Header,
    bytes: Arc<Bytes>,
}

/// Part of a file's bytes, which stay where they are for as long as anybody looks at them.
#[derive(Clone)]
pub(crate) struct View {
    bytes: Arc<Bytes>,
    range: Range<usize>,
}

impl View {
    #[cfg(test)]
    pub fn of(bytes: Arc<Bytes>) -> Self {
        let range = 0..bytes.len();
        Self { bytes, range }
    }
}

impl std::ops::Deref for View {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.range.clone()]
    }
}

impl File {
    pub fn open(source: &Source) -> Result<Self, Error> {
        let name = source.name();
        let bytes = Arc::new(source.load()?);
        let header = Header::read(&name, &bytes)?;
        Ok(Self {
            name,
            header,
            bytes,
        })
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// A range of a tensor's bytes.
    pub fn view_of(&self, tensor: &TensorInfo, range: Range<usize>) -> View {
        View {
            bytes: Arc::clone(&self.bytes),
            range: tensor.start + range.start..tensor.start + range.end,
        }
    }

    pub fn architecture(&self) -> Result<&str, Error> {
        self.string("general.architecture")
    }

    pub fn malformed(&self, key: &str, reason: impl Into<String>) -> Error {
        Error::Malformed {
            file: self.name.clone(),
            field: format!("metadata `{key}`"),
            reason: reason.into(),
        }
    }

    pub fn string(&self, key: &str) -> Result<&str, Error> {
        self.required(key, self.optional_string(key)?)
    }

    pub fn optional_string(&self, key: &str) -> Result<Option<&str>, Error> {
        self.typed(key, "a string", Value::as_str)
    }

    pub fn count(&self, key: &str) -> Result<usize, Error> {
        self.required(key, self.optional_count(key)?)
    }

    pub fn optional_count(&self, key: &str) -> Result<Option<usize>, Error> {
        self.typed(key, "a count", |value| {
            value.as_u64().and_then(|v| usize::try_from(v).ok())
        })
    }

    pub fn optional_token(&self, key: &str) -> Result<Option<u32>, Error> {
        self.typed(key, "a token id", |value| {
            value.as_u64().and_then(|v| u32::try_from(v).ok())
        })
    }

    pub fn float(&self, key: &str) -> Result<f32, Error> {
        self.required(key, self.optional_float(key)?)
    }

    pub fn optional_float(&self, key: &str) -> Result<Option<f32>, Error> {
        self.typed(key, "a float", Value::as_f32)
    }

    pub fn optional_bool(&self, key: &str) -> Result<Option<bool>, Error> {
        self.typed(key, "a bool", Value::as_bool)
    }

    pub fn strings(&self, key: &str) -> Result<&[String], Error> {
        let strings = self.typed(key, "an array of strings", |value| match value {
            Value::Array(Array::String(strings)) => Some(strings.as_slice()),
            _ => None,
        })?;
        self.required(key, strings)
    }

    pub fn optional_floats(&self, key: &str) -> Result<Option<&[f32]>, Error> {
        self.typed(key, "an array of floats", |value| match value {
            Value::Array(Array::F32(floats)) => Some(floats.as_slice()),
            _ => None,
        })
    }

    pub fn optional_integers(&self, key: &str) -> Result<Option<Vec<i64>>, Error> {
        self.typed(key, "an array of integers", |value| match value {
            Value::Array(Array::I32(v)) => Some(v.iter().map(|&i| i.into()).collect()),
            Value::Array(Array::U32(v)) => Some(v.iter().map(|&i| i.into()).collect()),
            Value::Array(Array::I8(v)) => Some(v.iter().map(|&i| i.into()).collect()),
            Value::Array(Array::U8(v)) => Some(v.iter().map(|&i| i.into()).collect()),
            Value::Array(Array::I64(v)) => Some(v.clone()),
            _ => None,
        })
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        expected: &'static str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.header.metadata.get(key) else {
            return Ok(None);
        };
        match convert(value) {
            Some(converted) => Ok(Some(converted)),
            None => Err(Error::WrongType {
                file: self.name.clone(),
                key: key.to_owned(),
                expected,
                found: value.type_name(),
            }),
        }
    }

    fn required<T>(&self, key: &str, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| Error::MissingKey {
            file: self.name.clone(),
            key: key.to_owned(),
        })
    }
}
