//! The decoder's operations on the CPU: plain buffers, weights where the file has them.

mod attention;
mod blocks;
mod input;
mod kernels;
mod matrix;
#[cfg(test)]
mod tests;

pub use attention::CacheType;
pub(crate) use attention::HostBlock;
pub(crate) use matrix::Matrix;

use super::architecture::Gate;
use super::ops::{Heads, Load, Ops, Span};
use crate::Error;
use crate::gguf::{File, TensorInfo};

/// Products that are computed in less time than it takes to wake another thread.
const FEW: usize = 1 << 21;

/// Activations `[rows, width]`.
pub(crate) struct Rows {
    width: usize,
    values: Vec<f32>,
}

pub(crate) type Vector = Vec<f32>;

/// Operations on the CPU.
pub(crate) struct HostOps {
    cache: CacheType,
}

impl HostOps {
    pub fn new(cache: CacheType) -> Self {
        Self { cache }
    }
}

impl Rows {
    fn map(&self, change: impl Fn(f32) -> f32) -> Self {
        Self {
            width: self.width,
            values: self.values.iter().map(|value| change(*value)).collect(),
        }
    }

    /// Each element with that of the other at its place.
    fn zip(&self, other: &Self, both: impl Fn(f32, f32) -> f32) -> Self {
        let pairs = self.values.iter().zip(&other.values);
        Self {
            width: self.width,
            values: pairs.map(|(a, b)| both(*a, *b)).collect(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.width)
    }

    fn row(&self, row: u32) -> &[f32] {
        &self.values[row as usize * self.width..][..self.width]
    }
}

impl Load for HostOps {
    fn matrix(
        &self,
        file: &File,
        name: &str,
        shape: &[usize],
        rows: std::ops::Range<usize>,
    ) -> Result<Matrix, Error> {
        let (view, dtype) = file.view(name, shape, rows.clone())?;
        view.fetch();
        let columns = *shape.last().expect("a matrix has columns");
        let matrix = Matrix::new(view, dtype, [rows.len(), columns]);
        matrix.ok_or_else(|| file.unsupported_type(name, dtype))
    }

    fn vector(&self, file: &File, name: &str, width: usize) -> Result<Vector, Error> {
        Ok(self.matrix(file, name, &[width], 0..1)?.row(0))
    }

    /// Matrices stay in the mapped file, vectors are kept as floats.
    fn held_bytes(&self, tensor: &TensorInfo) -> u64 {
        match tensor.dims.len() {
            1 => tensor.elements() * 4,
            _ => tensor.length as u64,
        }
    }

    fn floats(&self, vector: &Vector) -> Result<Vec<f32>, Error> {
        Ok(vector.clone())
    }
}

impl Ops for HostOps {
    type Activation = Rows;
    type Matrix = Matrix;
    type Vector = Vector;
    type Block = HostBlock;

    fn embed(&self, table: &Matrix, tokens: &[u32]) -> Result<Rows, Error> {
        let row = |token: &u32| table.row(*token as usize);
        Ok(Rows {
            width: table.columns,
            values: tokens.iter().flat_map(row).collect(),
        })
    }

    fn linear(&self, weight: &Matrix, x: &Rows) -> Result<Rows, Error> {
        Ok(Rows {
            width: weight.rows,
            values: weight.multiply(&x.values),
        })
    }

    fn add_bias(&self, x: &Rows, bias: &Vector) -> Result<Rows, Error> {
        let with_bias = |row| std::iter::zip::<&[f32], _>(row, bias).map(|(x, b)| x + b);
        Ok(Rows {
            width: x.width,
            values: x.rows().flat_map(with_bias).collect(),
        })
    }

    fn rms_norm(&self, x: &Rows, weight: &Vector, eps: f32) -> Result<Rows, Error> {
        let mut values = Vec::with_capacity(x.values.len());
        for row in x.values.chunks_exact(weight.len()) {
            let mean = squares(row) / row.len() as f64;
            let factor = (1.0 / (mean + f64::from(eps)).sqrt()) as f32;
            values.extend(row.iter().zip(weight).map(|(x, w)| x * factor * w));
        }
        Ok(Rows {
            width: x.width,
            values,
        })
    }

    fn add(&self, a: &Rows, b: &Rows) -> Result<Rows, Error> {
        Ok(a.zip(b, |a, b| a + b))
    }

    fn scale(&self, x: &Rows, factor: f32) -> Result<Rows, Error> {
        Ok(x.map(|x| x * factor))
    }

    fn soft_cap(&self, x: &Rows, cap: f32) -> Result<Rows, Error> {
        Ok(x.map(|x| cap * (x / cap).tanh()))
    }

    fn gated(&self, function: Gate, gate: &Rows, up: &Rows) -> Result<Rows, Error> {
        Ok(match function {
            Gate::Silu => gate.zip(up, |gate, up| gate / (1.0 + (-gate).exp()) * up),
            Gate::Gelu => gate.zip(up, |gate, up| gelu(gate) * up),
        })
    }

    fn attend(
        &self,
        [query, key, value]: [&Rows; 3],
        heads: Heads,
        spans: Vec<Span<HostBlock>>,
    ) -> Result<Rows, Error> {
        let qkv = [&query.values, &key.values, &value.values].map(Vec::as_slice);
        Ok(Rows {
            width: heads.query * heads.dim,
            values: attention::attend(qkv, heads, spans),
        })
    }

    fn pick(&self, x: &Rows, rows: &[u32]) -> Result<Rows, Error> {
        let row = |row: &u32| x.row(*row).iter().copied();
        Ok(Rows {
            width: x.width,
            values: rows.iter().flat_map(row).collect(),
        })
    }

    fn add_to_rows(
        &self,
        sum: &Rows,
        rows: &[u32],
        factors: &[f32],
        x: &Rows,
    ) -> Result<Rows, Error> {
        let mut values = sum.values.clone();
        for ((row, factor), x) in rows.iter().zip(factors).zip(x.rows()) {
            let sum = &mut values[*row as usize * sum.width..][..sum.width];
            sum.iter_mut()
                .zip(x)
                .for_each(|(sum, x)| *sum += factor * x);
        }
        Ok(Rows {
            width: sum.width,
            values,
        })
    }

    fn to_host(&self, x: &Rows) -> Result<Vec<f32>, Error> {
        Ok(x.values.clone())
    }

    fn new_block(&self, heads: Heads) -> Result<HostBlock, Error> {
        Ok(HostBlock::new(self.cache, heads))
    }

    fn copy_block(&self, block: &HostBlock) -> Result<HostBlock, Error> {
        Ok(block.clone())
    }

    fn block_bytes(&self, heads: Heads) -> usize {
        HostBlock::bytes(self.cache, heads)
    }
}

/// The sum of squares, in four lanes.
fn squares(x: &[f32]) -> f64 {
    let (fours, rest) = x.as_chunks::<4>();
    let mut sums = [0f64; 4];
    for four in fours {
        for (sum, x) in sums.iter_mut().zip(four) {
            *sum += f64::from(*x) * f64::from(*x);
        }
    }
    let rest: f64 = rest.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    sums.iter().sum::<f64>() + rest
}

/// In its approximation by tanh. Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
fn gelu(x: f32) -> f32 {
    let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
    0.5 * x * (1.0 + inner.tanh())
}
