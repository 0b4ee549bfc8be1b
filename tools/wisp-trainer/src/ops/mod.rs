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

use candle_core::{Device, Tensor};

/// A matrix in row-major order.
pub type Matrix = ndarray::Array2<f32>;

/// A matrix as Candle has it.
pub fn tensor(matrix: &Matrix) -> candle_core::Result<Tensor> {
    Tensor::from_vec(values(matrix).to_vec(), matrix.dim(), &Device::Cpu)
}

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

/// Folds values in eight lanes so that the compiler can use vector registers; `f` takes them in any order,
/// and `start` changes nothing, however often it is met.
fn fold(values: &[f32], start: f32, f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; 8];
    let chunks = values.chunks_exact(8);
    let tail = chunks.remainder().iter().copied().fold(start, &f);
    for chunk in chunks {
        for lane in 0..8 {
            lanes[lane] = f(lanes[lane], chunk[lane]);
        }
    }
    lanes.into_iter().fold(tail, f)
}

/// `e^x` to six digits without a branch or a call, so that loops over it use vector registers; below -87
/// and above 88, where numbers end, it stays what it is there.
fn exp(x: f32) -> f32 {
    use std::f32::consts::LOG2_E;
    // The logarithm of two, cut so that its products with small integers are exact.
    const LN_2_HIGH: f32 = 355.0 / 512.0;
    const LN_2_LOW: f32 = (std::f64::consts::LN_2 - 355.0 / 512.0) as f32;
    const TO_INTEGER: f32 = 12_582_912.0; // 1.5 * 2^23: adding it leaves no place for a fraction
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * LOG2_E + TO_INTEGER;
    let whole = shifted - TO_INTEGER;
    let r = x - whole * LN_2_HIGH - whole * LN_2_LOW;
    let series = 1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0));
    let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * series)));
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    series * power
}

/// Turns scores into probabilities in place; returns the logarithm of the sum of their exponentials.
fn softmax(scores: &mut [f32]) -> f32 {
    let highest = fold(scores, f32::NEG_INFINITY, f32::max);
    for score in scores.iter_mut() {
        *score = exp(*score - highest);
    }
    let sum = fold(scores, 0.0, |a, b| a + b);
    let factor = 1.0 / sum;
    scores.iter_mut().for_each(|score| *score *= factor);
    highest + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_has_six_digits_everywhere_and_keeps_what_is_no_number() {
        for step in -86_999..88_000 {
            let x = step as f32 * 1e-3;
            let (near, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!(
                (near / exact - 1.0).abs() < 1e-6,
                "{x}: {near} is not {exact}"
            );
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-1e9), exp(-87.0));
        assert_eq!(exp(f32::INFINITY), exp(88.0));
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn folding_meets_every_value_once() {
        let values: Vec<f32> = (1..=21).map(|value| value as f32).collect();
        assert_eq!(fold(&values, 0.0, |a, b| a + b), 231.0);
        assert_eq!(fold(&values, f32::NEG_INFINITY, f32::max), 21.0);
        assert_eq!(fold(&[], 0.0, |a, b| a + b), 0.0);
    }
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
