//! Rows of weights times rows of activations: the inner loops, for each instruction set that the processor
//! may have.
//!
//! Integer sums are exact and floats are added in one order, so every instruction set gives the same bits,
//! and a row of activations gives the same whatever other rows are computed with it.

#![allow(unsafe_code)]

use std::sync::OnceLock;

use candle_core::quantized::GgmlDType;

use super::blocks::{self, GROUPS, Layout, Numbers, SMALL, SUPER, SmallRow, SuperRow};
use super::input::{Input, SmallBlock, SuperBlock};

/// Rows of a matrix and what they are multiplied with.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub dtype: GgmlDType,
    pub layout: Layout,
    /// The rows' bytes, one row after the other.
    pub weights: &'a [u8],
    pub columns: usize,
    pub input: &'a Input<'a>,
}

/// Computes `[weight rows, input rows]`.
pub(super) fn multiply(job: Job, out: &mut [f32]) {
    fastest(Multiply { job, out });
}

struct Multiply<'a> {
    job: Job<'a>,
    out: &'a mut [f32],
}

impl Work for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self) {
        rows::<K>(self.job, self.out);
    }
}

/// Loops that are compiled once for each instruction set: `run`, and all that it calls, must always be
/// inlined.
pub(super) trait Work {
    type Output;

    fn run<K: Kernel>(self) -> Self::Output;
}

/// Runs loops with the widest instructions that the processor has.
pub(super) fn fastest<W: Work>(work: W) -> W::Output {
    match level() {
        // SAFETY: `level` has found these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::with_avx512(work) },
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::with_avx2(work) },
        Level::Portable => work.run::<Portable>(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        #[cfg(target_arch = "x86_64")]
        {
            if x86::has_avx512() {
                return Level::Avx512;
            }
            if x86::has_avx2() {
                return Level::Avx2;
            }
        }
        Level::Portable
    })
}

/// What differs between instruction sets.
pub(super) trait Kernel {
    /// Products of 32 numbers, added up four by four to `start`.
    fn fours(weights: &[u8; SMALL], x: &[i8; SMALL], start: &[i32; SMALL / 4]) -> [i32; SMALL / 4];

    /// The products of a row with one row of activations, in lanes: of each 64 numbers the first four go to
    /// the first lane, and so on.
    fn super_blocks(row: &SuperRow, x: &[SuperBlock]) -> [f32; LANES];
}

#[inline(always)]
fn rows<K: Kernel>(job: Job, out: &mut [f32]) {
    let row_bytes = job.columns / job.dtype.block_size() * job.dtype.type_size();
    let rows = job.weights.chunks_exact(row_bytes);
    let out = out.chunks_exact_mut(out.len() / rows.len());
    match (job.layout, job.input) {
        (Layout::Floats, Input::Floats(x)) => {
            let mut row = Vec::with_capacity(job.columns);
            for (bytes, out) in rows.zip(out) {
                blocks::floats(job.dtype, bytes, &mut row);
                let x = x.chunks_exact(job.columns);
                out.iter_mut()
                    .zip(x)
                    .for_each(|(out, x)| *out = dot(&row, x));
            }
        }
        (Layout::Small { .. }, Input::Small(x)) => {
            let mut row = SmallRow::default();
            for (bytes, out) in rows.zip(out) {
                row.unpack(job.dtype, bytes);
                let x = x.chunks_exact(job.columns / SMALL);
                out.iter_mut()
                    .zip(x)
                    .for_each(|(out, x)| *out = small::<K>(&row, x));
            }
        }
        (Layout::Super, Input::Super(x)) => {
            let mut row = SuperRow::default();
            for (bytes, out) in rows.zip(out) {
                row.unpack(job.dtype, bytes);
                let x = x.chunks_exact(job.columns / SUPER);
                out.iter_mut()
                    .zip(x)
                    .for_each(|(out, x)| *out = total(K::super_blocks(&row, x)));
            }
        }
        _ => unreachable!("the input was made for this layout"),
    }
}

#[inline(always)]
fn small<K: Kernel>(row: &SmallRow, x: &[SmallBlock]) -> f32 {
    let mut sums = [0f32; SMALL / 4];
    for ((weights, scale), x) in row.numbers.iter().zip(&row.scales).zip(x) {
        let fours = K::fours(weights, &x.numbers, &x.start);
        let scale = scale * x.scale;
        for (sum, four) in sums.iter_mut().zip(fours) {
            *sum += four as f32 * scale;
        }
    }
    let mins = row.mins.iter().zip(x).map(|(min, x)| min * x.sum);
    total(sums) + mins.sum::<f32>()
}

