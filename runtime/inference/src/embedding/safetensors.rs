//! Weights of a safetensors file, by the names that GGUF has for them.

use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device, Tensor};

use super::Weights;
use crate::Error;

/// The weights in a file.
pub(super) struct Tensors<'a> {
    file: String,
    tensors: SliceSafetensors<'a>,
}

/// What GGUF and Hugging Face call the same.
const NAMES: &[(&str, &str)] = &[
    ("token_embd", "embeddings.word_embeddings"),
    ("position_embd", "embeddings.position_embeddings"),
    ("token_types", "embeddings.token_type_embeddings"),
    ("token_embd_norm", "embeddings.LayerNorm"),
    ("attn_q", "attention.self.query"),
    ("attn_k", "attention.self.key"),
    ("attn_v", "attention.self.value"),
    ("attn_output", "attention.output.dense"),
    ("attn_output_norm", "attention.output.LayerNorm"),
    ("ffn_up", "intermediate.dense"),
    ("ffn_down", "output.dense"),
    ("layer_output_norm", "output.LayerNorm"),
];

/// `blk.3.attn_q.bias` to `encoder.layer.3.attention.self.query.bias`.
fn translated(name: &str) -> String {
    let (part, kind) = name.rsplit_once('.').expect("a name has a kind");
    let (layer, part) = match part
        .strip_prefix("blk.")
        .and_then(|rest| rest.split_once('.'))
    {
        Some((layer, part)) => (format!("encoder.layer.{layer}."), part),
        None => (String::new(), part),
    };
    let found = NAMES.iter().find(|(known, _)| *known == part);
    let (_, part) = found.expect("every part has a name there");
    format!("{layer}{part}.{kind}")
}

impl<'a> Tensors<'a> {
    /// The tensors of a file of this name.
    pub fn new(file: String, bytes: &'a [u8]) -> Result<Self, Error> {
        match SliceSafetensors::new(bytes) {
            Ok(tensors) => Ok(Self { file, tensors }),
            Err(error) => Err(Error::Malformed {
                file,
                field: "header of safetensors".to_owned(),
                reason: error.to_string(),
            }),
        }
    }

    /// How many weights there are.
    pub fn parameters(&self) -> u64 {
        let elements = |shape: &[usize]| shape.iter().product::<usize>() as u64;
        let tensors = self.tensors.tensors();
        tensors.iter().map(|(_, view)| elements(view.shape())).sum()
    }

    /// The type of most weights, such as `F16`.
    pub fn kind(&self) -> String {
        let tensors = self.tensors.tensors();
        let largest = tensors.iter().max_by_key(|(_, view)| view.data().len());
        largest.map_or(String::new(), |(_, view)| format!("{:?}", view.dtype()))
    }

    /// The name that the file has: models trained for more than vectors put `bert.` before all.
    fn name(&self, name: &str) -> Result<String, Error> {
        let plain = translated(name);
        let names = [plain.clone(), format!("bert.{plain}")];
        let mut there = names.into_iter();
        let found = there.find(|name| self.tensors.get(name).is_ok());
        found.ok_or(Error::MissingTensor {
            file: self.file.clone(),
            tensor: plain,
        })
    }

    fn dims(&self, name: &str) -> Result<Vec<usize>, Error> {
        Ok(self.tensors.get(name)?.shape().to_vec())
    }
}

impl Weights for Tensors<'_> {
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, Error> {
        let name = self.name(name)?;
        let found = self.dims(&name)?;
        if found != shape {
            return Err(Error::TensorShape {
                file: self.file.clone(),
                tensor: name,
                expected: shape.to_vec(),
                found,
            });
        }
        let tensor = self.tensors.load(&name, &Device::Cpu)?;
        Ok(tensor.to_dtype(DType::F32)?)
    }

    fn rows(&self, name: &str) -> Result<usize, Error> {
        let dims = self.dims(&self.name(name)?)?;
        Ok(dims.first().copied().unwrap_or(0))
    }
}
