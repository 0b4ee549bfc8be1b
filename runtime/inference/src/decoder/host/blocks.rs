//! Quantized rows, unpacked: small unsigned numbers, and what turns them into weights.
//!
//! Source of the formats: `ggml-common.h` and `ggml-quants.c` of ggml.

use candle_core::quantized::GgmlDType;

/// Weights of a small block, which share one scale.
pub(super) const SMALL: usize = 32;
/// Weights of a super-block, which has [`GROUPS`] groups with a scale each.
pub(super) const SUPER: usize = 256;
pub(super) const GROUPS: usize = 16;
const GROUP: usize = SUPER / GROUPS;

/// How the numbers of a row become weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Floats, as they are.
    Floats,
    /// Blocks of 32: `scale * (number - zero) + min`.
    Small { zero: u8 },
    /// Blocks of 256: `scale * group_scale * number - min * group_min`.
    Super,
}

pub(super) fn layout(dtype: GgmlDType) -> Option<Layout> {
    use GgmlDType::*;
    Some(match dtype {
        F32 | F16 | BF16 => Layout::Floats,
        Q4_0 => Layout::Small { zero: 8 },
        Q4_1 | Q5_1 => Layout::Small { zero: 0 },
        Q5_0 => Layout::Small { zero: 16 },
        Q8_0 => Layout::Small { zero: 128 },
        Q2K | Q3K | Q4K | Q5K | Q6K => Layout::Super,
        Q8_1 | Q8K => return None,
    })
}

/// A row of small blocks.
#[derive(Default)]
pub(super) struct SmallRow {
    pub numbers: Vec<[u8; SMALL]>,
    pub scales: Vec<f32>,
    /// Empty for formats without a minimum.
    pub mins: Vec<f32>,
}

/// A row of super-blocks.
#[derive(Default)]
pub(super) struct SuperRow {
    pub numbers: Vec<Numbers>,
    pub factors: Vec<Factors>,
}

/// The numbers of a super-block, aligned as the widest instructions read them.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Numbers(pub [u8; SUPER]);

/// What turns the numbers of a super-block into weights.
#[derive(Clone, Copy, Default)]
pub(super) struct Factors {
    pub scale: f32,
    pub min: f32,
    pub scales: [i32; GROUPS],
    pub mins: [i32; GROUPS],
}

impl Factors {
    /// Of a format that counts numbers from `zero` and has no minimums.
    #[inline(always)]
    fn around(zero: i32, scale: f32, scales: [i32; GROUPS]) -> Self {
        Self {
            scale,
            min: scale,
            scales,
            mins: each(&scales, |scale| zero * scale),
        }
    }
}

impl SmallRow {
    #[inline(always)]
    pub fn unpack(&mut self, dtype: GgmlDType, bytes: &[u8]) {
        match dtype {
            GgmlDType::Q4_0 => self.fill::<18>(bytes, |mut block| {
                (block.half(), None, nibbles(block.take()))
            }),
            GgmlDType::Q4_1 => self.fill::<20>(bytes, |mut block| {
                let (scale, min) = (block.half(), block.half());
                (scale, Some(min), nibbles(block.take()))
            }),
            GgmlDType::Q5_0 => self.fill::<22>(bytes, |mut block| {
                let (scale, fifth) = (block.half(), *block.take());
                (scale, None, with_fifth_bit(nibbles(block.take()), fifth))
            }),
            GgmlDType::Q5_1 => self.fill::<24>(bytes, |mut block| {
                let (scale, min, fifth) = (block.half(), block.half(), *block.take());
                let numbers = with_fifth_bit(nibbles(block.take()), fifth);
                (scale, Some(min), numbers)
            }),
            _ => self.fill::<34>(bytes, |mut block| {
                let scale = block.half();
                let numbers = each(block.take::<SMALL>(), |byte| byte ^ 0x80); // i8 + 128
                (scale, None, numbers)
            }),
        }
    }

    /// Reads blocks of `BYTES` bytes: scale, minimum and numbers of each. One loop for each format, so that none asks
    /// for the format at each block.
    #[inline(always)]
    fn fill<const BYTES: usize>(
        &mut self,
        bytes: &[u8],
        read: impl Fn(Reader) -> (f32, Option<f32>, [u8; SMALL]),
    ) {
        let (blocks, _) = bytes.as_chunks::<BYTES>();
        self.numbers.resize(blocks.len(), [0; SMALL]);
        self.scales.resize(blocks.len(), 0.0);
        self.mins.clear();
        let places = self.numbers.iter_mut().zip(&mut self.scales);
        for (block, (numbers, scale)) in blocks.iter().zip(places) {
            let min;
            (*scale, min, *numbers) = read(Reader(block));
            self.mins.extend(min);
        }
    }

