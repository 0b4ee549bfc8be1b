//! Matrices of every type against Candle's own reading of the same bytes.

use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use super::Matrix;
use crate::gguf::View;

const TYPES: [GgmlDType; 13] = {
    use GgmlDType::*;
    [
        F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K,
    ]
};
const ROWS: usize = 7;
const COLUMNS: usize = 512;

fn noise(seed: u32, length: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..length).map(|_| next() + next()).collect()
}

/// A random matrix, and its weights as Candle reads them.
fn matrix(dtype: GgmlDType) -> (Matrix, Vec<Vec<f32>>) {
    let values = Tensor::from_vec(noise(1, ROWS * COLUMNS), (ROWS, COLUMNS), &Device::Cpu);
    let tensor = QTensor::quantize(&values.expect("a tensor"), dtype).expect("whole blocks");
    let bytes = tensor.data().expect("on the CPU").into_owned();
    let weights = tensor.dequantize(&Device::Cpu).and_then(|t| t.to_vec2());
    let view = View::of(Arc::new(crate::source::Bytes::Static(bytes.leak())));
    let matrix = Matrix::new(view, dtype, [ROWS, COLUMNS]).expect("a supported type");
    (matrix, weights.expect("floats"))
}

#[test]
fn rows_are_what_candle_reads() {
    for dtype in TYPES {
        let (matrix, weights) = matrix(dtype);
        for (row, expect) in weights.iter().enumerate() {
            let actual = matrix.row(row);
            let far = actual.iter().zip(expect).map(|(a, b)| (a - b).abs());
            assert!(far.fold(0f32, f32::max) < 1e-6, "{dtype:?} row {row}");
        }
    }
}

#[test]
fn products_are_those_of_the_weights() {
    let x = noise(2, 5 * COLUMNS);
    for dtype in TYPES {
        let (matrix, weights) = matrix(dtype);
        let actual = matrix.multiply(&x);
        let (mut error, mut length) = (0f64, 0f64);
        for (x, actual) in x.chunks(COLUMNS).zip(actual.chunks(ROWS)) {
            for (weights, actual) in weights.iter().zip(actual) {
                let product = |(w, x): (&f32, &f32)| f64::from(*w) * f64::from(*x);
                let expect: f64 = weights.iter().zip(x).map(product).sum();
                error += (f64::from(*actual) - expect).powi(2);
                length += expect.powi(2);
            }
        }
        // Activations are rounded to 8 bits, but not for floats.
        let rounded = dtype.block_size() > 1;
        let most = if rounded { 1e-2 } else { 1e-6 };
        let relative = (error / length).sqrt();
        assert!(relative < most, "{dtype:?}: {relative:e}");
        assert!(!rounded || relative > 1e-5, "{dtype:?}: {relative:e}");
    }
}

#[test]
fn a_row_gives_the_same_alone_and_among_others() {
    // Many enough to be shared out to threads.
    let x = noise(3, 200 * COLUMNS);
    for dtype in TYPES {
        let (matrix, _) = matrix(dtype);
        let together = matrix.multiply(&x);
        for (x, expect) in x.chunks(COLUMNS).zip(together.chunks(ROWS)) {
            assert_eq!(matrix.multiply(x), expect, "{dtype:?}");
        }
    }
}

#[test]
fn values_that_are_not_finite_do_not_get_lost() {
    for bad in [f32::NAN, f32::INFINITY] {
        let mut x = noise(4, COLUMNS);
        x[300] = bad;
        for dtype in TYPES {
            let product = matrix(dtype).0.multiply(&x);
            assert!(product.iter().all(|p| !p.is_finite()), "{dtype:?}");
        }
    }
}
