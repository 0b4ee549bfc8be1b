//! The operations of the model: each file is one, with its forward pass, its gradient, and a test of
//! that gradient against finite differences; `product.rs` is what they multiply with.
//!
//! They work on one thread: a batch is trained in parts, one for each thread, so no operation has to be
//! cut up (`train.rs`).

mod attention;
mod cross_entropy;
mod product;
mod rms_norm;
mod swiglu;

pub use attention::{Attention, Rope};
pub use cross_entropy::CrossEntropy;
pub use product::{add_product, product};
pub use rms_norm::RmsNorm;
pub use swiglu::SwiGlu;

/// A matrix in row-major order.
pub type Matrix = ndarray::Array2<f32>;

/// The values of a matrix, row by row.
fn values(matrix: &Matrix) -> &[f32] {
    matrix.as_slice().expect("matrices are row-major and whole")
}

/// The values of a matrix, row by row, to be changed.
fn values_mut(matrix: &mut Matrix) -> &mut [f32] {
    matrix
        .as_slice_mut()
        .expect("matrices are row-major and whole")
}

/// The sum of products, in eight lanes so that the compiler can use vector registers.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f32 = a8
        .remainder()
        .iter()
        .zip(b8.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in a8.zip(b8) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    lanes.iter().sum::<f32>() + tail
}

/// `target += factor * source`.
fn add_scaled(target: &mut [f32], factor: f32, source: &[f32]) {
    for (t, s) in target.iter_mut().zip(source) {
        *t += factor * s;
    }
}

/// Turns scores into probabilities in place; returns the logarithm of the sum of their exponentials.
fn softmax(scores: &mut [f32]) -> f32 {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - highest).exp();
        sum += *score;
    }
    let factor = 1.0 / sum;
    scores.iter_mut().for_each(|score| *score *= factor);
    highest + sum.ln()
}

#[cfg(test)]
mod check {
    use super::*;

    /// A matrix of normal numbers that depend on `seed` only.
    pub fn random(shape: (usize, usize), seed: u64) -> Matrix {
        let mut rng = crate::rng::Rng::new(7, seed);
        Matrix::from_shape_simple_fn(shape, || rng.normal())
    }

    /// Compares the gradient of `sum(f(x) * probe)`, which `gradient(x, probe)` gives, with finite
    /// differences at every value of `x`.
    pub fn gradient(
        start: &Matrix,
        f: impl Fn(&Matrix) -> Matrix,
        gradient: impl Fn(&Matrix, &Matrix) -> Matrix,
    ) {
        let probe = random(f(start).dim(), 2);
        let exact = gradient(start, &probe);
        for at in ndarray::indices(start.dim()) {
            let value = |delta: f32| {
                let mut moved = start.clone();
                moved[at] += delta;
                (f(&moved) * &probe).sum()
            };
            let slope = (value(1e-2) - value(-1e-2)) / 2e-2;
            let error = (slope - exact[at]).abs();
            assert!(
                error < 0.02 * (1.0 + exact[at].abs()),
                "value {at:?}: {slope} is not {}",
                exact[at]
            );
        }
    }
}
