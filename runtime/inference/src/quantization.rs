//! A file's quantization, as people call it.

use std::collections::HashMap;

use candle_core::quantized::GgmlDType;

use crate::gguf::{Header, tensor_type_name};

/// Such as `Q4_K_M`, `Q8_0` or `F16`; empty without weights.
///
/// It is the type that most weights of the layers' matrices have. Of K-quants there are mixtures, which
/// the suffix tells apart by the other types in the layers, as llama.cpp's `quantize` mixes them:
///
/// | mostly | with | name |
/// |---|---|---|
/// | Q3_K | Q5_K and no Q4_K, any Q4_K, neither | `Q3_K_L`, `Q3_K_M`, `Q3_K_S` |
/// | Q4_K | any Q6_K, none | `Q4_K_M`, `Q4_K_S` |
/// | Q5_K | any Q6_K, none | `Q5_K_M`, `Q5_K_S` |
///
/// Q2_K and Q6_K have one mixture each. Embedding and output do not count: their types say nothing of the
/// mixture. In a file with K-quants, a matrix whose rows are no multiple of 256 counts as the K-quant that
/// `quantize` replaces there.
pub(crate) fn name(header: &Header) -> String {
    let weights = Weights::of(header);
    let Some(most) = weights.most() else {
        return String::new();
    };
    let has = |dtype| weights.0.contains_key(&dtype);
    let suffix = match most {
        GgmlDType::Q3K if has(GgmlDType::Q4K) => "_M",
        GgmlDType::Q3K if has(GgmlDType::Q5K) => "_L",
        GgmlDType::Q3K => "_S",
        GgmlDType::Q4K | GgmlDType::Q5K if has(GgmlDType::Q6K) => "_M",
        GgmlDType::Q4K | GgmlDType::Q5K => "_S",
        _ => "",
    };
    format!("{}{suffix}", tensor_type_name(most))
}

/// How many weights of each type the matrices have.
struct Weights(HashMap<GgmlDType, u64>);

impl Weights {
    fn of(header: &Header) -> Self {
        let all: Vec<_> = header.tensors.iter().collect();
        let matrices = all.iter().filter(|(_, tensor)| tensor.dims.len() > 1);
        let layers: Vec<_> = matrices
            .clone()
            .filter(|(name, _)| name.starts_with("blk."))
            .collect();
        let counted = if layers.is_empty() {
            matrices.collect()
        } else {
            layers
        };
        let counted = if counted.is_empty() {
            all.iter().collect()
        } else {
            counted
        };
        let mixed = counted.iter().any(|(_, tensor)| is_k(tensor.dtype));
        let mut weights = HashMap::new();
        for (_, tensor) in counted {
            let columns = tensor.dims.last().copied().unwrap_or(0);
            let dtype = match mixed && columns % 256 != 0 {
                true => replaced(tensor.dtype),
                false => tensor.dtype,
            };
            *weights.entry(dtype).or_default() += tensor.elements();
        }
        Self(weights)
    }

    fn most(&self) -> Option<GgmlDType> {
        let most = self
            .0
            .iter()
            .max_by_key(|&(&dtype, &count)| (count, tensor_type_name(dtype)));
        most.map(|(&dtype, _)| dtype)
    }
}

fn is_k(dtype: GgmlDType) -> bool {
    matches!(
        dtype,
        GgmlDType::Q2K | GgmlDType::Q3K | GgmlDType::Q4K | GgmlDType::Q5K | GgmlDType::Q6K
    )
}

/// The K-quant in whose place `quantize` puts this type where rows are no multiple of 256.
fn replaced(dtype: GgmlDType) -> GgmlDType {
    match dtype {
        GgmlDType::Q4_0 => GgmlDType::Q3K,
        GgmlDType::Q5_0 => GgmlDType::Q4K,
        GgmlDType::Q5_1 => GgmlDType::Q5K,
        GgmlDType::Q8_0 => GgmlDType::Q6K,
        other => other,
    }
}
