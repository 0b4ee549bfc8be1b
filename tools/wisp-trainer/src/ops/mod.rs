//! Fused operations with a backward pass, for the CPU.
//!
//! Candle's own composition of these costs a dozen passes over memory each, on one thread; the fused
//! operations of `candle-nn` have no backward pass. Each file here is one operation: its forward, its
//! gradient, and a test against finite differences.

mod attention;
mod cross_entropy;
mod rms_norm;
mod swiglu;

pub use attention::{Attention, Rope};
pub use cross_entropy::CrossEntropy;
pub use rms_norm::RmsNorm;
pub use swiglu::SwiGlu;

use candle_core::{CpuStorage, Error, Layout, Result, Tensor};

/// The values of a contiguous tensor.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) = layout
        .contiguous_offsets()
        .ok_or_else(|| Error::Msg("this operation needs a contiguous tensor".into()))?;
    Ok(&storage.as_slice::<f32>()?[start..end])
}

/// A copy of the values of any tensor, row by row.
fn copy(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
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
    scores.iter_mut().for_each(|score| *score /= sum);
    highest + sum.ln()
}

#[cfg(test)]
mod check {
    use super::*;
    use candle_core::{Device, Var};

    /// Compares the gradient of `sum(f(x) * probe)` with finite differences at every input value.
    pub fn gradient(shape: (usize, usize), f: impl Fn(&Tensor) -> Result<Tensor>) {
        let mut rng = crate::rng::Rng::new(7, 1);
        let start: Vec<f32> = (0..shape.0 * shape.1).map(|_| rng.normal()).collect();
        let input = Var::from_vec(start.clone(), shape, &Device::Cpu).unwrap();
        let output = f(&input).unwrap();
        let weights: Vec<f32> = (0..output.elem_count()).map(|_| rng.normal()).collect();
        let probe = Tensor::from_vec(weights, output.shape(), &Device::Cpu).unwrap();
        let value = |x: &Tensor| (f(x).unwrap() * &probe).unwrap().sum_all().unwrap();
        let grads = value(&input).backward().unwrap();
        let exact = copy(grads.get(&input).unwrap()).unwrap();
        for (i, exact) in exact.iter().enumerate() {
            let at = |delta: f32| {
                let mut moved = start.clone();
                moved[i] += delta;
                let x = Tensor::from_vec(moved, shape, &Device::Cpu).unwrap();
                value(&x).to_scalar::<f32>().unwrap()
            };
            let slope = (at(1e-2) - at(-1e-2)) / 2e-2;
            let error = (slope - exact).abs();
            assert!(
                error < 0.02 * (1.0 + exact.abs()),
                "value {i}: {slope} is not {exact}"
            );
        }
    }
}
