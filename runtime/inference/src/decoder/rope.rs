//! Rotary position embedding: the angles of positions.
//!
//! Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021.

use std::ops::Range;

use super::descriptor::{Rope, RopeKind};

/// The rotation speed of each pair of elements, in radians a position.
pub(crate) struct Frequencies {
    kind: RopeKind,
    /// `[dims / 2]`
    speeds: Vec<f64>,
}

/// Cosines and sines of consecutive positions, `[tokens, dims / 2]`.
pub(crate) struct Angles {
    pub kind: RopeKind,
    pub positions: Range<usize>,
    pub cos: Vec<f32>,
    pub sin: Vec<f32>,
}

impl Frequencies {
    /// `factors` slows each pair down (the `rope_freqs` tensor of Llama 3), `[dims / 2]`.
    pub fn new(rope: &Rope, factors: Option<&[f32]>) -> Self {
        let speed = |pair: usize| {
            let exponent = 2.0 * pair as f64 / rope.dims as f64;
            let factor = factors.map_or(1.0, |factors| f64::from(factors[pair]));
            1.0 / (f64::from(rope.base).powf(exponent) * factor * f64::from(rope.divisor))
        };
        Self {
            kind: rope.kind,
            speeds: (0..rope.dims / 2).map(speed).collect(),
        }
    }

    /// The angles of consecutive positions.
    pub fn angles(&self, positions: Range<usize>) -> Angles {
        let (sin, cos) = positions
            .clone()
            .flat_map(|position| {
                self.speeds
                    .iter()
                    .map(move |s| (position as f64 * s).sin_cos())
            })
            .map(|(sin, cos)| (sin as f32, cos as f32))
            .unzip();
        Angles {
            kind: self.kind,
            positions,
            cos,
            sin,
        }
    }
}
