use super::{add_scaled, copy, dot, softmax, values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::{ops::Range, sync::Arc};

/// Rotation angles, `[position][pair]` as (cosine, sine); pairs are neighbours `(2i, 2i + 1)`.
pub struct Rope {
    angles: Vec<(f32, f32)>,
    pairs: usize,
}

impl Rope {
    /// The table for `positions` positions of heads with `head_dim` values.
    pub fn new(positions: usize, head_dim: usize, base: f32) -> Self {
        let pairs = head_dim / 2;
        let angle = |position: usize, pair: usize| {
            let frequency = f64::from(base).powf(-2.0 * pair as f64 / head_dim as f64);
            let (sine, cosine) = (position as f64 * frequency).sin_cos();
            (cosine as f32, sine as f32)
        };
        let angles = (0..positions).flat_map(|at| (0..pairs).map(move |pair| angle(at, pair)));
        Self {
            angles: angles.collect(),
            pairs,
        }
    }

    /// Rotates one head's values to `position`, or back when `direction` is -1.
    fn rotate(&self, head: &mut [f32], position: usize, direction: f32) {
        let angles = &self.angles[position * self.pairs..][..self.pairs];
        for (pair, (cosine, sine)) in head.chunks_exact_mut(2).zip(angles) {
            let (a, b, sine) = (pair[0], pair[1], sine * direction);
            pair[0] = a * cosine - b * sine;
            pair[1] = a * sine + b * cosine;
        }
    }
}

/// Causal multi-head attention with rotary positions, over dialogues laid end to end:
/// `[n, 3 dim]` (query, key, value side by side) `-> [n, dim]`.
///
/// A token sees its own dialogue only, and positions restart at 0 with each dialogue, so the cost is
/// the sum of squared dialogue lengths instead of the square of the batch's.
pub struct Attention {
    /// How many heads share `dim`.
    pub heads: usize,
    /// The rows of each dialogue, in order, without gaps.
    pub dialogues: Arc<[Range<usize>]>,
    /// Angles for at least the longest dialogue.
    pub rope: Arc<Rope>,
}

/// One head of one dialogue: rotated queries and keys, and values, each `[len, head_dim]`.
struct Head {
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    size: usize,
}

impl Head {
    fn read(op: &Attention, rows: &[f32], dim: usize, head: usize) -> Self {
        let size = dim / op.heads;
        let column = |part: usize| -> Vec<f32> {
            let start = part * dim + head * size;
            rows.chunks_exact(3 * dim)
                .flat_map(|row| &row[start..start + size])
                .copied()
                .collect()
        };
        let (mut queries, mut keys, values) = (column(0), column(1), column(2));
        for (at, row) in queries.chunks_exact_mut(size).enumerate() {
            op.rope.rotate(row, at, 1.0);
        }
        for (at, row) in keys.chunks_exact_mut(size).enumerate() {
            op.rope.rotate(row, at, 1.0);
        }
        Self {
            queries,
            keys,
            values,
            size,
        }
    }

    fn scale(&self) -> f32 {
        1.0 / (self.size as f32).sqrt()
    }

    fn query(&self, at: usize) -> &[f32] {
        &self.queries[at * self.size..][..self.size]
    }

    fn key(&self, at: usize) -> &[f32] {
        &self.keys[at * self.size..][..self.size]
    }

    fn value(&self, at: usize) -> &[f32] {
        &self.values[at * self.size..][..self.size]
    }

    /// How much the token at `at` looks at each token up to itself.
    fn weights(&self, at: usize) -> Vec<f32> {
        let query = self.query(at);
        let mut scores: Vec<f32> = (0..=at)
            .map(|other| dot(query, self.key(other)) * self.scale())
            .collect();
        softmax(&mut scores);
        scores
    }
}

impl Attention {
    /// Cuts `buffer` (rows of `width` values) into one piece for each dialogue.
    fn pieces<'a>(&self, mut buffer: &'a mut [f32], width: usize) -> Vec<&'a mut [f32]> {
        let mut pieces = Vec::with_capacity(self.dialogues.len());
        for rows in self.dialogues.iter() {
            let (piece, rest) = buffer.split_at_mut(rows.len() * width);
            pieces.push(piece);
            buffer = rest;
        }
        pieces
    }

    fn forward(&self, rows: &[f32], out: &mut [f32], dim: usize) {
        for index in 0..self.heads {
            let head = Head::read(self, rows, dim, index);
            for (at, out) in out.chunks_exact_mut(dim).enumerate() {
                let out = &mut out[index * head.size..][..head.size];
                for (other, weight) in head.weights(at).into_iter().enumerate() {
                    add_scaled(out, weight, head.value(other));
                }
            }
        }
    }

    fn backward(&self, rows: &[f32], grad: &[f32], out: &mut [f32], dim: usize) {
        for index in 0..self.heads {
            let head = Head::read(self, rows, dim, index);
            let mut grads = self.head_gradient(&head, grad, dim, index);
            for (at, out) in out.chunks_exact_mut(3 * dim).enumerate() {
                for (part, grad) in grads.iter_mut().enumerate() {
                    let row = &mut grad[at * head.size..][..head.size];
                    if part < 2 {
                        self.rope.rotate(row, at, -1.0);
                    }
                    out[part * dim + index * head.size..][..head.size].copy_from_slice(row);
                }
            }
        }
    }

    /// The gradients of rotated queries, rotated keys and values of one head.
    fn head_gradient(&self, head: &Head, grad: &[f32], dim: usize, index: usize) -> [Vec<f32>; 3] {
        let size = head.size;
        let mut queries = vec![0f32; head.queries.len()];
        let (mut keys, mut values) = (queries.clone(), queries.clone());
        for (at, row) in grad.chunks_exact(dim).enumerate() {
            let grad = &row[index * size..][..size];
            let weights = head.weights(at);
            let pulls: Vec<f32> = (0..=at).map(|other| dot(grad, head.value(other))).collect();
            let mean = dot(&weights, &pulls);
            for (other, (weight, pull)) in weights.iter().zip(&pulls).enumerate() {
                let score = weight * (pull - mean) * head.scale();
                let there = other * size..(other + 1) * size;
                add_scaled(&mut values[there.clone()], *weight, grad);
                add_scaled(&mut keys[there], score, head.query(at));
                add_scaled(&mut queries[at * size..][..size], score, head.key(other));
            }
        }
        [queries, keys, values]
    }
}

