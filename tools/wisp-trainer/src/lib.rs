//! Makes wisp, the model that ships inside llmspell: a seeded corpus generator, a byte-level BPE
//! vocabulary, a small llama with its way back written out by hand, export to GGUF, and an exam.
//!
//! `wisp-trainer all` does everything; `runtime/models/wisp/README.md` is the model's card.

pub mod answer;
pub mod batch;
pub mod checkpoint;
pub mod corpus;
pub mod dialogue;
pub mod error;
pub mod exam;
pub mod export;
pub mod model;
pub mod ops;
pub mod optimizer;
pub mod rng;
pub mod tokenizer;
pub mod train;

pub use error::{Error, Result};
