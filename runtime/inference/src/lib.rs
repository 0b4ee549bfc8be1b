//! GGUF to text on Candle.

pub mod gguf;

mod error;

pub use error::Error;
