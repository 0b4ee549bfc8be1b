//! The validated header: everything before the tensor data.

use std::collections::HashMap;

use candle_core::quantized::GgmlDType;

use super::cursor::Cursor;
use super::value::Value;
use super::{DEFAULT_ALIGNMENT, MAGIC, tensor_type};
use crate::Error;

const MAX_DIMENSIONS: u32 = 4;
/// Key length, value type, one byte of value.
const MIN_ENTRY: u64 = 8 + 4 + 1;
/// Name length, dimension count, one dimension, type, offset.
const MIN_TENSOR: u64 = 8 + 4 + 8 + 4 + 8;

/// What the file says about itself. Every tensor lies inside the file.
#[derive(Debug)]
pub(crate) struct Header {
    pub metadata: HashMap<String, Value>,
    pub tensors: HashMap<String, TensorInfo>,
}

#[derive(Debug, Clone)]
pub(crate) struct TensorInfo {
    pub dtype: GgmlDType,
    /// Row-major, slowest first: a linear layer is `[out, in]`.
    pub dims: Vec<usize>,
    /// The number of its file, of those that hold a model together.
    pub shard: usize,
    /// From the start of the file, in bytes.
    pub start: usize,
    /// In bytes.
    pub length: usize,
}

impl TensorInfo {
    pub fn elements(&self) -> u64 {
        self.dims.iter().map(|&d| d as u64).product()
    }
}

impl Header {
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        check_magic(file, bytes)?;
        let mut cursor = Cursor::new(file, bytes);
        cursor.take(MAGIC.len() as u64, "magic")?;
        let version = cursor.u32("version")?;
        if (1..=3).contains(&version.swap_bytes()) {
            let file = file.to_owned();
            return Err(Error::BigEndian { file });
        }
        if !(2..=3).contains(&version) {
            let file = file.to_owned();
            return Err(Error::UnsupportedVersion { file, version });
        }
        let tensor_count = cursor.count(MIN_TENSOR, "tensor count")?;
        let entry_count = cursor.count(MIN_ENTRY, "metadata count")?;
        let metadata = read_metadata(&mut cursor, entry_count)?;
        let alignment = alignment(file, &cursor, &metadata)?;
        let listed: Vec<_> = (0..tensor_count)
            .map(|index| Listed::read(&mut cursor, file, index))
            .collect::<Result<_, _>>()?;
        let data_start = cursor.position().next_multiple_of(alignment);
        let mut tensors = HashMap::with_capacity(listed.len());
        for tensor in listed {
            let info = tensor.place(&cursor, data_start, alignment, bytes.len() as u64)?;
            if tensors.insert(tensor.name.clone(), info).is_some() {
                return Err(cursor.malformed(&tensor.field(), "is listed twice"));
            }
        }
        check_apart(&cursor, &tensors)?;
        Ok(Self { metadata, tensors })
    }
}

/// Tensors may lie anywhere, but not in each other.
fn check_apart(cursor: &Cursor, tensors: &HashMap<String, TensorInfo>) -> Result<(), Error> {
    let mut placed: Vec<_> = tensors
        .iter()
        .map(|(name, info)| (info.start, info, name))
        .collect();
    placed.sort_unstable_by_key(|&(start, ..)| start);
    for pair in placed.windows(2) {
        let [(start, info, name), (next, _, other)] = pair else {
            unreachable!("windows of two");
        };
        if start + info.length > *next {
            let reason = format!("overlaps tensor `{other}`");
            return Err(cursor.malformed(&format!("tensor `{name}`"), reason));
        }
    }
    Ok(())
}

fn check_magic(file: &str, bytes: &[u8]) -> Result<(), Error> {
    if bytes.starts_with(&MAGIC) || MAGIC.starts_with(bytes) {
        return Ok(());
    }
    let start = &bytes[..bytes.len().min(MAGIC.len())];
    Err(Error::NotGguf {
        file: file.to_owned(),
        found: format!("\"{}\"", start.escape_ascii()),
    })
}

