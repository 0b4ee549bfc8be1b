//! The seam between the decoder and what computes it.

use std::ops::Range;

use super::architecture::Gate;
use super::rope::Angles;
use crate::Error;
use crate::gguf::{File, TensorInfo};

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

/// Positions that share one block of keys and values.
pub(crate) const PAGE: usize = 32;

/// The rows of one sequence in a step, and what attention needs to know of them.
pub(crate) struct Span<'a, B> {
    pub rows: Range<usize>,
    /// Where the rows stand in their sequence.
    pub positions: Range<usize>,
    /// Without angles nothing rotates.
    pub angles: Option<&'a Angles>,
    /// A row sees itself and at most `window - 1` positions before it; `None`: all before it.
    pub window: Option<usize>,
    /// The blocks before the first that the rows stand in: all full.
    pub past: Vec<&'a B>,
    /// The blocks that the rows stand in, which nobody else holds.
    pub tail: Vec<&'a mut B>,
}

/// The operations a decoder is made of. Activations are `[rows, width]`, row-major `f32`; a row is a
/// token, and the rows of a step's sequences stand one below the other.
pub(crate) trait Ops {
    type Activation;
    /// A weight `[out, in]`, perhaps quantized.
    type Matrix;
    /// A weight `[width]`.
    type Vector;
    /// The keys and values of one layer for [`PAGE`] positions of a sequence.
    type Block: Send + Sync;

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

    /// Rotates queries and keys, writes keys and values into the blocks, and lets every row attend to
    /// what its position may see of its own sequence. Result: `[rows, query heads * dim]`.
    ///
    /// A row's result depends on its sequence alone, bit by bit, not on what else is in the step or how
    /// its sequence was cut into steps.
    fn attend(
        &self,
        qkv: [&Self::Activation; 3],
        heads: Heads,
        spans: Vec<Span<Self::Block>>,
    ) -> Result<Self::Activation, Error>;

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

    fn new_block(&self, heads: Heads) -> Result<Self::Block, Error>;

    fn copy_block(&self, block: &Self::Block) -> Result<Self::Block, Error>;

    /// The bytes of one block.
    fn block_bytes(&self, heads: Heads) -> usize;
}

/// How weights come from a file to where they are computed with.
pub(crate) trait Load: Ops {
    /// Rows of a tensor of the given shape `[…, columns]`, counted through all but its last dimension.
    fn matrix(
        &self,
        file: &File,
        name: &str,
        shape: &[usize],
        rows: Range<usize>,
    ) -> Result<Self::Matrix, Error>;

    fn vector(&self, file: &File, name: &str, width: usize) -> Result<Self::Vector, Error>;

    /// The bytes that a tensor takes once it is loaded.
    fn held_bytes(&self, tensor: &TensorInfo) -> u64;

    /// The elements of a vector.
    fn floats(&self, vector: &Self::Vector) -> Result<Vec<f32>, Error>;
}
