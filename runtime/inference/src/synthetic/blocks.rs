//! Random weights, made as the blocks in which files keep them.
//!
//! The packed numbers are random bits, and the scales in front of them are what gives the weights the
//! deviation asked for, so nothing is ever quantized. Source of the layouts: `ggml-common.h` of llama.cpp.

use std::io::{self, Write};

use candle_core::quantized::GgmlDType;
use half::f16;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::gguf::writer::Fill;

/// Weights that are made at once; whole blocks of any type.
const BATCH: usize = 1 << 20;

/// So many weights of mean 0 and this standard deviation.
pub(super) fn random(dtype: GgmlDType, weights: usize, deviation: f32, seed: u64) -> Fill {
    Box::new(move |out| write(out, dtype, weights, deviation, seed))
}

fn write(
    out: &mut dyn Write,
    dtype: GgmlDType,
    weights: usize,
    deviation: f32,
    seed: u64,
) -> io::Result<()> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let step = deviation / spread(numbers(dtype));
    let mut batch = Vec::new();
    for start in (0..weights).step_by(BATCH) {
        let blocks = BATCH.min(weights - start) / dtype.block_size();
        batch.resize(blocks * dtype.type_size(), 0);
        random.fill_bytes(&mut batch);
        for block in batch.chunks_exact_mut(dtype.type_size()) {
            scale(dtype, block, step);
        }
        out.write_all(&batch)?;
    }
    Ok(())
}

/// Makes one block of random bits weights that are `step` apart.
fn scale(dtype: GgmlDType, block: &mut [u8], step: f32) {
    match dtype {
        GgmlDType::Q4K => {
            // f16 scale, f16 minimum, 8 scales and 8 minima of 6 bits (all 8), 256 numbers of 4 bits.
            put(&mut block[0..2], step / 8.0);
            put(&mut block[2..4], 7.5 * step / 8.0);
            block[4..12].fill(8);
            block[12..16].fill(0x88);
        }
        GgmlDType::Q6K => {
            // 256 numbers of 6 bits, less 32; 16 scales of 8 bits (all 1), f16 scale.
            block[192..208].fill(1);
            put(&mut block[208..210], step);
        }
        // f16 scale, 32 numbers of 8 bits.
        GgmlDType::Q8_0 => put(&mut block[0..2], step),
        GgmlDType::F16 => {
            let number = i16::from_le_bytes([block[0], block[1]]);
            put(block, f32::from(number) * step);
        }
        other => unreachable!("no layout uses {other:?}"),
    }
}

/// How many numbers a weight's bits can be.
fn numbers(dtype: GgmlDType) -> u32 {
    match dtype {
        GgmlDType::Q4K => 1 << 4,
        GgmlDType::Q6K => 1 << 6,
        GgmlDType::Q8_0 => 1 << 8,
        GgmlDType::F16 => 1 << 16,
        other => unreachable!("no layout uses {other:?}"),
    }
}

/// The standard deviation of a whole number that is one of so many with the same chance.
fn spread(numbers: u32) -> f32 {
    let numbers = numbers as f32;
    ((numbers * numbers - 1.0) / 12.0).sqrt()
}

fn put(place: &mut [u8], value: f32) {
    place.copy_from_slice(&f16::from_f32(value).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use candle_core::quantized::{QStorage, QTensor};

    use super::*;

    #[test]
    fn weights_have_mean_0_and_the_deviation_asked_for() {
        const WEIGHTS: usize = 1 << 16;
        for dtype in [
            GgmlDType::Q4K,
            GgmlDType::Q6K,
            GgmlDType::Q8_0,
            GgmlDType::F16,
        ] {
            for deviation in [1.0, 1.0 / (14_336f32).sqrt()] {
                let mut bytes = Vec::new();
                random(dtype, WEIGHTS, deviation, 1)(&mut bytes).expect("memory takes all");
                let storage = QStorage::from_data(bytes.into(), &Device::Cpu, dtype);
                let tensor = QTensor::new(storage.expect("whole blocks"), WEIGHTS);
                let tensor = tensor.and_then(|t| t.dequantize(&Device::Cpu)?.to_vec1::<f32>());
                let values = tensor.expect("the blocks are valid");
                let mean = values.iter().sum::<f32>() / WEIGHTS as f32 / deviation;
                let square = values.iter().map(|v| (v / deviation).powi(2)).sum::<f32>();
                let found = (square / WEIGHTS as f32 - mean * mean).sqrt();
                assert!(mean.abs() < 0.05, "{dtype:?}: mean {mean}");
                assert!((found - 1.0).abs() < 0.02, "{dtype:?}: deviation {found}");
            }
        }
    }
}
