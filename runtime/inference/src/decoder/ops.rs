//! The seam between the decoder and what computes it.

use super::rope::Angles;
use crate::Error;

/// The sizes attention needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    pub query: usize,
    pub key_value: usize,
    pub dim: usize,
}

/// The operations a decoder is made of. Activations are `[tokens, width]`, row-major `f32`.
pub(crate) trait Ops {
    type Activation;
    /// A weight `[out, in]`, perhaps quantized.
    type Matrix;
    /// A weight `[width]`.
    type Vector;
    /// The keys and values of one layer of one sequence.
    type Cache;
    /// What a step's positions mean to attention: rotations and who may see whom.
    type Positions;

    fn positions(&self, angles: &Angles) -> Result<Self::Positions, Error>;

    /// Rows of the embedding table.
    fn embed(&self, table: &Self::Matrix, tokens: &[u32]) -> Result<Self::Activation, Error>;

    /// `x · weightᵀ`
    fn linear(
        &self,
        weight: &Self::Matrix,
        x: &Self::Activation,
    ) -> Result<Self::Activation, Error>;

    fn rms_norm(
        &self,
        x: &Self::Activation,
        weight: &Self::Vector,
        eps: f32,
    ) -> Result<Self::Activation, Error>;

    fn add(&self, a: &Self::Activation, b: &Self::Activation) -> Result<Self::Activation, Error>;

    /// `silu(gate) * up`
    fn swiglu(
        &self,
        gate: &Self::Activation,
        up: &Self::Activation,
    ) -> Result<Self::Activation, Error>;

    /// Rotates queries and keys, appends keys and values to the cache, and lets every token attend
    /// to itself and all before it. Result: `[tokens, query heads * dim]`.
    fn attend(
        &self,
        qkv: [&Self::Activation; 3],
        heads: Heads,
        positions: &Self::Positions,
        cache: &mut Self::Cache,
    ) -> Result<Self::Activation, Error>;

    /// The last token's row.
    fn last(&self, x: &Self::Activation) -> Result<Self::Activation, Error>;

    fn to_host(&self, x: &Self::Activation) -> Result<Vec<f32>, Error>;

    fn new_cache(&self, heads: Heads) -> Self::Cache;

    /// Makes room for `tokens` in total, keeping what is there.
    fn reserve(&self, cache: &mut Self::Cache, tokens: usize) -> Result<(), Error>;
}
