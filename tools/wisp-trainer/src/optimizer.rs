//! Muon for the layers' matrices, AdamW for the rest, with a clipped gradient and a learning rate that
//! warms up and falls.
//!
//! AdamW is that of Loshchilov and Hutter (2019). Muon (Jordan and others, 2024) moves a matrix by its momentum with all
//! singular values brought near one, by Newton-Schulz iterations; a matrix so needs fewer tokens than with AdamW.

use crate::{
    model::{Kind, Weights},
    ops::{Matrix, add_product, product},
};
use ndarray::{ArrayView2, s};
use rayon::prelude::*;

/// The hyper-parameters.
#[derive(Clone, Copy, Debug)]
pub struct Optimizer {
    /// The rate of AdamW.
    pub rate: f64,
    /// The rate of Muon: how far the largest singular value moves in a step.
    pub muon_rate: f64,
    /// Decay of Muon's mean of gradients.
    pub momentum: f32,
    /// Decay of AdamW's mean of gradients.
    pub beta1: f32,
    /// Decay of AdamW's mean of squared gradients.
    pub beta2: f32,
    /// Weight decay, for matrices only.
    pub decay: f32,
    /// Gradients are scaled down to this norm.
    pub clip: f32,
}

impl Default for Optimizer {
    fn default() -> Self {
        Self {
            rate: 3e-3,
            muon_rate: 0.01,
            momentum: 0.9,
            beta1: 0.9,
            beta2: 0.98,
            decay: 0.1,
            clip: 1.0,
        }
    }
}

/// The running means of all gradients; Muon has no use for the second.
#[derive(Clone)]
pub struct Moments {
    /// Means of gradients.
    pub first: Weights,
    /// Means of squared gradients.
    pub second: Weights,
}

impl Moments {
    /// Moments before the first step.
    pub fn zero(weights: &Weights) -> Self {
        Self {
            first: weights.zeros(),
            second: weights.zeros(),
        }
    }
}

/// The part of the highest learning rate at `progress` (0 to 1 of the whole run): a short linear
/// warm-up, level, then down to nothing from three tenths of the run on.
pub fn schedule(progress: f64) -> f64 {
    const WARM_UP: f64 = 0.01;
    const FALL: f64 = 0.3;
    let rise = (progress / WARM_UP).max(0.02);
    let fall = (1.0 - progress) / (1.0 - FALL);
    rise.min(fall).clamp(0.0, 1.0)
}

/// The numbers of one step that all matrices share.
struct Step {
    rate: f32,
    muon_rate: f32,
    /// Clips the gradients.
    scale: f32,
    /// Make up for moments that start at zero.
    first_fill: f32,
    second_fill: f32,
}

impl Optimizer {
    /// Moves the weights against `gradient`; `step` counts from 1, `factor` is the schedule's.
    pub fn step(
        &self,
        weights: &mut Weights,
        moments: &mut Moments,
        gradient: &Weights,
        step: usize,
        factor: f64,
    ) {
        let gradients = gradient.named();
        let squares = |matrix: &Matrix| matrix.iter().map(|g| f64::from(g * g)).sum::<f64>();
        let norm: f64 = gradients.iter().map(|(_, _, matrix)| squares(matrix)).sum();
        let step = Step {
            rate: (factor * self.rate) as f32,
            muon_rate: (factor * self.muon_rate) as f32,
            scale: (self.clip / (norm.sqrt() as f32 + 1e-6)).min(1.0),
            first_fill: 1.0 / (1.0 - self.beta1.powi(step as i32)),
            second_fill: 1.0 / (1.0 - self.beta2.powi(step as i32)),
        };
        let moments = moments
            .first
            .matrices_mut()
            .into_par_iter()
            .zip(moments.second.matrices_mut());
        let all = weights
            .matrices_mut()
            .into_par_iter()
            .zip(gradients)
            .zip(moments);
        all.for_each(
            |((weights, (_, kind, gradient)), (first, second))| match kind {
                Kind::Linear(parts) => self.muon(weights, gradient, first, parts, &step),
                Kind::Norm => self.adam(weights, gradient, first, second, 0.0, &step),
                Kind::Embedding => self.adam(weights, gradient, first, second, self.decay, &step),
            },
        );
    }

    fn adam(
        &self,
        weights: &mut Matrix,
        gradient: &Matrix,
        first: &mut Matrix,
        second: &mut Matrix,
        decay: f32,
        step: &Step,
    ) {
        let means = first.iter_mut().zip(second);
        for ((weight, gradient), (first, second)) in weights.iter_mut().zip(gradient).zip(means) {
            let gradient = gradient * step.scale;
            *first += (1.0 - self.beta1) * (gradient - *first);
            *second += (1.0 - self.beta2) * (gradient * gradient - *second);
            let slope = *first * step.first_fill;
            let size = (*second * step.second_fill).sqrt() + 1e-8;
            *weight -= step.rate * (slope / size + decay * *weight);
        }
    }

