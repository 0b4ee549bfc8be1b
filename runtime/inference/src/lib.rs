//! GGUF to text on Candle.

pub mod gguf;

mod error;
mod mmap;
mod source;

pub use error::Error;
pub use source::Source;
