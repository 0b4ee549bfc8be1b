//! Products of matrices, by crate `gemm`: it uses the processor's widest vectors, which `ndarray` does
//! not, and a step consists of products for the most part.
#![allow(unsafe_code)]

use super::Matrix;
use gemm::Parallelism;
use ndarray::{ArrayBase, ArrayView2, ArrayViewMut2, Ix2, RawData};

/// `a b`.
pub fn product<'a, 'b>(
    a: impl Into<ArrayView2<'a, f32>>,
    b: impl Into<ArrayView2<'b, f32>>,
) -> Matrix {
    let (a, b) = (a.into(), b.into());
    let shape = (a.nrows(), b.ncols());
    let mut out = Matrix::uninit(shape);
    // SAFETY: the pointer and strides are those of `out`, which is borrowed alone; with nothing to keep, `gemm`
    // reads none of it and writes all of it.
    unsafe {
        multiply(
            1.0,
            a,
            b,
            0.0,
            out.as_mut_ptr().cast(),
            shape,
            strides(&out),
        );
        out.assume_init()
    }
}

/// `out = factor a b + keep out`.
///
/// Panics when the shapes do not fit.
pub fn add_product<'a, 'b, 'c>(
    factor: f32,
    a: impl Into<ArrayView2<'a, f32>>,
    b: impl Into<ArrayView2<'b, f32>>,
    keep: f32,
    out: impl Into<ArrayViewMut2<'c, f32>>,
) {
    let mut out = out.into();
    let (shape, strides) = (out.dim(), strides(&out));
    // SAFETY: the pointer and strides are those of `out`, which is borrowed alone.
    unsafe {
        multiply(
            factor,
            a.into(),
            b.into(),
            keep,
            out.as_mut_ptr(),
            shape,
            strides,
        )
    }
}

/// How far it is to the next column and to the next row.
fn strides<S: RawData>(matrix: &ArrayBase<S, Ix2>) -> (isize, isize) {
    (matrix.strides()[1], matrix.strides()[0])
}

/// `out = factor a b + keep out`.
///
/// # Safety
/// `out` is valid for writing a matrix of this shape and strides, and for reading it unless `keep` is 0.
unsafe fn multiply(
    factor: f32,
    a: ArrayView2<f32>,
    b: ArrayView2<f32>,
    keep: f32,
    out: *mut f32,
    shape: (usize, usize),
    out_strides: (isize, isize),
) {
    let (m, k, n) = (a.nrows(), a.ncols(), b.ncols());
    assert_eq!((b.nrows(), shape), (k, (m, n)), "shapes do not fit");
    let (a_strides, b_strides) = (strides(&a), strides(&b));
    // SAFETY: `a` and `b` are views, `out` is what the caller promises, and their shapes were just compared.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out,
            out_strides.0,
            out_strides.1,
            keep != 0.0,
            a.as_ptr(),
            a_strides.0,
            a_strides.1,
            b.as_ptr(),
            b_strides.0,
            b_strides.1,
            keep,
            factor,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{super::check::random, *};

    #[test]
    fn products_of_any_layout_are_those_of_ndarray() {
        let (a, b, start) = (random((7, 5), 1), random((9, 5), 2), random((7, 9), 3));
        let near = |x: &Matrix, y: &Matrix| x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-5);
        assert!(near(&product(&a, b.t()), &a.dot(&b.t())));
        let mut sum = start.clone();
        add_product(0.5, &a, b.t(), 2.0, &mut sum);
        assert!(near(&sum, &(0.5 * a.dot(&b.t()) + 2.0 * &start)));
        let mut turned = Matrix::zeros((9, 7));
        add_product(1.0, &a, b.t(), 0.0, turned.view_mut().reversed_axes());
        assert!(near(&turned, &b.dot(&a.t())));
    }

    #[test]
    fn a_product_over_nothing_is_nothing() {
        let (a, b) = (Matrix::zeros((2, 0)), Matrix::zeros((0, 3)));
        assert_eq!(product(&a, &b), Matrix::zeros((2, 3)));
    }

    #[test]
    #[should_panic(expected = "shapes do not fit")]
    fn shapes_that_do_not_fit_are_refused() {
        product(&random((2, 3), 1), &random((2, 3), 2));
    }
}