    /// The weights of the row.
    pub fn weights(&self, zero: u8, out: &mut [f32]) {
        let blocks = self.numbers.iter().zip(&self.scales).enumerate();
        for ((index, (numbers, scale)), out) in blocks.zip(out.chunks_mut(SMALL)) {
            let min = self.mins.get(index).copied().unwrap_or(0.0);
            for (number, out) in numbers.iter().zip(out) {
                *out = f32::from(i16::from(*number) - i16::from(zero)) * scale + min;
            }
        }
    }
}

/// Each element changed. A loop of known length over an array of its own becomes vector instructions, which
/// iterators over slices do not.
#[inline(always)]
fn each<const N: usize, A: Copy, B: Copy + Default>(
    of: &[A; N],
    change: impl Fn(A) -> B,
) -> [B; N] {
    let mut out = [B::default(); N];
    for i in 0..N {
        out[i] = change(of[i]);
    }
    out
}

/// Sets bits of numbers where they were 0.
#[inline(always)]
fn add_bits(numbers: &mut [u8; 32], bits: &[u8; 32]) {
    for i in 0..32 {
        numbers[i] |= bits[i];
    }
}

/// 16 low halves, then 16 high ones.
#[inline(always)]
fn nibbles(bytes: &[u8; SMALL / 2]) -> [u8; SMALL] {
    let mut numbers = [0; SMALL];
    numbers[..SMALL / 2].copy_from_slice(&each(bytes, |byte| byte & 15));
    numbers[SMALL / 2..].copy_from_slice(&each(bytes, |byte| byte >> 4));
    numbers
}

#[inline(always)]
fn with_fifth_bit(mut numbers: [u8; SMALL], fifth: [u8; 4]) -> [u8; SMALL] {
    let fifth = u32::from_le_bytes(fifth);
    for (i, number) in numbers.iter_mut().enumerate() {
        *number |= ((fifth >> i) as u8 & 1) << 4;
    }
    numbers
}

impl SuperRow {
    #[inline(always)]
    pub fn unpack(&mut self, dtype: GgmlDType, bytes: &[u8]) {
        let blocks = bytes.len() / dtype.type_size();
        self.numbers.resize(blocks, Numbers([0; SUPER]));
        self.factors.resize(blocks, Factors::default());
        let places = self.numbers.iter_mut().zip(&mut self.factors);
        for (block, (Numbers(numbers), factors)) in
            bytes.chunks_exact(dtype.type_size()).zip(places)
        {
            let block = Reader(block);
            *factors = match dtype {
                GgmlDType::Q2K => q2_k(block, numbers),
                GgmlDType::Q3K => q3_k(block, numbers),
                GgmlDType::Q4K => q4_k(block, numbers),
                GgmlDType::Q5K => q5_k(block, numbers),
                _ => q6_k(block, numbers),
            };
        }
    }

    /// The weights of the row.
    pub fn weights(&self, out: &mut [f32]) {
        let blocks = self.numbers.iter().zip(&self.factors);
        for ((Numbers(numbers), factors), out) in blocks.zip(out.chunks_mut(SUPER)) {
            for (i, out) in out.iter_mut().enumerate() {
                let (scale, min) = (factors.scales[i / GROUP], factors.mins[i / GROUP]);
                let scaled = factors.scale * (scale * i32::from(numbers[i])) as f32;
                *out = scaled - factors.min * min as f32;
            }
        }
    }
}

#[inline(always)]
fn q2_k(mut block: Reader, numbers: &mut [u8; SUPER]) -> Factors {
    let scales = block.take::<GROUPS>();
    let low = block.take::<64>();
    two_bits(low, numbers);
    Factors {
        scale: block.half(),
        min: block.half(),
        scales: each(scales, |scale| i32::from(scale & 15)),
        mins: each(scales, |scale| i32::from(scale >> 4)),
    }
}

#[inline(always)]
fn q3_k(mut block: Reader, numbers: &mut [u8; SUPER]) -> Factors {
    let high = block.take::<32>();
    let low = block.take::<64>();
    two_bits(low, numbers);
    for (part, numbers) in numbers.as_chunks_mut().0.iter_mut().enumerate() {
        add_bits(numbers, &each(high, |high| (high >> part & 1) << 2));
    }
    let packed = block.take::<12>();
    let scale = |i: usize| {
        let low = if i < 8 {
            packed[i] & 15
        } else {
            packed[i - 8] >> 4
        };
        let high = packed[8 + i % 4] >> (2 * (i / 4)) & 3;
        i32::from(low | high << 4) - 32
    };
    Factors::around(4, block.half(), std::array::from_fn(scale))
}

/// Each half of the block: the lowest two bits of 32 bytes, the next two, …
#[inline(always)]
fn two_bits(bytes: &[u8; 64], numbers: &mut [u8; SUPER]) {
    let bytes = bytes.as_chunks::<32>().0;
    for (part, numbers) in numbers.as_chunks_mut().0.iter_mut().enumerate() {
        *numbers = each(&bytes[part / 4], |byte| byte >> (part % 4 * 2) & 3);
    }
}

