//! Which type each tensor of a quantized file has.
//!
//! Source: `llama_tensor_get_type` in llama.cpp's `src/llama-quant.cpp`, and `enum llama_ftype` in its
//! `include/llama.h`.

use candle_core::quantized::GgmlDType;

/// How the weights of a file are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quantization {
    /// 4 bits, and 6 where that makes most difference.
    Q4KM,
    Q8_0,
    F16,
}

impl Quantization {
    pub const ALL: &[Self] = &[Self::Q4KM, Self::Q8_0, Self::F16];

    /// As people write it, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Q4KM => "q4_k_m",
            Self::Q8_0 => "q8_0",
            Self::F16 => "f16",
        }
    }

    /// By its name, in upper or lower case.
    pub fn named(name: &str) -> Option<Self> {
        let all = Self::ALL.iter().copied();
        all.into_iter()
            .find(|quantization| quantization.name().eq_ignore_ascii_case(name))
    }

    pub(super) fn file_type(self) -> u32 {
        match self {
            Self::F16 => 1,
            Self::Q8_0 => 7,
            Self::Q4KM => 15,
        }
    }

    /// The type of most matrices.
    pub(super) fn most(self) -> GgmlDType {
        match self {
            Self::Q4KM => GgmlDType::Q4K,
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::F16 => GgmlDType::F16,
        }
    }

    pub(super) fn output(self) -> GgmlDType {
        match self {
            Self::Q4KM => GgmlDType::Q6K,
            other => other.most(),
        }
    }

    /// The type of a layer's `attn_v` and `ffn_down`: more bits in about half of the layers.
    pub(super) fn sensitive(self, layer: usize, layers: usize) -> GgmlDType {
        let eighth = layers / 8;
        let more = layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
        match self {
            Self::Q4KM if more => GgmlDType::Q6K,
            other => other.most(),
        }
    }
}
