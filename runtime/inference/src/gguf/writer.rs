//! Writing GGUF files (version 3): for training, conversion and tests.

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use candle_core::quantized::{GgmlDType, QTensor};

use super::value::{Array, Value};
use super::{DEFAULT_ALIGNMENT, MAGIC, shards, tensor_type};
use crate::Error;

const VERSION: u32 = 3;

/// A GGUF file under construction: metadata and tensors, written in the order they were added.
///
/// ```no_run
/// # use candle_core::{Device, Tensor, quantized::GgmlDType};
/// # use llmspell_inference::gguf::Writer;
/// # fn main() -> Result<(), llmspell_inference::Error> {
/// let embedding = Tensor::randn(0f32, 1.0, (512, 64), &Device::Cpu)?; // [vocabulary, hidden]
/// Writer::new()
///     .metadata("general.architecture", "llama")
///     .metadata("llama.block_count", 4u32)
///     .metadata("tokenizer.ggml.tokens", vec!["<s>", "</s>"])
///     .tensor("token_embd.weight", &embedding, GgmlDType::Q8_0)?
///     .write_to("tiny.gguf")
/// # }
/// ```
#[derive(Default)]
pub struct Writer {
    metadata: Vec<(String, Value)>,
    tensors: Vec<Listed>,
}

/// Writes the bytes of one tensor, the same each time it is called.
pub type Fill = Box<dyn Fn(&mut dyn Write) -> io::Result<()>>;

struct Listed {
    name: String,
    /// Row-major, slowest first.
    shape: Vec<usize>,
    dtype: GgmlDType,
    data: Data,
}

enum Data {
    Whole(QTensor),
    Streamed(Fill),
}

impl Listed {
    fn bytes(&self) -> u64 {
        let elements: usize = self.shape.iter().product();
        (elements / self.dtype.block_size() * self.dtype.type_size()) as u64
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.data {
            Data::Whole(tensor) => out.write_all(&tensor.data().map_err(io::Error::other)?),
            Data::Streamed(fill) => fill(out),
        }
    }
}

