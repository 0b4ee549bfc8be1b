//! GGUF to text on Candle: tokenizers, chat templates, a decoder and its generation loop.
//!
//! ```no_run
//! use llmspell_inference::{Event, Message, Model, Options, Request};
//!
//! # fn main() -> Result<(), llmspell_inference::Error> {
//! let model = Model::open(std::path::Path::new("model.gguf"), &Options::default(), |_| {})?;
//! let prompt = model.vocabulary().prompt_tokens(&[Message::user("Hello!")], None, true)?;
//! let mut generation = model.generate(Request { prompt, ..Request::default() })?;
//! while let Some(event) = generation.blocking_next() {
//!     match event? {
//!         Event::Text(text) => print!("{text}"),
//!         Event::Logprobs(_) => {} // only if they are asked for
//!         Event::Done(finish) => println!("\n{finish:?}"),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The crate knows nothing of scripts or servers. Model files are treated as hostile: a GGUF's
//! header is validated before anything else reads it.

pub mod bench;
pub mod gguf;
pub mod synthetic;
pub mod testing;
pub mod tokenizer;

mod checkpoint;
mod decoder;
mod embedding;
mod error;
mod generate;
mod info;
mod message;
mod mmap;
mod model;
mod quantization;
mod source;
mod template;
mod threads;
mod vocabulary;

pub use checkpoint::{Checkpoint, Footprint};
pub use decoder::CacheType;
pub use embedding::{Embedded, Embedder};
pub use error::Error;
pub use generate::{
    Dry, Event, Filters, Finish, FinishReason, Generation, Logprob, Mirostat, Penalties, Request,
    Sampler, Sampling, Timings, TokenLogprobs, Truncation, Window,
};
pub use info::ModelInfo;
pub use jiff::civil::DateTime;
pub use message::Message;
pub use model::{Activity, Device, Model, Options, Progress};
pub use source::Source;
pub use template::Template;
pub use threads::Threads;
pub use tokenizer::Tokenizer;
pub use vocabulary::Vocabulary;
