//! Generation: from a request to a stream of text.

mod batch;
mod generation;
mod pace;
mod pages;
mod request;
mod sampler;
mod sampling;
mod sequence;
mod stop;
#[cfg(test)]
mod tests;

pub(crate) use batch::{Batch, LanguageModel, Limits, MOST_LIVE};
pub use generation::{Event, Finish, FinishReason, Generation, Timings};
pub use request::Request;
pub use sampler::{Logprob, Sampler, TokenLogprobs};
pub use sampling::{Dry, Filters, Mirostat, Penalties, Sampling, Truncation, Window};
