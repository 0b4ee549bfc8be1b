//! Activations in the form that a matrix computes with: as they are, or rounded to 8 bits as ggml does.

use half::f16;

use super::blocks::{GROUPS, Layout, SMALL, SUPER};
use super::kernels::{Kernel, Work, fastest};

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

/// 256 activations that share a scale. Aligned as the widest instructions read them.
#[repr(C, align(64))]
pub(super) struct SuperBlock {
    pub numbers: [i8; SUPER],
    pub scale: f32,
    /// The sums of the groups.
    pub sums: [i32; GROUPS],
}

impl<'a> Input<'a> {
    /// `x` is rows whose width is whole blocks of the weights' layout.
    pub fn new(layout: Layout, x: &'a [f32]) -> Self {
        fastest(Rounding { layout, x })
    }

    #[inline(always)]
    fn in_layout(layout: Layout, x: &'a [f32]) -> Self {
        match layout {
            Layout::Floats => Self::Floats(x),
            Layout::Small { zero } => {
                let mut blocks = Vec::with_capacity(x.len() / SMALL);
                for block in x.as_chunks().0 {
                    blocks.push(SmallBlock::new(block, zero));
                }
                Self::Small(blocks)
            }
            Layout::Super => {
                let mut blocks = Vec::with_capacity(x.len() / SUPER);
                for block in x.as_chunks().0 {
                    blocks.push(SuperBlock::new(block));
                }
                Self::Super(blocks)
            }
        }
    }
}

struct Rounding<'a> {
    layout: Layout,
    x: &'a [f32],
}

impl<'a> Work for Rounding<'a> {
    type Output = Input<'a>;

    #[inline(always)]
    fn run<K: Kernel>(self) -> Input<'a> {
        Input::in_layout(self.layout, self.x)
    }
}

impl SmallBlock {
    #[inline(always)]
    fn new(x: &[f32; SMALL], zero: u8) -> Self {
        let scale = largest(x).abs() / 127.0 + poison(x);
        let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        let mut numbers = [0; SMALL];
        for i in 0..SMALL {
            numbers[i] = rounded(x[i] * inverse);
        }
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
    #[inline(always)]
    fn new(x: &[f32; SUPER]) -> Self {
        let largest = largest(x) + poison(x);
        let inverse = if largest == 0.0 {
            0.0
        } else {
            -127.0 / largest
        };
        let mut numbers = [0; SUPER];
        for i in 0..SUPER {
            numbers[i] = rounded(x[i] * inverse);
        }
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
#[inline(always)]
fn poison(x: &[f32]) -> f32 {
    x.iter().map(|x| x * 0.0).sum()
}

/// The first of the values that are farthest from 0.
#[inline(always)]
fn largest(x: &[f32]) -> f32 {
    let lanes = x.chunks_exact(8).fold([0f32; 8], |most, x| {
        std::array::from_fn(|lane| most[lane].max(x[lane].abs()))
    });
    let most = lanes.into_iter().fold(0.0, f32::max);
    x.iter().copied().find(|x| x.abs() == most).unwrap_or(0.0)
}

/// To the nearest whole number, halves away from 0; `x` is not far beyond what 8 bits hold.
#[inline(always)]
fn rounded(x: f32) -> i8 {
    // The largest number below one half: adding one half itself would round 0.49999997 up.
    let half = 0.499_999_97_f32.copysign(x);
    (x + half) as i32 as i8
}