/// Lanes that a sum has, so that it need not wait for each addition.
const LANES: usize = 16;
const _: () = assert!(LANES == GROUPS, "sums of groups take a lane each");

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 2 * LANES];
    let (a, a_rest) = a.as_chunks::<{ 2 * LANES }>();
    let (b, b_rest) = b.as_chunks::<{ 2 * LANES }>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..2 * LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    total(sums) + rest.sum::<f32>()
}

/// The sum of lanes, whose number is a power of two: the halves are added until one is left.
#[inline(always)]
fn total<const N: usize>(mut lanes: [f32; N]) -> f32 {
    let mut half = N / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// Plain loops, which compilers turn into what the processor has.
struct Portable;

impl Kernel for Portable {
    #[inline(always)]
    fn fours(weights: &[u8; SMALL], x: &[i8; SMALL], start: &[i32; SMALL / 4]) -> [i32; SMALL / 4] {
        let product = |i: usize| i32::from(weights[i]) * i32::from(x[i]);
        std::array::from_fn(|i| start[i] + (4 * i..4 * i + 4).map(product).sum::<i32>())
    }

    #[inline(always)]
    fn super_blocks(row: &SuperRow, x: &[SuperBlock]) -> [f32; LANES] {
        let mut sums = [0f32; LANES];
        for ((Numbers(weights), factors), x) in row.numbers.iter().zip(&row.factors).zip(x) {
            let mut scaled = [0; LANES];
            for four in 0..SUPER / 4 {
                let product = |i: usize| i32::from(weights[i]) * i32::from(x.numbers[i]);
                let products = (4 * four..4 * four + 4).map(product).sum::<i32>();
                scaled[four % LANES] += factors.scales[four / 4] * products;
            }
            for lane in 0..LANES {
                let min = factors.mins[lane] * x.sums[lane];
                let product = factors.scale * scaled[lane] as f32 - factors.min * min as f32;
                sums[lane] += x.scale * product;
            }
        }
        sums
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{GROUPS, Kernel, LANES, Numbers, SMALL, SUPER, SuperBlock, SuperRow, Work};

    pub fn has_avx512() -> bool {
        has_avx2()
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni")
    }

    pub fn has_avx2() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("f16c")
    }

    #[target_feature(enable = "avx2,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
    pub fn with_avx512<W: Work>(work: W) -> W::Output {
        work.run::<Avx512>()
    }

    #[target_feature(enable = "avx2,f16c")]
    pub fn with_avx2<W: Work>(work: W) -> W::Output {
        work.run::<Avx2>()
    }

    /// Only for processors that have it.
    pub struct Avx512;

    impl Kernel for Avx512 {
        #[inline(always)]
        fn fours(
            weights: &[u8; SMALL],
            x: &[i8; SMALL],
            start: &[i32; SMALL / 4],
        ) -> [i32; SMALL / 4] {
            // SAFETY: the caller has these instructions; the arrays are as long as what is read.
            unsafe { fours_avx512(weights, x, start) }
        }

        #[inline(always)]
        fn super_blocks(row: &SuperRow, x: &[SuperBlock]) -> [f32; LANES] {
            // SAFETY: as above.
            unsafe { super_blocks_avx512(row, x) }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512vl,avx512vnni")]
    unsafe fn fours_avx512(
        weights: &[u8; SMALL],
        x: &[i8; SMALL],
        start: &[i32; SMALL / 4],
    ) -> [i32; SMALL / 4] {
        // SAFETY: the arrays are as long as what is read.
        unsafe {
            let weights = _mm256_loadu_si256(weights.as_ptr().cast());
            let x = _mm256_loadu_si256(x.as_ptr().cast());
            let start = _mm256_loadu_si256(start.as_ptr().cast());
            std::mem::transmute(_mm256_dpbusd_epi32(start, weights, x))
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512vnni")]
    unsafe fn super_blocks_avx512(row: &SuperRow, x: &[SuperBlock]) -> [f32; LANES] {
        let mut sums = _mm512_setzero_ps();
        for ((Numbers(weights), factors), x) in row.numbers.iter().zip(&row.factors).zip(x) {
            // SAFETY: the caller has these instructions; the arrays are as long as what is read.
            let (scaled, mins) = unsafe {
                let scaled = scaled_avx512(weights, &factors.scales, &x.numbers);
                let mins = _mm512_loadu_si512(factors.mins.as_ptr().cast());
                let x_sums = _mm512_loadu_si512(x.sums.as_ptr().cast());
                (scaled, _mm512_mullo_epi32(mins, x_sums))
            };
            let scaled = _mm512_mul_ps(_mm512_set1_ps(factors.scale), _mm512_cvtepi32_ps(scaled));
            let mins = _mm512_mul_ps(_mm512_set1_ps(factors.min), _mm512_cvtepi32_ps(mins));
            let product = _mm512_mul_ps(_mm512_set1_ps(x.scale), _mm512_sub_ps(scaled, mins));
            sums = _mm512_add_ps(sums, product);
        }
        // SAFETY: sixteen floats either way.
        unsafe { std::mem::transmute(sums) }
    }

    /// Products of 256 numbers, four by four, times the scales of their groups.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vnni")]
    unsafe fn scaled_avx512(
        weights: &[u8; SUPER],
        scales: &[i32; GROUPS],
        x: &[i8; SUPER],
    ) -> __m512i {
        // The groups that the lanes of 64 numbers belong to.
        let mut group = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
        let mut sum = _mm512_setzero_si512();
        // SAFETY: the arrays are as long as what is read.
        let scales = unsafe { _mm512_loadu_si512(scales.as_ptr().cast()) };
        for part in 0..4 {
            // SAFETY: as above.
            let (weights, x) = unsafe {
                let weights = _mm512_loadu_si512(weights.as_ptr().add(64 * part).cast());
                (
                    weights,
                    _mm512_loadu_si512(x.as_ptr().add(64 * part).cast()),
                )
            };
            let fours = _mm512_dpbusd_epi32(_mm512_setzero_si512(), weights, x);
            let scale = _mm512_permutexvar_epi32(group, scales);
            sum = _mm512_add_epi32(sum, _mm512_mullo_epi32(fours, scale));
            group = _mm512_add_epi32(group, _mm512_set1_epi32(4));
        }
        sum
    }

    /// Only for processors that have it.
    pub struct Avx2;

    impl Kernel for Avx2 {
        #[inline(always)]
        fn fours(
            weights: &[u8; SMALL],
            x: &[i8; SMALL],
            start: &[i32; SMALL / 4],
        ) -> [i32; SMALL / 4] {
            // SAFETY: the caller has these instructions; the arrays are as long as what is read.
            unsafe { fours_avx2(weights, x, start) }
        }

        #[inline(always)]
        fn super_blocks(row: &SuperRow, x: &[SuperBlock]) -> [f32; LANES] {
            // SAFETY: as above.
            unsafe { super_blocks_avx2(row, x) }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn fours_avx2(
        weights: &[u8; SMALL],
        x: &[i8; SMALL],
        start: &[i32; SMALL / 4],
    ) -> [i32; SMALL / 4] {
        // SAFETY: the arrays are as long as what is read.
        let (weights, x, start) = unsafe {
            (
                _mm256_loadu_si256(weights.as_ptr().cast()),
                _mm256_loadu_si256(x.as_ptr().cast()),
                _mm256_loadu_si256(start.as_ptr().cast()),
            )
        };
        // Two products of numbers below 16 and of 128 fit into 16 bits, those of whole bytes would not.
        let half = _mm256_set1_epi8(15);
        let low = _mm256_and_si256(weights, half);
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(weights), half);
        let low = _mm256_madd_epi16(_mm256_maddubs_epi16(low, x), _mm256_set1_epi16(1));
        let high = _mm256_madd_epi16(_mm256_maddubs_epi16(high, x), _mm256_set1_epi16(16));
        let fours = _mm256_add_epi32(start, _mm256_add_epi32(low, high));
        // SAFETY: eight integers either way.
        unsafe { std::mem::transmute(fours) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn super_blocks_avx2(row: &SuperRow, x: &[SuperBlock]) -> [f32; LANES] {
        let mut sums = [_mm256_setzero_ps(); 2];
        for ((Numbers(weights), factors), x) in row.numbers.iter().zip(&row.factors).zip(x) {
            // SAFETY: the caller has these instructions.
            let scaled = unsafe { scaled_avx2(weights, &factors.scales, &x.numbers) };
            for half in 0..2 {
                // SAFETY: eight of sixteen numbers.
                let mins = unsafe {
                    let mins = _mm256_loadu_si256(factors.mins.as_ptr().add(8 * half).cast());
                    let x_sums = _mm256_loadu_si256(x.sums.as_ptr().add(8 * half).cast());
                    _mm256_mullo_epi32(mins, x_sums)
                };
                let scaled = _mm256_cvtepi32_ps(scaled[half]);
                let scaled = _mm256_mul_ps(_mm256_set1_ps(factors.scale), scaled);
                let mins = _mm256_mul_ps(_mm256_set1_ps(factors.min), _mm256_cvtepi32_ps(mins));
                let product = _mm256_mul_ps(_mm256_set1_ps(x.scale), _mm256_sub_ps(scaled, mins));
                sums[half] = _mm256_add_ps(sums[half], product);
            }
        }
        // SAFETY: sixteen floats either way.
        unsafe { std::mem::transmute(sums) }
    }

    /// Products of 256 numbers, four by four, times the scales of their groups.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn scaled_avx2(
        weights: &[u8; SUPER],
        scales: &[i32; GROUPS],
        x: &[i8; SUPER],
    ) -> [__m256i; 2] {
        let mut sums = [_mm256_setzero_si256(); 2];
        for (part, scales) in scales.chunks_exact(2).enumerate() {
            // SAFETY: the arrays are as long as what is read.
            let (weights, x) = unsafe {
                let weights = _mm256_loadu_si256(weights.as_ptr().add(32 * part).cast());
                (
                    weights,
                    _mm256_loadu_si256(x.as_ptr().add(32 * part).cast()),
                )
            };
            // Two products of numbers below 64 and 128 fit into 16 bits.
            let twos = _mm256_maddubs_epi16(weights, x);
            let fours = _mm256_madd_epi16(twos, _mm256_set1_epi16(1));
            let (low, high) = (_mm_set1_epi32(scales[0]), _mm_set1_epi32(scales[1]));
            let scaled = _mm256_mullo_epi32(fours, _mm256_set_m128i(high, low));
            sums[part % 2] = _mm256_add_epi32(sums[part % 2], scaled);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from all over their range, the ends included.
    fn numbers<const N: usize>(seed: usize, most: u8) -> [u8; N] {
        std::array::from_fn(|i| match (i * 7 + seed) % 5 {
            0 => 0,
            1 => most,
            _ => ((i * 31 + seed * 17) % (usize::from(most) + 1)) as u8,
        })
    }

    fn super_blocks(seed: usize) -> (SuperRow, Vec<SuperBlock>) {
        let mut row = SuperRow::default();
        let mut x = Vec::new();
        for block in 0..3 {
            row.numbers.push(Numbers(numbers(seed + block, 63)));
            row.factors.push(blocks::Factors {
                scale: 0.3,
                min: 0.7,
                scales: std::array::from_fn(|i| (i * seed) as i32 % 255 - 127),
                mins: std::array::from_fn(|i| (i * block) as i32 % 64),
            });
            x.push(SuperBlock {
                numbers: numbers::<SUPER>(seed + 3, 255).map(|n| n as i8),
                scale: 0.9,
                sums: std::array::from_fn(|i| i as i32 * 100 - 800),
            });
        }
        (row, x)
    }

    fn check<K: Kernel>() {
        for seed in 0..50 {
            let (row, x) = super_blocks(seed);
            let expect = Portable::super_blocks(&row, &x);
            assert_eq!(K::super_blocks(&row, &x), expect);
            let x = numbers::<SMALL>(seed + 3, 255).map(|n| n as i8);
            let weights = numbers::<SMALL>(seed, 255);
            let start = std::array::from_fn(|i| i as i32 * -1000);
            let expect = Portable::fours(&weights, &x, &start);
            assert_eq!(K::fours(&weights, &x, &start), expect);
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same() {
        #[cfg(target_arch = "x86_64")]
        {
            if x86::has_avx512() {
                check::<x86::Avx512>();
            }
            if x86::has_avx2() {
                check::<x86::Avx2>();
            }
        }
        check::<Portable>();
    }
}