impl CustomOp1 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(&self, qkv: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, triple) = layout.shape().dims2()?;
        let dim = triple / 3;
        let qkv = values(qkv, layout)?;
        let mut out = vec![0f32; n * dim];
        self.pieces(&mut out, dim)
            .into_par_iter()
            .zip(self.dialogues.par_iter())
            .for_each(|(out, rows)| {
                self.forward(&qkv[rows.start * triple..rows.end * triple], out, dim)
            });
        Ok((CpuStorage::F32(out), Shape::from((n, dim))))
    }

    fn bwd(&self, qkv: &Tensor, _out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (n, triple) = qkv.dims2()?;
        let dim = triple / 3;
        let (rows, grads) = (copy(qkv)?, copy(grad)?);
        let mut out = vec![0f32; n * triple];
        self.pieces(&mut out, triple)
            .into_par_iter()
            .zip(self.dialogues.par_iter())
            .for_each(|(out, at)| {
                let rows = &rows[at.start * triple..at.end * triple];
                self.backward(rows, &grads[at.start * dim..at.end * dim], out, dim);
            });
        Ok(Some(Tensor::from_vec(out, (n, triple), qkv.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_match_finite_differences() {
        let dialogues: Arc<[Range<usize>]> = [0..2, 2..5].into();
        let rope = Arc::new(Rope::new(5, 4, 100.0));
        super::super::check::gradient((5, 24), |x| {
            let (dialogues, rope) = (dialogues.clone(), rope.clone());
            x.apply_op1(Attention {
                heads: 2,
                dialogues,
                rope,
            })
        });
    }
}
