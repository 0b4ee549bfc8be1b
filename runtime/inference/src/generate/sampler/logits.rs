//! Passes over the logits of a whole vocabulary, written so that the compiler vectorises them.

/// Logits that a pass looks at together.
const LANES: usize = 16;

pub(super) fn all_finite(logits: &[f32]) -> bool {
    let fine = |chunk: &[f32]| chunk.iter().fold(true, |fine, x| fine & x.is_finite());
    logits.chunks(LANES).all(fine)
}

/// The greatest of finite logits.
pub(super) fn maximum(logits: &[f32]) -> f32 {
    let (chunks, rest) = logits.as_chunks::<LANES>();
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (most, &logit) in lanes.iter_mut().zip(chunk) {
            *most = greater(*most, logit);
        }
    }
    let all = lanes.iter().chain(rest);
    all.fold(f32::NEG_INFINITY, |most, &logit| greater(most, logit))
}

/// The most likely token, the first of equals.
pub(super) fn most_likely(logits: &[f32]) -> u32 {
    let most = maximum(logits);
    from(logits, most).next().map_or(0, |(token, _)| token)
}

/// The tokens whose logit is at least `floor`.
pub(super) fn from(logits: &[f32], floor: f32) -> impl Iterator<Item = (u32, f32)> {
    blocks(logits)
        .filter(move |(_, block)| any(block, |logit| logit >= floor))
        .flat_map(|(first, block)| (first..).zip(block.iter().copied()))
        .filter(move |(_, logit)| *logit >= floor)
}

/// The logits in small blocks, each with its first token.
pub(super) fn blocks(logits: &[f32]) -> impl Iterator<Item = (u32, &[f32])> {
    (0u32..).step_by(LANES).zip(logits.chunks(LANES))
}

/// Looks at every logit of a block, which takes less time than stopping at the first.
pub(super) fn any(block: &[f32], test: impl Fn(f32) -> bool) -> bool {
    block
        .iter()
        .fold(false, |found, &logit| found | test(logit))
}

/// The sum of `exp((logit - most) / temperature)`.
pub(super) fn sum_of_weights(logits: &[f32], most: f32, temperature: f32) -> f64 {
    let (chunks, rest) = logits.as_chunks::<LANES>();
    let weight = |logit: f32| exp((logit - most) / temperature);
    let mut total = 0.0;
    // Few enough at a time for `f32` to hold their sum well.
    for part in chunks.chunks(64) {
        let mut lanes = [0.0; LANES];
        for chunk in part {
            for (sum, &logit) in lanes.iter_mut().zip(chunk) {
                *sum += weight(logit);
            }
        }
        total += lanes.iter().map(|&sum| f64::from(sum)).sum::<f64>();
    }
    total
        + rest
            .iter()
            .map(|&logit| f64::from(weight(logit)))
            .sum::<f64>()
}

/// e^x for x of at most 0, to the precision of `f32`; `f32::exp` does not vectorise.
/// Source: Cephes, `expf`.
pub(super) fn exp(x: f32) -> f32 {
    /// Adding it rounds to an integer, which the lowest bits then hold.
    const ROUND: f32 = 12_582_912.0;
    const LEAST: f32 = -87.0;
    let clamped = if x > LEAST { x } else { LEAST };
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let exponent = shifted - ROUND;
    // ln 2 in two parts, so that the product with the first one is exact.
    let r = clamped - exponent * 0.693_359_4 + exponent * 2.121_944_4e-4;
    let polynomial = [
        1.987_569_3e-4,
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_6e-1,
        0.5,
        1.0,
        1.0,
    ];
    let value = polynomial.iter().fold(0.0, |sum, factor| sum * r + factor);
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    if x > LEAST { value * power } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exp() {
        for step in 0..100_000 {
            let x = -(step as f32) * 1e-3;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs();
            assert!(error <= 2e-7 * exact || exact < 2e-38, "{x}: {error}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    }

    #[test]
    fn every_length_is_looked_at_to_its_end() {
        for length in 1..100usize {
            let mut logits = vec![0.0; length];
            logits[length - 1] = 2.0;
            assert_eq!(maximum(&logits), 2.0);
            assert_eq!(most_likely(&logits), length as u32 - 1);
            assert_eq!(from(&logits, 1.0).count(), 1);
            let sum = sum_of_weights(&logits, 2.0, 1.0);
            let exact = 1.0 + (length - 1) as f64 * (-2f64).exp();
            assert!((sum - exact).abs() < 1e-6 * exact);
            logits[length - 1] = f32::NAN;
            assert!(!all_finite(&logits));
        }
    }

    #[test]
    fn the_first_of_equals_is_the_most_likely() {
        assert_eq!(most_likely(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(most_likely(&[-1.0]), 0);
    }
}
