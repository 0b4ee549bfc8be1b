//! Tensor element types: their numbers in the file and Candle's name for them.

use candle_core::quantized::GgmlDType;

/// (number in the file, Candle's type, name as people write it)
const SUPPORTED: &[(u32, GgmlDType, &str)] = &[
    (0, GgmlDType::F32, "F32"),
    (1, GgmlDType::F16, "F16"),
    (2, GgmlDType::Q4_0, "Q4_0"),
    (3, GgmlDType::Q4_1, "Q4_1"),
    (6, GgmlDType::Q5_0, "Q5_0"),
    (7, GgmlDType::Q5_1, "Q5_1"),
    (8, GgmlDType::Q8_0, "Q8_0"),
    (9, GgmlDType::Q8_1, "Q8_1"),
    (10, GgmlDType::Q2K, "Q2_K"),
    (11, GgmlDType::Q3K, "Q3_K"),
    (12, GgmlDType::Q4K, "Q4_K"),
    (13, GgmlDType::Q5K, "Q5_K"),
    (14, GgmlDType::Q6K, "Q6_K"),
    (15, GgmlDType::Q8K, "Q8_K"),
    (30, GgmlDType::BF16, "BF16"),
];

/// Types that exist in GGUF and that Candle does not compute with.
const UNSUPPORTED: &[(u32, &str)] = &[
    (16, "IQ2_XXS"),
    (17, "IQ2_XS"),
    (18, "IQ3_XXS"),
    (19, "IQ1_S"),
    (20, "IQ4_NL"),
    (21, "IQ3_S"),
    (22, "IQ2_S"),
    (23, "IQ4_XS"),
    (24, "I8"),
    (25, "I16"),
    (26, "I32"),
    (27, "I64"),
    (28, "F64"),
    (29, "IQ1_M"),
    (34, "TQ1_0"),
    (35, "TQ2_0"),
    (39, "MXFP4"),
];

pub(crate) fn from_id(id: u32) -> Option<GgmlDType> {
    SUPPORTED.iter().find(|t| t.0 == id).map(|t| t.1)
}

pub(crate) fn id(dtype: GgmlDType) -> u32 {
    row(dtype).0
}

/// The name as people write it: `Q4_K`, not `Q4K`.
pub(crate) fn name(dtype: GgmlDType) -> &'static str {
    row(dtype).2
}

/// A name for the number of a type that [`from_id`] does not know.
pub(crate) fn unsupported_name(id: u32) -> &'static str {
    UNSUPPORTED
        .iter()
        .find(|t| t.0 == id)
        .map_or("unknown", |t| t.1)
}

fn row(dtype: GgmlDType) -> (u32, GgmlDType, &'static str) {
    *SUPPORTED
        .iter()
        .find(|t| t.1 == dtype)
        .expect("the table holds every Candle type")
}
