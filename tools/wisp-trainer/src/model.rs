//! The llama architecture as a trainable model: matrices are `[out, in]` as GGUF stores them, rotary
//! pairs are neighbours, the output matrix is the embedding.
//!
//! The way back is written out by hand instead of recorded by an autograd: it is short, allocates
//! little, and leaves most of a step to the products of matrices.

use crate::{
    batch::Batch,
    ops::{Attention, CrossEntropy, Matrix, RmsNorm, Rope, SwiGlu, add_product, product},
    rng::Rng,
};
use ndarray::Axis;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The model's dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Width of the residual stream; a multiple of 32 (Q8_0) and of `heads`.
    pub dim: usize,
    /// Number of layers.
    pub layers: usize,
    /// Attention heads; each has its own key and value.
    pub heads: usize,
    /// Width inside the feed-forward block; a multiple of 32.
    pub ffn: usize,
    /// Longest sequence in tokens.
    pub context: usize,
    /// Base of the rotary frequencies.
    pub rope_base: f32,
    /// Epsilon of the norms.
    pub norm_eps: f32,
}

impl Config {
    /// The most parameters that fit into a file of 8 MiB in Q8_0.
    const LARGEST: f64 = (8 << 20) as f64 * 32.0 / 34.0;

    /// What `wisp-trainer all` makes: about 3.1 million parameters.
    pub fn wisp(vocab_size: usize) -> Self {
        let (dim, layers, heads, ffn) = (192, 6, 6, 576);
        Self {
            vocab_size,
            dim,
            layers,
            heads,
            ffn,
            context: 512,
            rope_base: 10_000.0,
            norm_eps: 1e-5,
        }
    }

    /// Whether a model of these dimensions can be trained, exported, and shipped in the binary.
    pub fn is_trainable(&self) -> bool {
        let [vocabulary, dim, layers, ffn] =
            [self.vocab_size, self.dim, self.layers, self.ffn].map(|size| size as f64);
        let parameters = vocabulary * dim + layers * (4.0 * dim * dim + 3.0 * dim * ffn);
        let heads_fit = self.heads > 0 && self.dim.is_multiple_of(2 * self.heads);
        let rows_fit = self.dim.is_multiple_of(32) && self.ffn.is_multiple_of(32);
        let some =
            self.dim > 0 && self.layers > 0 && self.ffn > 0 && (256..=8192).contains(&self.context);
        some && heads_fit && rows_fit && parameters <= Self::LARGEST
    }

    /// A model small enough to be trained inside a test.
    pub fn tiny(vocab_size: usize) -> Self {
        Self {
            dim: 32,
            layers: 1,
            heads: 2,
            ffn: 64,
            ..Self::wisp(vocab_size)
        }
    }
}

/// One layer's weights; query, key and value are one matrix, gate and up another.
#[derive(Clone)]
struct Layer {
    attn_norm: Matrix, // [1, dim]
    qkv: Matrix,       // [3 dim, dim]
    attn_out: Matrix,  // [dim, dim]
    ffn_norm: Matrix,  // [1, dim]
    gate_up: Matrix,   // [2 ffn, dim]
    down: Matrix,      // [dim, ffn]
}

/// All weights of a model, or one number for each of them, such as a gradient. Norms have one row.
#[derive(Clone)]
pub struct Weights {
    embedding: Matrix, // [vocab, dim]
    layers: Vec<Layer>,
    norm: Matrix, // [1, dim]
}

/// What a weight is for, which decides how it is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A vector of factors.
    Norm,
    /// The tokens' vectors, which are also the output matrix.
    Embedding,
    /// So many matrices `[out, in]`, one below the other.
    Linear(usize),
}

/// One layer's activations, kept for the way back. From `seen` on they are of the kept rows.
struct Trace {
    input: Matrix,      // [n, dim]
    attn_input: Matrix, // [n, dim]
    qkv: Matrix,        // [n, 3 dim]
    seen: Matrix,       // [kept, dim]
    middle: Matrix,     // [kept, dim]
    ffn_input: Matrix,  // [kept, dim]
    gate_up: Matrix,    // [kept, 2 ffn]
    inner: Matrix,      // [kept, ffn]
}

/// A model: its dimensions and its weights.
pub struct Model {
    /// The dimensions.
    pub config: Config,
    /// The weights.
    pub weights: Weights,
    rope: Rope,
}

