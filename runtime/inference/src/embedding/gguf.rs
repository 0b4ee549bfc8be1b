//! Weights of a GGUF.

use candle_core::Tensor;

use super::Weights;
use crate::Error;
use crate::gguf::File;

impl Weights for File {
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, Error> {
        self.floats(name, shape)
    }

    fn rows(&self, name: &str) -> Result<usize, Error> {
        match self.header.tensors.get(name) {
            Some(info) => Ok(info.dims[0]),
            None => Err(Error::MissingTensor {
                file: self.name.clone(),
                tensor: name.to_owned(),
            }),
        }
    }
}
