//! Rotary position embedding: the angles of positions.
//!
//! Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021.

use std::f64::consts::TAU;
use std::ops::Range;

use super::architecture::RopeKind;
use super::descriptor::{Rope, Scaling};

/// The rotation speed of each pair of elements, in radians a position.
#[derive(Debug, Clone)]
pub(crate) struct Frequencies {
    kind: RopeKind,
    /// The factor of what has been rotated.
    magnitude: f64,
    /// `[dims / 2]`
    speeds: Vec<f64>,
}

/// Cosines and sines of consecutive positions, `[tokens, dims / 2]`, times the magnitude.
pub(crate) struct Angles {
    pub kind: RopeKind,
    /// Pairs that turn, from the start of a head: `dims / 2`.
    pub pairs: usize,
    pub cos: Vec<f32>,
    pub sin: Vec<f32>,
}

impl Frequencies {
    /// `factors` slows each pair down (the tensors `rope_freqs` of Llama 3, `rope_factors_long` of
    /// Phi 3), `[dims / 2]`.
    pub fn new(rope: &Rope, factors: Option<&[f32]>) -> Self {
        let speed = |pair: usize| {
            let exponent = 2.0 * pair as f64 / rope.dims as f64;
            let factor = factors.map_or(1.0, |factors| f64::from(factors[pair]));
            scaled(rope, pair) / (f64::from(rope.base).powf(exponent) * factor)
        };
        Self {
            kind: rope.kind,
            magnitude: f64::from(rope.magnitude),
            speeds: (0..rope.dims / 2).map(speed).collect(),
        }
    }

    /// The angles of consecutive positions.
    pub fn angles(&self, positions: Range<usize>) -> Angles {
        let (sin, cos) = positions
            .flat_map(|position| {
                self.speeds
                    .iter()
                    .map(move |s| (position as f64 * s).sin_cos())
            })
            .map(|(sin, cos)| ((sin * self.magnitude) as f32, (cos * self.magnitude) as f32))
            .unzip();
        Angles {
            kind: self.kind,
            pairs: self.speeds.len(),
            cos,
            sin,
        }
    }
}

/// How much slower a pair turns for a longer context.
fn scaled(rope: &Rope, pair: usize) -> f64 {
    match rope.scaling {
        Scaling::None => 1.0,
        Scaling::Linear { factor } => 1.0 / f64::from(factor),
        Scaling::Yarn {
            factor,
            beta_fast,
            beta_slow,
        } => {
            let first = turning(rope, beta_fast).floor().max(0.0);
            let last = turning(rope, beta_slow).ceil().min(rope.dims as f64 - 1.0);
            let slow = ((pair as f64 - first) / (last - first).max(0.001)).clamp(0.0, 1.0);
            slow / f64::from(factor) + (1.0 - slow)
        }
    }
}

/// The pair, as a fraction, that turns `turns` times in the context that was trained.
fn turning(rope: &Rope, turns: f32) -> f64 {
    let wavelength = rope.original_context as f64 / (f64::from(turns) * TAU);
    rope.dims as f64 * wavelength.ln() / (2.0 * f64::from(rope.base).ln())
}
