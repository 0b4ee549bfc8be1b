//! The GGUF container: validated reading, writing, and its value and tensor types.
//!
//! Source: the GGUF specification, `docs/gguf.md` of the ggml repository.

pub mod writer;

mod cursor;
mod file;
mod header;
mod tensor;
mod tensor_type;
mod value;

pub use value::{Array, Value};
pub use writer::Writer;

pub(crate) use file::{File, View};
pub(crate) use tensor_type::name as tensor_type_name;

pub(crate) const MAGIC: [u8; 4] = *b"GGUF";
pub(crate) const DEFAULT_ALIGNMENT: u64 = 32;
