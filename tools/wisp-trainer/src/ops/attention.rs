use super::{Matrix, add_product, dot, product, softmax, values_mut};
use ndarray::{ArrayView2, ArrayViewMut2, s};
use std::ops::Range;

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
pub struct Attention<'a> {
    /// How many heads share `dim`.
    pub heads: usize,
    /// The rows of each dialogue, in order, without gaps.
    pub dialogues: &'a [Range<usize>],
    /// Angles for at least the longest dialogue.
    pub rope: &'a Rope,
}

/// One head of one dialogue: rotated queries and keys, and values, each `[len, head_dim]`.
struct Head<'a> {
    queries: ArrayView2<'a, f32>,
    keys: ArrayView2<'a, f32>,
    values: ArrayView2<'a, f32>,
}

impl Head<'_> {
    fn scale(&self) -> f32 {
        1.0 / (self.queries.ncols() as f32).sqrt()
    }

    /// How much each token (row) looks at each token up to itself.
    fn weights(&self) -> Matrix {
        let mut weights = product(self.queries, self.keys.t());
        weights *= self.scale();
        for (at, mut row) in weights.rows_mut().into_iter().enumerate() {
            let row = row.as_slice_mut().expect("rows are whole");
            softmax(&mut row[..=at]);
            row[at + 1..].fill(0.0);
        }
        weights
    }
}

impl Attention<'_> {
    /// Rotates queries and keys of `qkv` to their positions, or back when `direction` is -1.
    fn rotate(&self, qkv: &mut Matrix, direction: f32) {
        let triple = qkv.ncols();
        let size = triple / 3 / self.heads;
        let mut rows = values_mut(qkv).chunks_exact_mut(triple);
        for position in self.dialogues.iter().flat_map(|rows| 0..rows.len()) {
            let row = rows.next().expect("dialogues cover the rows");
            for head in row[..2 * self.heads * size].chunks_exact_mut(size) {
                self.rope.rotate(head, position, direction);
            }
        }
    }

    fn head<'b>(&self, qkv: &'b Matrix, rows: &Range<usize>, index: usize) -> Head<'b> {
        let part = |part| qkv.slice(s![rows.clone(), self.columns(qkv, part, index)]);
        Head {
            queries: part(0),
            keys: part(1),
            values: part(2),
        }
    }

    /// The columns of one head's queries (part 0), keys (1) or values (2).
    fn columns(&self, qkv: &Matrix, part: usize, index: usize) -> Range<usize> {
        let dim = qkv.ncols() / 3;
        let start = part * dim + index * (dim / self.heads);
        start..start + dim / self.heads
    }

    /// What each token sees. `qkv` is left with its queries and keys rotated, as `backward` wants it.
    pub fn forward(&self, qkv: &mut Matrix) -> Matrix {
        self.rotate(qkv, 1.0);
        let mut out = Matrix::zeros((qkv.nrows(), qkv.ncols() / 3));
        for rows in self.dialogues {
            for index in 0..self.heads {
                let head = self.head(qkv, rows, index);
                let seen = out.slice_mut(s![rows.clone(), self.columns(qkv, 0, index)]);
                add_product(1.0, &head.weights(), head.values, 0.0, seen);
            }
        }
        out
    }

    /// The gradient of `qkv` from that of the output; `qkv` is as `forward` left it.
    pub fn backward(&self, qkv: &Matrix, grad: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(qkv.dim());
        for rows in self.dialogues {
            for index in 0..self.heads {
                let head = self.head(qkv, rows, index);
                let grad = grad.slice(s![rows.clone(), self.columns(qkv, 0, index)]);
                let columns = [0, 1, 2].map(|part| self.columns(qkv, part, index));
                let [queries, keys, values] = columns.map(|columns| s![rows.clone(), columns]);
                let (queries, keys, values) = out.multi_slice_mut((queries, keys, values));
                gradient(&head, grad, [queries, keys, values]);
            }
        }
        self.rotate(&mut out, -1.0);
        out
    }
}

/// Writes the gradients of rotated queries, rotated keys and values of one head.
fn gradient(head: &Head, grad: ArrayView2<f32>, out: [ArrayViewMut2<f32>; 3]) {
    let [queries, keys, values] = out;
    let weights = head.weights();
    add_product(1.0, weights.t(), grad, 0.0, values);
    let mut scores = product(grad, head.values.t());
    for (mut row, weights) in scores.rows_mut().into_iter().zip(weights.rows()) {
        let (row, weights) = (row.as_slice_mut(), weights.to_slice());
        let (row, weights) = row.zip(weights).expect("rows are whole");
        let mean = dot(row, weights);
        for (value, weight) in row.iter_mut().zip(weights) {
            *value = weight * (*value - mean);
        }
    }
    add_product(head.scale(), &scores, head.keys, 0.0, queries);
    add_product(head.scale(), scores.t(), head.queries, 0.0, keys);
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    #[test]
    fn gradients_match_finite_differences() {
        let rope = Rope::new(5, 4, 100.0);
        let attention = Attention {
            heads: 2,
            dialogues: &[0..2, 2..5],
            rope: &rope,
        };
        check::gradient(
            &check::random((5, 24), 3),
            |x| attention.forward(&mut x.clone()),
            |x, grad| {
                let mut x = x.clone();
                attention.forward(&mut x);
                attention.backward(&x, grad)
            },
        );
    }
}