fn read_metadata(cursor: &mut Cursor, count: u64) -> Result<HashMap<String, Value>, Error> {
    let mut metadata = HashMap::new();
    for index in 0..count {
        let key = cursor.name(&format!("metadata key {index}"))?;
        let field = format!("metadata `{key}`");
        let value = cursor.value(&field)?;
        if metadata.insert(key, value).is_some() {
            return Err(cursor.malformed(&field, "is given twice"));
        }
    }
    Ok(metadata)
}

fn alignment(file: &str, cursor: &Cursor, metadata: &HashMap<String, Value>) -> Result<u64, Error> {
    const KEY: &str = "general.alignment";
    match metadata.get(KEY) {
        None => Ok(DEFAULT_ALIGNMENT),
        Some(Value::U32(alignment)) if alignment.is_power_of_two() => Ok((*alignment).into()),
        Some(Value::U32(alignment)) => {
            let reason = format!("{alignment} is not a power of two");
            Err(cursor.malformed(KEY, reason))
        }
        Some(other) => Err(Error::WrongType {
            file: file.to_owned(),
            key: KEY.to_owned(),
            expected: "u32",
            found: other.type_name(),
        }),
    }
}

/// A tensor as the file lists it, not yet checked against the file's length.
struct Listed {
    name: String,
    dtype: GgmlDType,
    dims: Vec<usize>,
    bytes: u64,
    offset: u64,
}

impl Listed {
    fn read(cursor: &mut Cursor, file: &str, index: u64) -> Result<Self, Error> {
        let name = cursor.name(&format!("name of tensor {index}"))?;
        let field = format!("tensor `{name}`");
        let rank = cursor.u32(&field)?;
        if rank == 0 || rank > MAX_DIMENSIONS {
            return Err(cursor.malformed(&field, format!("has {rank} dimensions")));
        }
        let mut dims = Vec::with_capacity(rank as usize);
        for _ in 0..rank {
            dims.push(cursor.u64(&field)?);
        }
        let type_id = cursor.u32(&field)?;
        let Some(dtype) = tensor_type::from_id(type_id) else {
            return Err(Error::UnsupportedTensorType {
                file: file.to_owned(),
                tensor: name,
                type_id,
                type_name: tensor_type::unsupported_name(type_id).to_owned(),
            });
        };
        let Some(bytes) = size_in_bytes(&dims, dtype) else {
            let reason = format!("dimensions {dims:?} do not fit its type or overflow");
            return Err(cursor.malformed(&field, reason));
        };
        let offset = cursor.u64(&field)?;
        // The file lists the fastest dimension first.
        let dims = dims.into_iter().rev().map(|d| d as usize).collect();
        Ok(Self {
            name,
            dtype,
            dims,
            bytes,
            offset,
        })
    }

    fn field(&self) -> String {
        format!("tensor `{}`", self.name)
    }

    fn place(
        &self,
        cursor: &Cursor,
        data_start: u64,
        alignment: u64,
        file_length: u64,
    ) -> Result<TensorInfo, Error> {
        if !self.offset.is_multiple_of(alignment) {
            let reason = format!("offset {} is not a multiple of {alignment}", self.offset);
            return Err(cursor.malformed(&self.field(), reason));
        }
        let start = data_start.checked_add(self.offset);
        let end = start.and_then(|start| start.checked_add(self.bytes));
        match (start, end) {
            (Some(start), Some(end)) if end <= file_length => Ok(TensorInfo {
                dtype: self.dtype,
                dims: self.dims.clone(),
                shard: 0,
                start: start as usize,
                length: self.bytes as usize,
            }),
            _ => Err(cursor.truncated_tensor(&self.field(), self.bytes, start, file_length)),
        }
    }
}

/// `None` when the product overflows, a dimension is zero or a row is not whole blocks.
fn size_in_bytes(dims: &[u64], dtype: GgmlDType) -> Option<u64> {
    let block = dtype.block_size() as u64;
    let row = *dims.first()?;
    let elements = dims.iter().try_fold(1u64, |all, &d| all.checked_mul(d))?;
    let bytes = (elements / block).checked_mul(dtype.type_size() as u64)?;
    // Candle computes element counts in `usize` and byte counts in `isize`.
    let fits = elements.checked_mul(4)? <= isize::MAX as u64;
    (elements > 0 && row.is_multiple_of(block) && fits).then_some(bytes)
}