impl Writer {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one metadata entry. A key added again replaces the earlier value.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let (key, value) = (key.into(), value.into());
        self.metadata.retain(|(existing, _)| *existing != key);
        self.metadata.push((key, value));
        self
    }

    /// Removes one metadata entry, if it is there.
    pub fn without(mut self, key: &str) -> Self {
        self.metadata.retain(|(existing, _)| existing != key);
        self
    }

    /// Removes one tensor, if it is there.
    pub fn without_tensor(mut self, name: &str) -> Self {
        self.tensors.retain(|existing| existing.name != name);
        self
    }

    /// Removes all tensors, which leaves the vocabulary.
    pub fn without_tensors(mut self) -> Self {
        self.tensors.clear();
        self
    }

    /// Adds a tensor, converted to `dtype`. Dimensions are Candle's (row-major, so a linear layer
    /// is `[out, in]`); the last one must be a multiple of the type's block (32 for `Q8_0`).
    pub fn tensor(
        self,
        name: impl Into<String>,
        tensor: &Tensor,
        dtype: GgmlDType,
    ) -> Result<Self, Error> {
        // Quantizing reads from the start of the storage, which is not where a view begins.
        let tensor = tensor.force_contiguous()?;
        Ok(self.quantized(name, QTensor::quantize(&tensor, dtype)?))
    }

    /// Adds a tensor that already has its type.
    pub fn quantized(mut self, name: impl Into<String>, tensor: QTensor) -> Self {
        self.tensors.push(Listed {
            name: name.into(),
            shape: tensor.shape().dims().to_vec(),
            dtype: tensor.dtype(),
            data: Data::Whole(tensor),
        });
        self
    }

    /// Adds a tensor whose bytes are made when the file is written, for files larger than memory.
    /// `shape` is row-major, its last dimension whole blocks of `dtype`.
    pub fn streamed(
        mut self,
        name: impl Into<String>,
        shape: &[usize],
        dtype: GgmlDType,
        fill: Fill,
    ) -> Self {
        self.tensors.push(Listed {
            name: name.into(),
            shape: shape.to_vec(),
            dtype,
            data: Data::Streamed(fill),
        });
        self
    }

    /// The size of the whole file, in bytes.
    pub fn size(&self) -> u64 {
        let tensors = self.tensors.iter();
        let data: u64 = tensors.map(|tensor| aligned(tensor.bytes())).sum();
        aligned(self.header().len() as u64) + data
    }

    /// Whether `path` has the size and the header that this file would have. Does not read the tensors.
    pub fn is_at(&self, path: impl AsRef<Path>) -> io::Result<bool> {
        let file = std::fs::File::open(path)?;
        if file.metadata()?.len() != self.size() {
            return Ok(false);
        }
        let expected = self.header();
        let mut found = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, expected.len() as u64), &mut found)?;
        Ok(found == expected)
    }

    /// The whole file in memory.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        self.write(&mut out, &mut |_| ControlFlow::Continue(()))
            .map_err(|error| Error::Compute {
                reason: error.to_string(),
            })?;
        Ok(out)
    }

    /// Writes the file whole or not at all: to a temporary file beside `path`, then renamed.
    pub fn write_to(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.write_with(path, |_| ControlFlow::Continue(()))
    }

    /// Like [`Writer::write_to`]; `progress` is called with the bytes written so far and may stop it,
    /// which is an error.
    pub fn write_with(
        &self,
        path: impl AsRef<Path>,
        mut progress: impl FnMut(u64) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let path = path.as_ref();
        let write = |file: &std::fs::File| {
            let mut out = BufWriter::new(file);
            self.write(&mut out, &mut progress)?;
            out.flush()
        };
        write_atomically(path, write).map_err(|source| Error::Unwritable {
            path: path.to_owned(),
            source,
        })
    }

    /// Writes the model as `count` files, each with its part of the tensors; returns their paths.
    /// `NAME.gguf` becomes `NAME-00001-of-0000N.gguf` and so on. Any of them opens the model.
    pub fn write_shards(self, path: impl AsRef<Path>, count: u16) -> Result<Vec<PathBuf>, Error> {
        let paths = shards::paths(path.as_ref(), count.into());
        for (shard, path) in self.split(count).iter().zip(&paths) {
            shard.write_to(path)?;
        }
        Ok(paths)
    }

    fn split(self, count: u16) -> Vec<Self> {
        let total = self.tensors.len();
        let mut tensors = self.tensors.into_iter();
        let mut metadata = Some(self.metadata);
        let shard = |number| {
            Self {
                metadata: metadata.take().unwrap_or_default(),
                tensors: tensors
                    .by_ref()
                    .take(total.div_ceil(count.max(1).into()))
                    .collect(),
            }
            .metadata(shards::NUMBER, number)
            .metadata(shards::COUNT, count)
            .metadata(shards::TENSORS, total as i32)
        };
        (0..count).map(shard).collect()
    }

    fn write(
        &self,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> io::Result<()> {
        let mut out = Counted {
            out,
            written: 0,
            progress,
        };
        out.write_all(&self.header())?;
        for tensor in &self.tensors {
            out.pad()?;
            let end = out.written + tensor.bytes();
            tensor.write(&mut out)?;
            if out.written != end {
                let (name, needed) = (&tensor.name, tensor.bytes());
                let problem = format!("tensor `{name}` did not get the {needed} bytes it needs");
                return Err(io::Error::other(problem));
            }
        }
        out.pad()
    }

    fn header(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        put_count(&mut out, self.tensors.len());
        put_count(&mut out, self.metadata.len());
        for (key, value) in &self.metadata {
            put_string(&mut out, key);
            out.extend_from_slice(&value.type_id().to_le_bytes());
            put_value(&mut out, value);
        }
        let mut offset = 0;
        for tensor in &self.tensors {
            put_tensor_info(&mut out, tensor, offset);
            offset += aligned(tensor.bytes());
        }
        out
    }
}