/// `x weight^T`, the product of rows `[n, in]` with a matrix `[out, in]`.
fn linear(x: &Matrix, weight: &Matrix) -> Matrix {
    product(x, weight.t())
}

/// The way back through `linear`: adds to the weight's gradient and returns that of `x`.
fn linear_back(x: &Matrix, weight: &Matrix, grad: &Matrix, weight_grad: &mut Matrix) -> Matrix {
    add_product(1.0, grad.t(), x, 1.0, weight_grad);
    product(grad, weight)
}

impl Layer {
    fn random(config: &Config, rng: &mut Rng) -> Self {
        let (dim, ffn) = (config.dim, config.ffn);
        let deviation = 0.7 / (dim as f32).sqrt();
        let residual = (2.0 * config.layers as f32).sqrt(); // keeps the stream's size at any depth
        Self {
            attn_norm: Matrix::ones((1, dim)),
            qkv: random(rng, 3 * dim, dim, deviation),
            attn_out: random(rng, dim, dim, deviation / residual),
            ffn_norm: Matrix::ones((1, dim)),
            gate_up: random(rng, 2 * ffn, dim, deviation),
            down: random(rng, dim, ffn, 0.7 / (ffn as f32).sqrt() / residual),
        }
    }

    fn named(&self) -> [(&'static str, Kind, &Matrix); 6] {
        [
            ("attn_norm", Kind::Norm, &self.attn_norm),
            ("attn_qkv", Kind::Linear(3), &self.qkv),
            ("attn_output", Kind::Linear(1), &self.attn_out),
            ("ffn_norm", Kind::Norm, &self.ffn_norm),
            ("ffn_gate_up", Kind::Linear(2), &self.gate_up),
            ("ffn_down", Kind::Linear(1), &self.down),
        ]
    }

    fn matrices_mut(&mut self) -> [&mut Matrix; 6] {
        [
            &mut self.attn_norm,
            &mut self.qkv,
            &mut self.attn_out,
            &mut self.ffn_norm,
            &mut self.gate_up,
            &mut self.down,
        ]
    }

    /// The output `[kept, dim]`. Attention runs over all rows of the input; what follows it, row by
    /// row, over `kept` alone, or over all without it.
    fn forward(
        &self,
        input: Matrix,
        kept: Option<&[usize]>,
        norm: &RmsNorm,
        attention: &Attention,
    ) -> (Matrix, Trace) {
        let attn_input = norm.forward(&input, &self.attn_norm);
        let mut qkv = linear(&attn_input, &self.qkv); // [n, 3 dim]
        let seen = attention.forward(&mut qkv);
        let (seen, residual) = match kept {
            Some(kept) => (seen.select(Axis(0), kept), &input.select(Axis(0), kept)),
            None => (seen, &input),
        };
        let middle = linear(&seen, &self.attn_out) + residual;
        let ffn_input = norm.forward(&middle, &self.ffn_norm);
        let gate_up = linear(&ffn_input, &self.gate_up);
        let inner = SwiGlu.forward(&gate_up);
        let output = linear(&inner, &self.down) + &middle;
        let trace = Trace {
            input,
            attn_input,
            qkv,
            seen,
            middle,
            ffn_input,
            gate_up,
            inner,
        };
        (output, trace)
    }

    /// From the gradient of the output to that of the input; the weights' gradients are added to `sum`.
    fn backward(
        &self,
        trace: Trace,
        grad: Matrix,
        kept: Option<&[usize]>,
        norm: &RmsNorm,
        attention: &Attention,
        sum: &mut Layer,
    ) -> Matrix {
        let inner = linear_back(&trace.inner, &self.down, &grad, &mut sum.down);
        let gate_up = SwiGlu.backward(trace.gate_up, &inner);
        let input = linear_back(&trace.ffn_input, &self.gate_up, &gate_up, &mut sum.gate_up);
        let grad = grad + norm.backward(&trace.middle, &self.ffn_norm, input, &mut sum.ffn_norm);
        let seen = linear_back(&trace.seen, &self.attn_out, &grad, &mut sum.attn_out);
        let (seen, grad) = match kept {
            Some(kept) => {
                let rows = trace.input.nrows();
                (spread(&seen, kept, rows), spread(&grad, kept, rows))
            }
            None => (seen, grad),
        };
        let qkv = attention.backward(&trace.qkv, &seen);
        let input = linear_back(&trace.attn_input, &self.qkv, &qkv, &mut sum.qkv);
        grad + norm.backward(&trace.input, &self.attn_norm, input, &mut sum.attn_norm)
    }
}

/// Undoes a selection of rows: the others are zero.
fn spread(selected: &Matrix, kept: &[usize], rows: usize) -> Matrix {
    let mut all = Matrix::zeros((rows, selected.ncols()));
    for (row, values) in kept.iter().zip(selected.rows()) {
        all.row_mut(*row).assign(&values);
    }
    all
}

fn random(rng: &mut Rng, rows: usize, columns: usize, deviation: f32) -> Matrix {
    Matrix::from_shape_simple_fn((rows, columns), || rng.normal() * deviation)
}

impl Weights {
    /// Zeros in the shapes of `self`.
    pub fn zeros(&self) -> Self {
        let mut zeros = self.clone();
        for matrix in zeros.matrices_mut() {
            matrix.fill(0.0);
        }
        zeros
    }

