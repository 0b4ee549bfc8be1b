//! Weights where the file has them: nothing is copied, and quantized weights stay as they are.

use candle_core::quantized::GgmlDType;
use rayon::prelude::*;

use super::blocks::{self, Layout, SmallRow, SuperRow};
use super::input::Input;
use super::kernels::{Job, multiply};
use crate::gguf::View;

/// Products that are computed in less time than it takes to wake another thread.
const FEW: usize = 1 << 18;

/// A weight `[rows, columns]`.
pub(crate) struct Matrix {
    pub rows: usize,
    pub columns: usize,
    dtype: GgmlDType,
    layout: Layout,
    view: View,
}

impl Matrix {
    /// `None` for a type that is not computed with. `view` is whole rows.
    pub fn new(view: View, dtype: GgmlDType, [rows, columns]: [usize; 2]) -> Option<Self> {
        Some(Self {
            rows,
            columns,
            dtype,
            layout: blocks::layout(dtype)?,
            view,
        })
    }

    /// `x · weightᵀ` of rows `[count, columns]`: `[count, rows]`.
    pub fn multiply(&self, x: &[f32]) -> Vec<f32> {
        let count = x.len() / self.columns;
        let input = Input::new(self.layout, x);
        let mut out = vec![0.0; self.rows * count]; // [rows, count]
        let few = (FEW / (self.columns * count)).max(1);
        if self.rows <= few {
            multiply(self.job(0..self.rows, &input), &mut out);
        } else {
            let parts = out.par_chunks_mut(few * count).enumerate();
            parts.for_each(|(part, out)| {
                let start = part * few;
                let rows = start..start + out.len() / count;
                multiply(self.job(rows, &input), out);
            });
        }
        transposed(out, count)
    }

    fn job<'a>(&'a self, rows: std::ops::Range<usize>, input: &'a Input) -> Job<'a> {
        Job {
            dtype: self.dtype,
            layout: self.layout,
            weights: self.bytes(rows),
            columns: self.columns,
            input,
        }
    }

    fn bytes(&self, rows: std::ops::Range<usize>) -> &[u8] {
        let row = self.columns / self.dtype.block_size() * self.dtype.type_size();
        &self.view[rows.start * row..rows.end * row]
    }

    /// One row as floats.
    pub fn row(&self, row: usize) -> Vec<f32> {
        let bytes = self.bytes(row..row + 1);
        let mut out = vec![0.0; self.columns];
        match self.layout {
            Layout::Floats => blocks::floats(self.dtype, bytes, &mut out),
            Layout::Small { zero } => {
                let mut row = SmallRow::default();
                row.unpack(self.dtype, bytes);
                row.weights(zero, &mut out);
            }
            Layout::Super { zero } => {
                let mut row = SuperRow::default();
                row.unpack(self.dtype, bytes);
                row.weights(zero, &mut out);
            }
        }
        out
    }
}

/// `[rows, count]` to `[count, rows]`.
fn transposed(x: Vec<f32>, count: usize) -> Vec<f32> {
    if count == 1 {
        return x;
    }
    let column = |at: usize| x[at..].iter().step_by(count).copied();
    (0..count).flat_map(column).collect()
}