#[inline(always)]
fn q4_k(mut block: Reader, numbers: &mut [u8; SUPER]) -> Factors {
    let (scale, min) = (block.half(), block.half());
    let (scales, mins) = six_bits(block.take());
    four_bits(block.take(), numbers);
    Factors {
        scale,
        min,
        scales,
        mins,
    }
}

#[inline(always)]
fn q5_k(mut block: Reader, numbers: &mut [u8; SUPER]) -> Factors {
    let (scale, min) = (block.half(), block.half());
    let (scales, mins) = six_bits(block.take());
    let high = block.take::<32>();
    four_bits(block.take(), numbers);
    for (part, numbers) in numbers.as_chunks_mut().0.iter_mut().enumerate() {
        add_bits(numbers, &each(high, |high| (high >> part & 1) << 4));
    }
    Factors {
        scale,
        min,
        scales,
        mins,
    }
}

/// Each quarter of the block: 32 low halves, then 32 high ones.
#[inline(always)]
fn four_bits(bytes: &[u8; 128], numbers: &mut [u8; SUPER]) {
    let bytes = bytes.as_chunks::<32>().0;
    for (part, numbers) in numbers.as_chunks_mut().0.iter_mut().enumerate() {
        *numbers = each(&bytes[part / 2], |byte| byte >> (part % 2 * 4) & 15);
    }
}

/// Scales and minimums of eight runs of 32, given to both groups of each.
#[inline(always)]
fn six_bits(packed: &[u8; 12]) -> ([i32; GROUPS], [i32; GROUPS]) {
    let pair = |run: usize| match run < 4 {
        true => (packed[run] & 63, packed[run + 4] & 63),
        false => (
            packed[run + 4] & 15 | packed[run - 4] >> 6 << 4,
            packed[run + 4] >> 4 | packed[run] >> 6 << 4,
        ),
    };
    let pairs: [(u8, u8); 8] = std::array::from_fn(pair);
    (
        std::array::from_fn(|group| pairs[group / 2].0.into()),
        std::array::from_fn(|group| pairs[group / 2].1.into()),
    )
}

#[inline(always)]
fn q6_k(mut block: Reader, numbers: &mut [u8; SUPER]) -> Factors {
    let low = block.take::<128>();
    let high = block.take::<64>();
    let (low, high) = (low.as_chunks::<32>().0, high.as_chunks::<32>().0);
    for (part, numbers) in numbers.as_chunks_mut().0.iter_mut().enumerate() {
        let (half, part) = (part / 4, part % 4);
        *numbers = each(&low[half * 2 + part % 2], |low| low >> (part / 2 * 4) & 15);
        add_bits(
            numbers,
            &each(&high[half], |high| (high >> (part * 2) & 3) << 4),
        );
    }
    let scales = each(block.take::<GROUPS>(), |scale| i32::from(scale as i8));
    Factors::around(32, block.half(), scales)
}

/// Floats of any width as 32-bit ones.
#[inline(always)]
pub(super) fn floats(dtype: GgmlDType, bytes: &[u8], out: &mut Vec<f32>) {
    out.clear();
    match dtype {
        GgmlDType::F16 => out.extend(bytes.as_chunks().0.iter().map(|b| half_to_float(*b))),
        GgmlDType::BF16 => {
            let wide = |b: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*b)) << 16);
            out.extend(bytes.as_chunks().0.iter().map(wide));
        }
        _ => out.extend(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))),
    }
}

/// A 16-bit float without branches, so that many at once are fast: its bits, seen as those of a 32-bit float,
/// are the same number but for a factor, except for what is not finite.
#[inline(always)]
fn half_to_float(bytes: [u8; 2]) -> f32 {
    const FACTOR: f32 = f32::from_bits((127 + 112) << 23); // 2^112
    let bits = u32::from(u16::from_le_bytes(bytes));
    let finite = f32::from_bits((bits & 0x7FFF) << 13) * FACTOR;
    let exponent = if bits & 0x7C00 == 0x7C00 {
        0xFF << 23
    } else {
        0
    };
    f32::from_bits(finite.to_bits() | exponent | (bits & 0x8000) << 16)
}

/// The parts of one block, one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    #[inline(always)]
    fn take<const N: usize>(&mut self) -> &'a [u8; N] {
        let (part, rest) = self.0.split_first_chunk().expect("blocks are whole");
        self.0 = rest;
        part
    }

    #[inline(always)]
    fn half(&mut self) -> f32 {
        half_to_float(*self.take())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_16_bit_float_is_read() {
        for bits in 0..=u16::MAX {
            let expect = half::f16::from_bits(bits).to_f32();
            let actual = super::half_to_float(bits.to_le_bytes());
            assert!(
                actual == expect || (actual.is_nan() && expect.is_nan()),
                "{bits:#x}"
            );
            assert_eq!(
                actual.is_sign_negative(),
                expect.is_sign_negative(),
                "{bits:#x}"
            );
        }
    }
}
