//! GGUF to text on Candle.

pub mod gguf;
pub mod tokenizer;

mod error;
mod message;
mod mmap;
mod source;
mod template;
mod vocabulary;

pub use error::Error;
pub use jiff::civil::DateTime;
pub use message::Message;
pub use source::Source;
pub use template::Template;
pub use tokenizer::Tokenizer;
pub use vocabulary::Vocabulary;