/// Counts what is written, and tells.
struct Counted<'a> {
    out: &'a mut dyn Write,
    written: u64,
    progress: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
}

impl Counted<'_> {
    fn pad(&mut self) -> io::Result<()> {
        let missing = aligned(self.written) - self.written;
        self.write_all(&[0; DEFAULT_ALIGNMENT as usize][..missing as usize])
    }
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        match (self.progress)(self.written) {
            ControlFlow::Continue(()) => Ok(written),
            ControlFlow::Break(()) => Err(io::Error::other("it was stopped")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn aligned(bytes: u64) -> u64 {
    bytes.next_multiple_of(DEFAULT_ALIGNMENT)
}

fn put_tensor_info(out: &mut Vec<u8>, tensor: &Listed, offset: u64) {
    put_string(out, &tensor.name);
    out.extend_from_slice(&(tensor.shape.len() as u32).to_le_bytes());
    for &dim in tensor.shape.iter().rev() {
        put_count(out, dim);
    }
    out.extend_from_slice(&tensor_type::id(tensor.dtype).to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U8(v) => out.push(*v),
        Value::I8(v) => out.extend(v.to_le_bytes()),
        Value::U16(v) => out.extend(v.to_le_bytes()),
        Value::I16(v) => out.extend(v.to_le_bytes()),
        Value::U32(v) => out.extend(v.to_le_bytes()),
        Value::I32(v) => out.extend(v.to_le_bytes()),
        Value::U64(v) => out.extend(v.to_le_bytes()),
        Value::I64(v) => out.extend(v.to_le_bytes()),
        Value::F32(v) => out.extend(v.to_le_bytes()),
        Value::F64(v) => out.extend(v.to_le_bytes()),
        Value::Bool(v) => out.push(u8::from(*v)),
        Value::String(v) => put_string(out, v),
        Value::Array(v) => put_array(out, v),
    }
}

fn put_array(out: &mut Vec<u8>, array: &Array) {
    out.extend_from_slice(&array.element_type_id().to_le_bytes());
    put_count(out, array.len());
    match array {
        Array::U8(vs) => out.extend_from_slice(vs),
        Array::I8(vs) => out.extend(vs.iter().flat_map(|v| v.to_le_bytes())),
        Array::U16(vs) => out.extend(vs.iter().flat_map(|v| v.to_le_bytes())),
        Array::I16(vs) => out.extend(vs.iter().flat_map(|v| v.to_le_bytes())),
        Array::U32(vs) => out.extend(vs.iter().flat_map(|v| v.to_le_bytes())),
        Array::I32(vs) => out.extend(vs.iter().flat_map(|v| v.to_le_bytes())),
        Array::U64(vs) => out.extend(vs.iter().flat_map(|v| v.to_le_bytes())),
        Array::I64(vs) => out.extend(vs.iter().flat_map(|v| v.to_le_bytes())),
        Array::F32(vs) => out.extend(vs.iter().flat_map(|v| v.to_le_bytes())),
        Array::F64(vs) => out.extend(vs.iter().flat_map(|v| v.to_le_bytes())),
        Array::Bool(vs) => out.extend(vs.iter().map(|&v| u8::from(v))),
        Array::String(vs) => vs.iter().for_each(|v| put_string(out, v)),
        Array::Array(vs) => vs.iter().for_each(|v| put_array(out, v)),
    }
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    put_count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&(count as u64).to_le_bytes());
}

fn write_atomically(
    path: &Path,
    write: impl FnOnce(&std::fs::File) -> io::Result<()>,
) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::File::create(&temporary)
        .and_then(|file| write(&file).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // Best effort: the error that matters is the one above.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