    /// Every matrix with its name and kind, always in the same order.
    pub fn named(&self) -> Vec<(String, Kind, &Matrix)> {
        let mut all = vec![("token_embd".to_string(), Kind::Embedding, &self.embedding)];
        for (index, layer) in self.layers.iter().enumerate() {
            let named = layer.named().into_iter();
            all.extend(named.map(|(name, kind, it)| (format!("blk.{index}.{name}"), kind, it)));
        }
        all.push(("output_norm".to_string(), Kind::Norm, &self.norm));
        all
    }

    /// Every matrix in the order of `named`.
    pub fn matrices_mut(&mut self) -> Vec<&mut Matrix> {
        let layers = self.layers.iter_mut().flat_map(Layer::matrices_mut);
        std::iter::once(&mut self.embedding)
            .chain(layers)
            .chain([&mut self.norm])
            .collect()
    }

    /// How many numbers there are.
    pub fn size(&self) -> usize {
        self.named().iter().map(|(_, _, matrix)| matrix.len()).sum()
    }

    /// Multiplies every number.
    pub fn scale(&mut self, factor: f32) {
        for matrix in self.matrices_mut() {
            *matrix *= factor;
        }
    }

    /// The sum of all `parts`, of which there is at least one, in their order; its matrices are summed
    /// side by side.
    pub fn sum(parts: Vec<Self>) -> Self {
        let mut parts = parts.into_iter();
        let mut sum = parts.next().expect("a sum has at least one part");
        let others: Vec<Self> = parts.collect();
        let others: Vec<_> = others.iter().map(Self::named).collect();
        let matrices = sum.matrices_mut().into_par_iter().enumerate();
        matrices.for_each(|(index, matrix)| {
            for other in &others {
                *matrix += other[index].2;
            }
        });
        sum
    }
}

impl Model {
    /// A model with random weights that depend on nothing but `config` and `seed`.
    pub fn new(config: Config, seed: u64) -> Self {
        let mut rng = Rng::new(seed, 0);
        let weights = Weights {
            embedding: random(&mut rng, config.vocab_size, config.dim, 0.02),
            layers: (0..config.layers)
                .map(|_| Layer::random(&config, &mut rng))
                .collect(),
            norm: Matrix::ones((1, config.dim)),
        };
        Self {
            weights,
            rope: Rope::new(config.context, config.dim / config.heads, config.rope_base),
            config,
        }
    }

    fn norm(&self) -> RmsNorm {
        RmsNorm {
            eps: self.config.norm_eps,
        }
    }

    fn attention<'a>(&'a self, dialogues: &'a [Range<usize>]) -> Attention<'a> {
        Attention {
            heads: self.config.heads,
            dialogues,
            rope: &self.rope,
        }
    }

    /// The last layer's output at `rows`, `[rows, dim]`, and what the way back needs.
    fn stream(&self, ids: &[u32], rows: &[usize], attention: &Attention) -> (Matrix, Vec<Trace>) {
        let ids: Vec<usize> = ids.iter().map(|id| *id as usize).collect();
        let mut x = self.weights.embedding.select(Axis(0), &ids);
        let mut traces = Vec::new();
        for (index, layer) in self.weights.layers.iter().enumerate() {
            let kept = self.kept(index, rows);
            let (output, trace) = layer.forward(x, kept, &self.norm(), attention);
            traces.push(trace);
            x = output;
        }
        (x, traces)
    }

