//! Bounds-checked reading of the header's primitives.

use super::value::{Array, Value, id};
use crate::Error;

/// Nesting of arrays; the specification sets no limit, real files use one level.
const MAX_DEPTH: usize = 4;
/// Array elements in one header. The largest vocabularies need about two million.
const MAX_ELEMENTS: u64 = 1 << 24;
/// The specification's limit for keys; tensor names are at most 64 bytes and share it.
const MAX_NAME: u64 = 65_535;

/// A position in the file. Every read names the field it reads, for the error.
pub(crate) struct Cursor<'a> {
    file: &'a str,
    bytes: &'a [u8],
    position: usize,
    elements: u64,
}

impl<'a> Cursor<'a> {
    pub fn new(file: &'a str, bytes: &'a [u8]) -> Self {
        Self {
            file,
            bytes,
            position: 0,
            elements: 0,
        }
    }

    pub fn position(&self) -> u64 {
        self.position as u64
    }

    pub fn remaining(&self) -> u64 {
        (self.bytes.len() - self.position) as u64
    }

    pub fn malformed(&self, field: &str, reason: impl Into<String>) -> Error {
        Error::Malformed {
            file: self.file.to_owned(),
            field: field.to_owned(),
            reason: reason.into(),
        }
    }

    /// The error for a tensor that would end behind the file's end.
    pub fn truncated_tensor(
        &self,
        field: &str,
        needed: u64,
        start: Option<u64>,
        file_length: u64,
    ) -> Error {
        Error::Truncated {
            file: self.file.to_owned(),
            field: field.to_owned(),
            needed,
            available: file_length.saturating_sub(start.unwrap_or(u64::MAX)),
        }
    }

    pub fn take(&mut self, length: u64, field: &str) -> Result<&'a [u8], Error> {
        if length > self.remaining() {
            return Err(Error::Truncated {
                file: self.file.to_owned(),
                field: field.to_owned(),
                needed: length,
                available: self.remaining(),
            });
        }
        let start = self.position;
        self.position += length as usize;
        Ok(&self.bytes[start..self.position])
    }

    fn array<const N: usize>(&mut self, field: &str) -> Result<[u8; N], Error> {
        let bytes = self.take(N as u64, field)?;
        Ok(bytes.try_into().expect("take returned N bytes"))
    }

    pub fn u32(&mut self, field: &str) -> Result<u32, Error> {
        self.array(field).map(u32::from_le_bytes)
    }

    pub fn u64(&mut self, field: &str) -> Result<u64, Error> {
        self.array(field).map(u64::from_le_bytes)
    }

    /// A count of items that take at least `minimum` bytes each, checked against what is left.
    pub fn count(&mut self, minimum: u64, field: &str) -> Result<u64, Error> {
        let count = self.u64(field)?;
        let needed = count.saturating_mul(minimum);
        if needed > self.remaining() {
            return Err(Error::Truncated {
                file: self.file.to_owned(),
                field: field.to_owned(),
                needed,
                available: self.remaining(),
            });
        }
        Ok(count)
    }

    /// A key or a tensor name.
    pub fn name(&mut self, field: &str) -> Result<String, Error> {
        let length = self.count(1, field)?;
        if length > MAX_NAME {
            return Err(self.malformed(field, format!("is {length} bytes long")));
        }
        let bytes = self.take(length, field)?;
        match std::str::from_utf8(bytes) {
            Ok(name) => Ok(name.to_owned()),
            Err(_) => Err(self.malformed(field, "is not UTF-8")),
        }
    }

    /// A string value; a byte that is not UTF-8 becomes U+FFFD, as some vocabularies hold them.
    fn string(&mut self, field: &str) -> Result<String, Error> {
        let length = self.count(1, field)?;
        let bytes = self.take(length, field)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn bool(&mut self, field: &str) -> Result<bool, Error> {
        match self.take(1, field)?[0] {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.malformed(field, format!("{other} is not a bool"))),
        }
    }

    pub fn value(&mut self, field: &str) -> Result<Value, Error> {
        Ok(match self.u32(field)? {
            id::U8 => Value::U8(self.take(1, field)?[0]),
            id::I8 => Value::I8(i8::from_le_bytes(self.array(field)?)),
            id::U16 => Value::U16(u16::from_le_bytes(self.array(field)?)),
            id::I16 => Value::I16(i16::from_le_bytes(self.array(field)?)),
            id::U32 => Value::U32(self.u32(field)?),
            id::I32 => Value::I32(i32::from_le_bytes(self.array(field)?)),
            id::U64 => Value::U64(self.u64(field)?),
            id::I64 => Value::I64(i64::from_le_bytes(self.array(field)?)),
            id::F32 => Value::F32(f32::from_le_bytes(self.array(field)?)),
            id::F64 => Value::F64(f64::from_le_bytes(self.array(field)?)),
            id::BOOL => Value::Bool(self.bool(field)?),
            id::STRING => Value::String(self.string(field)?),
            id::ARRAY => Value::Array(self.array_value(field, MAX_DEPTH)?),
            other => return Err(self.malformed(field, format!("unknown value type {other}"))),
        })
    }

    fn array_value(&mut self, field: &str, depth: usize) -> Result<Array, Error> {
        let element = self.u32(field)?;
        let Some(size) = element_size(element) else {
            return Err(self.malformed(field, format!("unknown element type {element}")));
        };
        let count = self.count(size, field)?;
        self.elements = self.elements.saturating_add(count);
        if self.elements > MAX_ELEMENTS {
            return Err(self.malformed(field, format!("has {count} elements, too many")));
        }
        Ok(match element {
            id::U8 => Array::U8(self.take(count, field)?.to_vec()),
            id::I8 => Array::I8(self.numbers(count, field, i8::from_le_bytes)?),
            id::U16 => Array::U16(self.numbers(count, field, u16::from_le_bytes)?),
            id::I16 => Array::I16(self.numbers(count, field, i16::from_le_bytes)?),
            id::U32 => Array::U32(self.numbers(count, field, u32::from_le_bytes)?),
            id::I32 => Array::I32(self.numbers(count, field, i32::from_le_bytes)?),
            id::U64 => Array::U64(self.numbers(count, field, u64::from_le_bytes)?),
            id::I64 => Array::I64(self.numbers(count, field, i64::from_le_bytes)?),
            id::F32 => Array::F32(self.numbers(count, field, f32::from_le_bytes)?),
            id::F64 => Array::F64(self.numbers(count, field, f64::from_le_bytes)?),
            id::BOOL => Array::Bool(self.collect(count, |c| c.bool(field))?),
            id::STRING => Array::String(self.collect(count, |c| c.string(field))?),
            _ if depth == 0 => return Err(self.malformed(field, "arrays nest too deep")),
            _ => Array::Array(self.collect(count, |c| c.array_value(field, depth - 1))?),
        })
    }

    fn numbers<T, const N: usize>(
        &mut self,
        count: u64,
        field: &str,
        from: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, Error> {
        self.collect(count, |cursor| cursor.array(field).map(&from))
    }

    fn collect<T>(
        &mut self,
        count: u64,
        mut read: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        (0..count).map(|_| read(self)).collect()
    }
}

/// The bytes that one array element takes at least.
fn element_size(element: u32) -> Option<u64> {
    Some(match element {
        id::U8 | id::I8 | id::BOOL => 1,
        id::U16 | id::I16 => 2,
        id::U32 | id::I32 | id::F32 => 4,
        id::U64 | id::I64 | id::F64 => 8,
        id::STRING => 8,
        id::ARRAY => 12,
        _ => return None,
    })
}
