//! The decoder: token ids to logits.

mod architecture;
#[cfg(any(test, feature = "cuda", feature = "metal"))]
mod candle;
mod descriptor;
mod forward;
mod host;
mod keys;
mod ops;
mod rope;
mod weights;

#[cfg(test)]
mod parity;
#[cfg(test)]
mod tests;

pub(crate) use architecture::decodes;
#[cfg(any(test, feature = "cuda", feature = "metal"))]
pub(crate) use candle::CandleOps;
pub(crate) use descriptor::Descriptor;
pub(crate) use forward::{Decoder, Page, Step, page_bytes};
pub use host::CacheType;
pub(crate) use host::HostOps;
pub(crate) use ops::{Load, Ops, PAGE};
pub(crate) use weights::{LONG_FACTORS, SHORT_FACTORS};
