//! The decoder: token ids to logits.

mod candle;
mod descriptor;
mod forward;
mod host;
mod ops;
mod rope;
mod weights;

#[cfg(test)]
mod parity;
#[cfg(test)]
mod tests;

pub(crate) use candle::CandleOps;
pub(crate) use descriptor::Descriptor;
pub(crate) use forward::{Decoder, Page, Step};
pub use host::CacheType;
pub(crate) use ops::PAGE;
