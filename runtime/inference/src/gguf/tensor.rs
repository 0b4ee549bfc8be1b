//! Tensors of a file: where they are, and as Candle's tensors.

use std::ops::Range;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Tensor};

use super::file::{File, View};
use super::header::TensorInfo;
use super::tensor_type;
use crate::Error;

/// The largest alignment of any of Candle's block types.
const BLOCK_ALIGNMENT: usize = 8;

impl File {
    /// Rows of a tensor of the given shape, counted through all but its last dimension, where they are,
    /// and their type.
    pub fn view(
        &self,
        name: &str,
        shape: &[usize],
        rows: Range<usize>,
    ) -> Result<(View, GgmlDType), Error> {
        let info = self.shaped(name, shape)?;
        let total = shape[..shape.len() - 1].iter().product::<usize>();
        let row = info.length / total; // whole blocks: the header's check
        let view = self.view_of(info, rows.start * row..rows.end * row);
        Ok((view, info.dtype))
    }

    /// A type that the file may have and the decoder does not compute with.
    pub fn unsupported_type(&self, name: &str, dtype: GgmlDType) -> Error {
        Error::UnsupportedTensorType {
            file: self.name.clone(),
            tensor: name.to_owned(),
            type_id: tensor_type::id(dtype),
            type_name: tensor_type::name(dtype).to_owned(),
        }
    }

    /// The same as a matrix on a device.
    #[cfg(any(test, feature = "cuda", feature = "metal"))]
    pub fn rows(
        &self,
        name: &str,
        shape: &[usize],
        rows: Range<usize>,
        device: &Device,
    ) -> Result<QTensor, Error> {
        let columns = *shape.last().expect("a matrix has columns");
        let shape_of_part = [rows.len(), columns];
        let (view, dtype) = self.view(name, shape, rows)?;
        quantized(&view, dtype, &shape_of_part, device)
    }

    /// A whole tensor as 32-bit floats.
    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<Tensor, Error> {
        let info = self.shaped(name, shape)?;
        // Intermediate results of ggml, which Candle does not convert back.
        if matches!(info.dtype, GgmlDType::Q8_1 | GgmlDType::Q8K) {
            return Err(self.unsupported_type(name, info.dtype));
        }
        let view = self.view_of(info, 0..info.length);
        Ok(quantized(&view, info.dtype, shape, &Device::Cpu)?.dequantize(&Device::Cpu)?)
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
    let storage = QStorage::from_data(std::borrow::Cow::Borrowed(data), device, dtype)?;
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
