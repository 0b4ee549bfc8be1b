//! AdamW in one pass over each tensor, with gradient clipping and the learning-rate schedule.

use crate::{error::Result, model::Model};
use candle_core::{Device, Tensor, backprop::GradStore};
use rayon::prelude::*;

/// The hyper-parameters.
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// Decay of the mean of gradients.
    pub beta1: f32,
    /// Decay of the mean of squared gradients.
    pub beta2: f32,
    /// Weight decay, for matrices only.
    pub decay: f32,
    /// Gradients are scaled down to this norm.
    pub clip: f32,
}

impl Default for AdamW {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.98,
            decay: 0.05,
            clip: 1.0,
        }
    }
}

/// The running means of one tensor's gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Mean of gradients.
    pub first: Vec<f32>,
    /// Mean of squared gradients.
    pub second: Vec<f32>,
}

impl Moments {
    /// Moments before the first step, one for each parameter of `model`.
    pub fn zero(model: &Model) -> Vec<Self> {
        let zero = |size| Self {
            first: vec![0.0; size],
            second: vec![0.0; size],
        };
        model
            .parameters()
            .iter()
            .map(|(_, var)| zero(var.elem_count()))
            .collect()
    }
}

/// The learning rate at `progress` (0 to 1 of the whole run): a short linear warm-up, then a cosine
/// down to a hundredth of `peak`.
pub fn learning_rate(peak: f64, progress: f64) -> f64 {
    const WARM_UP: f64 = 0.02;
    if progress < WARM_UP {
        return peak * (progress / WARM_UP).max(0.01);
    }
    let fall = ((progress - WARM_UP) / (1.0 - WARM_UP)).min(1.0);
    peak * (0.01 + 0.99 * 0.5 * (1.0 + (std::f64::consts::PI * fall).cos()))
}

impl AdamW {
    /// Moves the model against `grads`; `step` counts from 1. Returns the gradients' norm.
    pub fn step(
        &self,
        model: &Model,
        moments: &mut [Moments],
        grads: &GradStore,
        step: usize,
        rate: f64,
    ) -> Result<f32> {
        let mut all = Vec::new();
        for (_, var) in model.parameters() {
            all.push(match grads.get(var.as_tensor()) {
                Some(grad) => grad.flatten_all()?.to_vec1::<f32>()?,
                None => vec![0.0; var.elem_count()],
            });
        }
        let norm = all
            .par_iter()
            .flatten()
            .map(|g| f64::from(*g).powi(2))
            .sum::<f64>()
            .sqrt() as f32;
        let step = Step {
            rate: rate as f32,
            scale: (self.clip / (norm + 1e-6)).min(1.0),
            first_fill: 1.0 / (1.0 - self.beta1.powi(step as i32)),
            second_fill: 1.0 / (1.0 - self.beta2.powi(step as i32)),
        };
        for (((_, var), grad), moments) in model.parameters().iter().zip(&all).zip(moments) {
            let mut weights = var.flatten_all()?.to_vec1::<f32>()?;
            let decay = if var.rank() > 1 { self.decay } else { 0.0 };
            self.update(&mut weights, grad, moments, decay, &step);
            var.set(&Tensor::from_vec(weights, var.shape(), &Device::Cpu)?)?;
        }
        Ok(norm)
    }

    fn update(
        &self,
        weights: &mut [f32],
        grad: &[f32],
        moments: &mut Moments,
        decay: f32,
        step: &Step,
    ) {
        let means = moments
            .first
            .par_iter_mut()
            .zip(moments.second.par_iter_mut());
        let weights = weights.par_iter_mut().zip(grad);
        weights
            .zip(means)
            .for_each(|((weight, grad), (first, second))| {
                let grad = grad * step.scale;
                *first += (1.0 - self.beta1) * (grad - *first);
                *second += (1.0 - self.beta2) * (grad * grad - *second);
                let slope = *first * step.first_fill;
                let size = (*second * step.second_fill).sqrt() + 1e-8;
                *weight -= step.rate * (slope / size + decay * *weight);
            });
    }
}

/// The numbers of one step that all tensors share.
struct Step {
    rate: f32,
    /// Clips the gradients.
    scale: f32,
    /// Make up for moments that start at zero.
    first_fill: f32,
    second_fill: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_rises_then_falls() {
        assert!(learning_rate(1.0, 0.001) < learning_rate(1.0, 0.02));
        assert!(learning_rate(1.0, 0.5) < learning_rate(1.0, 0.1));
        assert!((learning_rate(1.0, 1.0) - 0.01).abs() < 1e-9);
    }
}
