//! Activations in the form that a matrix computes with: as they are, or rounded to 8 bits as ggml does.

use half::f16;

use super::blocks::{GROUPS, Layout, SMALL, SUPER};

/// The rows that a matrix is multiplied with.
pub(super) enum Input<'a> {
    Floats(&'a [f32]),
    Small(Vec<SmallBlock>),
    Super(Vec<SuperBlock>),
}

/// 32 activations that share a scale.
pub(super) struct SmallBlock {
    pub numbers: [i8; SMALL],
    pub scale: f32,
    /// What the numbers stand for, summed up.
    pub sum: f32,
    /// For each four numbers, minus the zero of the weights times their sum.
    pub start: [i32; SMALL / 4],
}

/// 256 activations that share a scale.
pub(super) struct SuperBlock {
    pub numbers: [i8; SUPER],
    pub scale: f32,
    /// The sums of the groups.
    pub sums: [i32; GROUPS],
}

impl<'a> Input<'a> {
    /// `x` is rows whose width is whole blocks of the weights' layout.
    pub fn new(layout: Layout, x: &'a [f32]) -> Self {
        match layout {
            Layout::Floats => Self::Floats(x),
            Layout::Small { zero } => {
                let blocks = x.as_chunks().0.iter();
                Self::Small(blocks.map(|block| SmallBlock::new(block, zero)).collect())
            }
            Layout::Super { .. } => {
                Self::Super(x.as_chunks().0.iter().map(SuperBlock::new).collect())
            }
        }
    }
}

impl SmallBlock {
    fn new(x: &[f32; SMALL], zero: u8) -> Self {
        let scale = largest(x).abs() / 127.0 + poison(x);
        let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        let numbers = x.map(|x| (x * inverse).round() as i8);
        let four = |i: usize| {
            numbers[4 * i..][..4]
                .iter()
                .map(|n| i32::from(*n))
                .sum::<i32>()
        };
        let fours: [i32; SMALL / 4] = std::array::from_fn(four);
        // ggml keeps both in 16 bits.
        let sum = fours.iter().sum::<i32>() as f32 * scale;
        Self {
            numbers,
            scale: f16::from_f32(scale).to_f32(),
            sum: f16::from_f32(sum).to_f32(),
            start: fours.map(|sum| -i32::from(zero) * sum),
        }
    }
}

impl SuperBlock {
    fn new(x: &[f32; SUPER]) -> Self {
        let largest = largest(x) + poison(x);
        let inverse = if largest == 0.0 {
            0.0
        } else {
            -127.0 / largest
        };
        let numbers = x.map(|x| (x * inverse).round() as i8);
        let size = SUPER / GROUPS;
        let sum = |i: usize| {
            numbers[size * i..][..size]
                .iter()
                .map(|n| i32::from(*n))
                .sum()
        };
        Self {
            numbers,
            scale: if largest == 0.0 { 0.0 } else { 1.0 / inverse },
            sums: std::array::from_fn(sum),
        }
    }
}

/// 0, or NaN when a value is not finite, which 8 bits cannot say.
fn poison(x: &[f32]) -> f32 {
    x.iter().map(|x| x * 0.0).sum()
}

/// The first of the values that are farthest from 0.
fn largest(x: &[f32]) -> f32 {
    let farther = |most: f32, x: &f32| if x.abs() > most.abs() { *x } else { most };
    x.iter().fold(0.0, farther)
}
