//! From the file's bytes to Candle's quantized tensors.

use std::borrow::Cow;
use std::ops::Range;

use candle_core::Device;
use candle_core::quantized::{GgmlDType, QStorage, QTensor};

use super::file::File;
use super::header::TensorInfo;
use crate::Error;

/// The largest alignment of any of Candle's block types.
const BLOCK_ALIGNMENT: usize = 8;

impl File {
    /// A tensor of the given row-major shape, on `device`.
    pub fn tensor(&self, name: &str, shape: &[usize], device: &Device) -> Result<QTensor, Error> {
        let info = self.shaped(name, shape)?;
        quantized(self.data(info), info.dtype, &info.dims, device)
    }

    /// Rows of a tensor of the given shape, counted through all but its last dimension, as a matrix.
    pub fn rows(
        &self,
        name: &str,
        shape: &[usize],
        rows: Range<usize>,
        device: &Device,
    ) -> Result<QTensor, Error> {
        let info = self.shaped(name, shape)?;
        let data = self.data(info);
        let columns = *shape.last().expect("a matrix has columns");
        let total = shape[..shape.len() - 1].iter().product::<usize>();
        let row = data.len() / total; // whole blocks: the header's check
        let data = &data[rows.start * row..rows.end * row];
        quantized(data, info.dtype, &[rows.len(), columns], device)
    }

    fn shaped(&self, name: &str, shape: &[usize]) -> Result<&TensorInfo, Error> {
        let info = self.header.tensors.get(name);
        let Some(info) = info else {
            return Err(Error::MissingTensor {
                file: self.name.clone(),
                tensor: name.to_owned(),
            });
        };
        if info.dims != shape {
            return Err(Error::TensorShape {
                file: self.name.clone(),
                tensor: name.to_owned(),
                expected: shape.to_vec(),
                found: info.dims.clone(),
            });
        }
        Ok(info)
    }
}

fn quantized(
    data: &[u8],
    dtype: GgmlDType,
    shape: &[usize],
    device: &Device,
) -> Result<QTensor, Error> {
    let mut buffer = Vec::new();
    let data = aligned(data, &mut buffer);
    let storage = QStorage::from_data(Cow::Borrowed(data), device, dtype)?;
    Ok(QTensor::new(storage, shape)?)
}

/// Candle reinterprets the bytes as blocks and panics when they are not aligned. A mapped file is;
/// bytes compiled into a binary, or a file with a small alignment, need not be.
fn aligned<'a>(data: &'a [u8], buffer: &'a mut Vec<u8>) -> &'a [u8] {
    if data.as_ptr().addr().is_multiple_of(BLOCK_ALIGNMENT) {
        return data;
    }
    buffer.resize(data.len() + BLOCK_ALIGNMENT, 0);
    let start = buffer.as_ptr().addr().wrapping_neg() % BLOCK_ALIGNMENT;
    let place = &mut buffer[start..start + data.len()];
    place.copy_from_slice(data);
    place
}