    /// The rows of a layer's output that are needed, when not all are: of the last layer, those after
    /// which a token is predicted.
    fn kept<'a>(&self, layer: usize, rows: &'a [usize]) -> Option<&'a [usize]> {
        (layer + 1 == self.config.layers).then_some(rows)
    }

    /// The logits `[vocab]` after the last token of one dialogue.
    pub fn logits(&self, ids: &[u32]) -> Vec<f32> {
        let whole = 0..ids.len();
        let attention = self.attention(std::slice::from_ref(&whole));
        let (x, _) = self.stream(ids, &[ids.len() - 1], &attention);
        let x = self.norm().forward(&x, &self.weights.norm);
        linear(&x, &self.weights.embedding)
            .into_raw_vec_and_offset()
            .0
    }

    /// The batch's loss, summed over its targets by their weights, and its gradient.
    pub fn loss_and_gradient(&self, batch: &Batch) -> (f64, Weights) {
        let (attention, norm) = (self.attention(&batch.dialogues), self.norm());
        let mut sum = self.weights.zeros();
        let rows = &batch.rows;
        let (x, traces) = self.stream(&batch.ids, rows, &attention);

        let normed = norm.forward(&x, &self.weights.norm);
        let op = CrossEntropy {
            targets: &batch.targets,
        };
        let (loss, logits) = op.loss_and_gradient(linear(&normed, &self.weights.embedding));
        let grad = linear_back(
            &normed,
            &self.weights.embedding,
            &logits,
            &mut sum.embedding,
        );
        let mut back = norm.backward(&x, &self.weights.norm, grad, &mut sum.norm);

        let layers = self.weights.layers.iter().zip(&mut sum.layers);
        for ((index, (layer, sum)), trace) in layers.enumerate().zip(traces).rev() {
            let kept = self.kept(index, rows);
            back = layer.backward(trace, back, kept, &norm, &attention, sum);
        }
        for (id, grad) in batch.ids.iter().zip(back.rows()) {
            let mut row = sum.embedding.row_mut(*id as usize);
            row += &grad;
        }
        (loss, sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last layer leaves out rows, the one before does not.
    fn two_layers() -> Config {
        Config {
            layers: 2,
            ..Config::tiny(12)
        }
    }

    /// Two dialogues, of which one target counts less.
    fn batch() -> Batch {
        Batch {
            ids: vec![1, 5, 2, 7, 3, 3],
            dialogues: vec![0..4, 4..6],
            rows: vec![1, 3, 4],
            targets: vec![(2, 1.0), (9, 0.5), (3, 1.0)],
        }
    }

    #[test]
    fn the_gradient_of_every_matrix_matches_finite_differences() {
        let mut model = Model::new(two_layers(), 3);
        let (_, gradient) = model.loss_and_gradient(&batch());
        let mut rng = Rng::new(1, 1);
        for (index, (name, _, gradient)) in gradient.named().into_iter().enumerate() {
            for _ in 0..6 {
                let at = (rng.below(gradient.nrows()), rng.below(gradient.ncols()));
                let mut loss = |delta: f32| {
                    model.weights.matrices_mut()[index][at] += delta;
                    let loss = model.loss_and_gradient(&batch()).0;
                    model.weights.matrices_mut()[index][at] -= delta;
                    loss
                };
                let slope = (loss(5e-3) - loss(-5e-3)) / 1e-2;
                let exact = f64::from(gradient[at]);
                let error = (slope - exact).abs();
                assert!(
                    error < 0.02 * (0.1 + exact.abs()),
                    "{name} {at:?}: {slope} is not {exact}"
                );
            }
        }
    }

    #[test]
    fn a_batch_in_two_parts_has_the_same_gradient() {
        let model = Model::new(two_layers(), 3);
        let (loss, gradient) = model.loss_and_gradient(&batch());
        let first = Batch {
            ids: vec![1, 5, 2, 7],
            dialogues: std::iter::once(0..4).collect(),
            rows: vec![1, 3],
            targets: vec![(2, 1.0), (9, 0.5)],
        };
        let second = Batch {
            ids: vec![3, 3],
            dialogues: std::iter::once(0..2).collect(),
            rows: vec![0],
            targets: vec![(3, 1.0)],
        };
        let (loss_1, sum) = model.loss_and_gradient(&first);
        let (loss_2, other) = model.loss_and_gradient(&second);
        let sum = Weights::sum(vec![sum, other]);
        assert!((loss - loss_1 - loss_2).abs() < 1e-4);
        for ((name, _, a), (_, _, b)) in gradient.named().into_iter().zip(sum.named()) {
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5), "{name}");
        }
    }
}
