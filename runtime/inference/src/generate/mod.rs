//! Generation: from a request to a stream of text.

mod batch;
mod generation;
mod pace;
mod pages;
mod request;
mod sampler;
mod sequence;
mod stop;
#[cfg(test)]
mod tests;

pub(crate) use batch::{Batch, LanguageModel, Limits};
pub use generation::{Event, Finish, FinishReason, Generation, Timings};
pub use request::{Request, Sampling};
