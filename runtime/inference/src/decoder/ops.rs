//! The seam between the decoder and what computes it.

use std::ops::Range;

use super::descriptor::Gate;
use super::rope::Angles;
use crate::Error;

/// What attention needs to know besides its inputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    pub query: usize,
    pub key_value: usize,
    pub dim: usize,
    /// The factor of scores.
    pub scale: f32,
    /// Scores are squeezed between minus and plus this.
    pub cap: Option<f32>,
}

/// The operations a decoder is made of. Activations are `[rows, width]`, row-major `f32`; a row is a
/// token, and the rows of a step's sequences stand one below the other.
pub(crate) trait Ops {
    type Activation;
    /// A weight `[out, in]`, perhaps quantized.
    type Matrix;
    /// A weight `[width]`.
    type Vector;
    /// The keys and values of one layer of one sequence.
    type Cache;
    /// What positions of one sequence mean to attention: rotations and who may see whom.
    type Positions;

    /// Positions that continue a sequence. Without angles nothing rotates; with a window a token sees
    /// itself and at most `window - 1` tokens before it.
    fn positions(
        &self,
        positions: Range<usize>,
        angles: Option<&Angles>,
        window: Option<usize>,
    ) -> Result<Self::Positions, Error>;

    /// Rows of the embedding table.
    fn embed(&self, table: &Self::Matrix, tokens: &[u32]) -> Result<Self::Activation, Error>;

    /// `x · weightᵀ`
    fn linear(
        &self,
        weight: &Self::Matrix,
        x: &Self::Activation,
    ) -> Result<Self::Activation, Error>;

    /// Adds a vector to every row.
    fn add_bias(
        &self,
        x: &Self::Activation,
        bias: &Self::Vector,
    ) -> Result<Self::Activation, Error>;

    /// Normalizes each run of as many elements as `weight` has, which must divide the width.
    fn rms_norm(
        &self,
        x: &Self::Activation,
        weight: &Self::Vector,
        eps: f32,
    ) -> Result<Self::Activation, Error>;

    fn add(&self, a: &Self::Activation, b: &Self::Activation) -> Result<Self::Activation, Error>;

    fn scale(&self, x: &Self::Activation, factor: f32) -> Result<Self::Activation, Error>;

    /// `cap * tanh(x / cap)`
    fn soft_cap(&self, x: &Self::Activation, cap: f32) -> Result<Self::Activation, Error>;

    /// `function(gate) * up`
    fn gated(
        &self,
        function: Gate,
        gate: &Self::Activation,
        up: &Self::Activation,
    ) -> Result<Self::Activation, Error>;

    /// The rows of one sequence: rotates queries and keys, appends keys and values to the cache, and
    /// lets every token attend to what its position may see. Result: `[rows, query heads * dim]`.
    fn attend(
        &self,
        qkv: [&Self::Activation; 3],
        heads: Heads,
        positions: &Self::Positions,
        cache: &mut Self::Cache,
    ) -> Result<Self::Activation, Error>;

    /// Consecutive rows.
    fn slice(&self, x: &Self::Activation, rows: Range<usize>) -> Result<Self::Activation, Error>;

    /// Activations of the same width, one below the other.
    fn stack(&self, parts: Vec<Self::Activation>) -> Result<Self::Activation, Error>;

    /// Rows by number.
    fn pick(&self, x: &Self::Activation, rows: &[u32]) -> Result<Self::Activation, Error>;

    /// `sum` with `factors[i] * x[i]` added to its row `rows[i]`, for each row of `x`.
    fn add_to_rows(
        &self,
        sum: &Self::Activation,
        rows: &[u32],
        factors: &[f32],
        x: &Self::Activation,
    ) -> Result<Self::Activation, Error>;

    /// All elements, row by row.
    fn to_host(&self, x: &Self::Activation) -> Result<Vec<f32>, Error>;

    fn new_cache(&self, heads: Heads) -> Self::Cache;

    /// Makes room for `tokens` in total, keeping what is there.
    fn reserve(&self, cache: &mut Self::Cache, tokens: usize) -> Result<(), Error>;
}