    fn muon(
        &self,
        weights: &mut Matrix,
        gradient: &Matrix,
        mean: &mut Matrix,
        parts: usize,
        step: &Step,
    ) {
        mean.zip_mut_with(gradient, |mean, g| {
            *mean += (1.0 - self.momentum) * (g * step.scale - *mean);
        });
        // Nesterov: the mean as the next step will have it.
        let mut ahead = mean.clone();
        ahead.zip_mut_with(gradient, |ahead, g| {
            *ahead += (1.0 - self.momentum) * (g * step.scale - *ahead);
        });
        let rows = weights.nrows() / parts;
        let stretch = (rows as f32 / weights.ncols() as f32).max(1.0).sqrt();
        for part in 0..parts {
            let rows = s![part * rows..(part + 1) * rows, ..];
            let direction = orthogonal(ahead.slice(rows).to_owned());
            weights
                .slice_mut(rows)
                .zip_mut_with(&direction, |weight, direction| {
                    *weight -= step.muon_rate * (stretch * direction + self.decay * *weight);
                });
        }
    }
}

/// The matrix with its singular values brought near one (between about 0.7 and 1.2), by five
/// iterations of the quintic Newton-Schulz polynomial.
///
/// Each iteration is `x <- (a + b r + c r r) x` with `r = x x^T`. The factors commute, so that their
/// product is found first, from `r` alone, in small symmetric matrices, and meets `x` once.
fn orthogonal(matrix: Matrix) -> Matrix {
    const POLYNOMIAL: (f32, f32, f32) = (3.4445, -4.7750, 2.0315);
    const ITERATIONS: usize = 5;
    let (a, b, c) = POLYNOMIAL;
    let tall = matrix.nrows() > matrix.ncols();
    let mut x = if tall { matrix.reversed_axes() } else { matrix };
    let size = x.iter().map(|value| value * value).sum::<f32>().sqrt();
    x /= size + 1e-7;
    let mut r = symmetric(&x, x.t());
    let mut all = Matrix::eye(x.nrows());
    for iteration in 0..ITERATIONS {
        let mut factor = symmetric(&r, &r);
        factor.zip_mut_with(&r, |square, r| *square = c * *square + b * r);
        factor.diag_mut().map_inplace(|value| *value += a);
        all = if iteration == 0 {
            factor.clone()
        } else {
            symmetric(&factor, &all)
        };
        if iteration + 1 < ITERATIONS {
            r = symmetric(&factor, &symmetric(&factor, &r));
        }
    }
    let x = product(&all, &x);
    if tall { x.reversed_axes() } else { x }
}

/// The product `[n, k] x [k, n] -> [n, n]` that is known to be symmetric: only blocks on and below the
/// diagonal are computed, the others are copied.
fn symmetric<'a>(
    left: impl Into<ArrayView2<'a, f32>>,
    right: impl Into<ArrayView2<'a, f32>>,
) -> Matrix {
    const BLOCK: usize = 64;
    let (left, right) = (left.into(), right.into());
    let size = left.nrows();
    let mut out = Matrix::zeros((size, size));
    for start in (0..size).step_by(BLOCK) {
        let end = size.min(start + BLOCK);
        let below = out.slice_mut(s![start..end, ..end]);
        add_product(
            1.0,
            left.slice(s![start..end, ..]),
            right.slice(s![.., ..end]),
            0.0,
            below,
        );
        let (mut above, below) =
            out.multi_slice_mut((s![..start, start..end], s![start..end, ..start]));
        above.assign(&below.t());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use ndarray::Axis;

    /// The largest and the smallest length of the rows.
    fn lengths(matrix: &Matrix) -> (f32, f32) {
        let lengths = matrix.map_axis(Axis(1), |row| row.dot(&row).sqrt());
        let fold = |f: fn(f32, f32) -> f32, start| lengths.iter().copied().fold(start, f);
        (fold(f32::max, 0.0), fold(f32::min, f32::INFINITY))
    }

    #[test]
    fn rate_rises_stays_and_falls() {
        assert!(schedule(0.001) < schedule(0.01));
        assert_eq!(schedule(0.2), 1.0);
        assert!(schedule(0.9) < schedule(0.6));
        assert_eq!(schedule(1.0), 0.0);
    }

    fn random(rows: usize, columns: usize) -> Matrix {
        let mut rng = Rng::new(1, 1);
        Matrix::from_shape_simple_fn((rows, columns), || rng.normal())
    }

    fn near(a: &Matrix, b: &Matrix, error: f32) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < error)
    }

    #[test]
    fn symmetric_products_are_products() {
        let x = random(150, 40);
        assert!(near(&symmetric(&x, x.t()), &x.dot(&x.t()), 1e-4));
    }

    #[test]
    fn iterations_in_symmetric_matrices_are_those_of_the_whole() {
        for (rows, columns) in [(8, 24), (130, 150)] {
            let start = random(rows, columns);
            let size = start.iter().map(|value| value * value).sum::<f32>().sqrt();
            let mut x = &start / size;
            for _ in 0..5 {
                let r = x.dot(&x.t());
                x = 3.4445 * &x + (-4.7750 * &r + 2.0315 * r.dot(&r)).dot(&x);
            }
            assert!(near(&orthogonal(start.clone()), &x, 1e-3));
            let turned = orthogonal(start.reversed_axes());
            assert!(near(&turned.reversed_axes(), &x, 1e-3));
        }
    }

    #[test]
    fn orthogonal_rows_have_about_the_same_length() {
        for (rows, columns) in [(8, 24), (24, 8)] {
            let mut matrix = random(rows, columns);
            matrix.row_mut(0).fill(30.0);
            let out = orthogonal(matrix);
            assert_eq!(out.dim(), (rows, columns));
            let short_side = if rows < columns {
                out
            } else {
                out.reversed_axes()
            };
            let (longest, shortest) = lengths(&short_side);
            assert!(longest < 1.3 && shortest > 0.5, "{longest} {shortest}");
        }
    }
}
