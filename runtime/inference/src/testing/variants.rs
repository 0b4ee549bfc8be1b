//! A tiny random model of each kind that the decoder knows, with everything switched on that makes the
//! kind special, and a prompt long enough to meet it.

use candle_core::quantized::GgmlDType;

use super::{CONTROL_TOKENS, Weights, byte_vocabulary};
use crate::Error;
use crate::gguf::Writer;

/// Every variant's name: architectures, ways to scale positions, and types of weights.
pub const VARIANTS: &[&str] = &[
    "llama",
    "llama-3",
    "llama-linear",
    "llama-yarn",
    "llama-bias",
    "mistral",
    "mixtral",
    "phi3",
    "phi3-partial",
    "gemma2",
    "gemma3",
    "qwen2",
    "qwen3",
    "qwen3moe",
    "smollm3",
    "granite",
    "olmo2",
    "f16",
    "bf16",
    "q4_0",
    "q4_1",
    "q5_0",
    "q5_1",
    "q8_0",
    "q2_k",
    "q3_k",
    "q4_k",
    "q5_k",
    "q6_k",
];

/// The prompt that the variants are compared on: longer than their windows and than the context that
/// they were trained for before it was extended.
pub fn variant_prompt() -> Vec<u32> {
    (0..40).map(|i| (i * 37 + 11) % 256).collect()
}

const VOCABULARY: usize = 256 + CONTROL_TOKENS.len();
/// Tokens that the variants were trained for, and before their context was extended.
const CONTEXT: u32 = 64;
const ORIGINAL_CONTEXT: u32 = 32;
const WINDOW: u32 = 16;

/// The dimensions and parts of one variant.
#[derive(Clone)]
struct Shape {
    architecture: &'static str,
    layers: usize,
    hidden: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    feed_forward: usize,
    experts: usize,
    dtype: GgmlDType,
    /// The factor of embeddings, and of what blocks add to them. Rounding differs between programs, and
    /// random weights make more of it than trained ones do.
    embedded: f32,
    added: f32,
    before: bool,
    after: bool,
    /// Widths of the norms of queries and keys.
    head_norms: Option<[usize; 2]>,
    fused: bool,
    qkv_bias: bool,
    other_bias: bool,
    output: bool,
}

const LLAMA: Shape = Shape {
    architecture: "llama",
    layers: 4,
    hidden: 64,
    heads: 4,
    kv_heads: 2,
    head_dim: 16,
    feed_forward: 96,
    experts: 0,
    dtype: GgmlDType::F32,
    embedded: 1.0,
    added: 1.0,
    before: true,
    after: false,
    head_norms: None,
    fused: false,
    qkv_bias: false,
    other_bias: false,
    output: true,
};

/// The file of one of [`VARIANTS`].
///
/// # Panics
///
/// If there is no such variant.
pub fn variant(name: &str) -> Result<Writer, Error> {
    let (shape, writer) = match quantization(name) {
        Some(dtype) => (
            Shape {
                layers: 1,
                hidden: 256,
                heads: 8,
                kv_heads: 8,
                head_dim: 32,
                feed_forward: 256,
                dtype,
                embedded: 10.0,
                added: 0.3,
                ..LLAMA
            },
            Writer::new(),
        ),
        None => architecture(name),
    };
    shape.file(writer, name)
}

fn quantization(name: &str) -> Option<GgmlDType> {
    Some(match name {
        "f16" => GgmlDType::F16,
        "bf16" => GgmlDType::BF16,
        "q4_0" => GgmlDType::Q4_0,
        "q4_1" => GgmlDType::Q4_1,
        "q5_0" => GgmlDType::Q5_0,
        "q5_1" => GgmlDType::Q5_1,
        "q8_0" => GgmlDType::Q8_0,
        "q2_k" => GgmlDType::Q2K,
        "q3_k" => GgmlDType::Q3K,
        "q4_k" => GgmlDType::Q4K,
        "q5_k" => GgmlDType::Q5K,
        "q6_k" => GgmlDType::Q6K,
        _ => return None,
    })
}

fn architecture(name: &str) -> (Shape, Writer) {
    let writer = Writer::new();
    let of = |architecture| Shape {
        architecture,
        ..LLAMA
    };
    match name {
        "llama" | "llama-3" => (LLAMA, writer),
        "llama-linear" => (
            LLAMA,
            writer
                .metadata("llama.rope.scaling.type", "linear")
                .metadata("llama.rope.scaling.factor", 4f32),
        ),
        "llama-yarn" => (
            LLAMA,
            writer
                .metadata("llama.rope.scaling.type", "yarn")
                .metadata("llama.rope.scaling.factor", 4f32)
                .metadata(
                    "llama.rope.scaling.original_context_length",
                    ORIGINAL_CONTEXT,
                ),
        ),
        "llama-bias" => (
            Shape {
                qkv_bias: true,
                other_bias: true,
                ..LLAMA
            },
            writer,
        ),
        "mistral" => (
            Shape {
                head_dim: 24,
                ..LLAMA
            },
            writer
                .metadata("llama.attention.key_length", 24u32)
                .metadata("llama.attention.value_length", 24u32),
        ),
        "mixtral" => (
            Shape {
                experts: 4,
                ..LLAMA
            },
            experts(writer, "llama"),
        ),
        "phi3" | "phi3-partial" => (
            Shape {
                fused: true,
                ..of("phi3")
            },
            writer
                .metadata(
                    "phi3.rope.scaling.original_context_length",
                    ORIGINAL_CONTEXT,
                )
                .metadata("phi3.rope.scaling.attn_factor", 1.19f32)
                .metadata(
                    "phi3.rope.dimension_count",
                    if name == "phi3" { 16u32 } else { 12u32 },
                )
                .metadata("phi3.attention.sliding_window", WINDOW),
        ),
        "gemma2" => (
            Shape {
                head_dim: 24,
                after: true,
                output: false,
                ..of("gemma2")
            },
            writer
                .metadata("gemma2.attention.key_length", 24u32)
                .metadata("gemma2.attention.value_length", 24u32)
                .metadata("gemma2.attention.sliding_window", WINDOW)
                .metadata("gemma2.attn_logit_softcapping", 2f32)
                .metadata("gemma2.final_logit_softcapping", 3f32),
        ),
        "gemma3" => (
            Shape {
                layers: 7,
                head_dim: 24,
                after: true,
                head_norms: Some([24, 24]),
                output: false,
                ..of("gemma3")
            },
            writer
                .metadata("gemma3.attention.key_length", 24u32)
                .metadata("gemma3.attention.value_length", 24u32)
                .metadata("gemma3.attention.sliding_window", WINDOW)
                .metadata("gemma3.rope.freq_base", 1_000_000f32)
                .metadata("gemma3.rope.scaling.type", "linear")
                .metadata("gemma3.rope.scaling.factor", 8f32),
        ),
        "qwen2" => (
            Shape {
                qkv_bias: true,
                ..of("qwen2")
            },
            writer,
        ),
        "qwen3" => (
            Shape {
                head_norms: Some([16, 16]),
                output: false,
                ..of("qwen3")
            },
            writer,
        ),
        "qwen3moe" => (
            Shape {
                head_norms: Some([16, 16]),
                experts: 4,
                feed_forward: 32,
                ..of("qwen3moe")
            },
            experts(writer, "qwen3moe").metadata("qwen3moe.expert_feed_forward_length", 32u32),
        ),
        "smollm3" => (of("smollm3"), writer),
        "granite" => (
            of("granite"),
            writer
                .metadata("granite.embedding_scale", 6f32)
                .metadata("granite.residual_scale", 0.5f32)
                .metadata("granite.attention.scale", 0.4f32)
                .metadata("granite.logit_scale", 0.5f32),
        ),
        "olmo2" => (
            Shape {
                before: false,
                after: true,
                head_norms: Some([64, 32]),
                ..of("olmo2")
            },
            writer,
        ),
        unknown => panic!("no variant {unknown}"),
    }
}

fn experts(writer: Writer, architecture: &str) -> Writer {
    writer
        .metadata(format!("{architecture}.expert_count"), 4u32)
        .metadata(format!("{architecture}.expert_used_count"), 2u32)
}

impl Shape {
    fn file(&self, writer: Writer, name: &str) -> Result<Writer, Error> {
        let mut weights = Weights {
            writer: self.hyperparameters(byte_vocabulary(writer)),
            dtype: self.dtype,
            state: 11,
            scale: 1.0,
        };
        weights.scale = self.embedded;
        weights.matrix("token_embd.weight", [VOCABULARY, self.hidden])?;
        weights.scale = 1.0;
        for layer in 0..self.layers {
            self.layer(&mut weights, layer)?;
        }
        weights.vector("output_norm.weight", self.hidden)?;
        if self.output {
            weights.matrix("output.weight", [VOCABULARY, self.hidden])?;
        }
        self.rope_factors(&mut weights, name)?;
        Ok(weights.writer)
    }

    fn hyperparameters(&self, writer: Writer) -> Writer {
        let key = |suffix: &str| format!("{}.{suffix}", self.architecture);
        writer
            .metadata("general.architecture", self.architecture)
            .metadata("general.name", "tiny")
            .metadata(key("block_count"), self.layers as u32)
            .metadata(key("embedding_length"), self.hidden as u32)
            .metadata(key("feed_forward_length"), self.feed_forward as u32)
            .metadata(key("attention.head_count"), self.heads as u32)
            .metadata(key("attention.head_count_kv"), self.kv_heads as u32)
            .metadata(key("attention.layer_norm_rms_epsilon"), 1e-5f32)
            .metadata(key("context_length"), CONTEXT)
    }

    fn rope_factors(&self, weights: &mut Weights, name: &str) -> Result<(), Error> {
        if name == "llama-3" {
            weights.factors("rope_freqs.weight", self.head_dim / 2, 1.0)?;
        }
        if self.architecture == "phi3" {
            let pairs = if name == "phi3" { 8 } else { 6 };
            weights.factors("rope_factors_long.weight", pairs, 2.0)?;
            weights.factors("rope_factors_short.weight", pairs, 0.5)?;
        }
        Ok(())
    }

    fn layer(&self, weights: &mut Weights, layer: usize) -> Result<(), Error> {
        let name = |suffix: &str| format!("blk.{layer}.{suffix}");
        let norm = |suffix: &str| name(&format!("{suffix}.weight"));
        let (queries, keys) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
        if self.before {
            weights.vector(&norm("attn_norm"), self.hidden)?;
            weights.vector(&norm("ffn_norm"), self.hidden)?;
        }
        if self.after {
            weights.vector(&norm("post_attention_norm"), self.hidden)?;
            weights.vector(&norm("post_ffw_norm"), self.hidden)?;
        }
        if let Some([query, key]) = self.head_norms {
            weights.vector(&norm("attn_q_norm"), query)?;
            weights.vector(&norm("attn_k_norm"), key)?;
        }
        if self.fused {
            weights.matrix(&norm("attn_qkv"), [queries + 2 * keys, self.hidden])?;
        } else {
            for (part, rows) in [("attn_q", queries), ("attn_k", keys), ("attn_v", keys)] {
                weights.linear(&name(part), [rows, self.hidden], self.qkv_bias)?;
            }
        }
        weights.scale = self.added;
        weights.linear(
            &name("attn_output"),
            [self.hidden, queries],
            self.other_bias,
        )?;
        weights.scale = 1.0;
        self.feed_forward(weights, &name)
    }

    fn feed_forward(
        &self,
        weights: &mut Weights,
        name: &dyn Fn(&str) -> String,
    ) -> Result<(), Error> {
        let (hidden, wide, bias) = (self.hidden, self.feed_forward, self.other_bias);
        if self.experts > 0 {
            let experts = self.experts;
            weights.matrix(&name("ffn_gate_inp.weight"), [experts, hidden])?;
            weights.matrices(&name("ffn_gate_exps.weight"), [experts, wide, hidden])?;
            weights.matrices(&name("ffn_up_exps.weight"), [experts, wide, hidden])?;
            return weights.matrices(&name("ffn_down_exps.weight"), [experts, hidden, wide]);
        }
        if self.fused {
            weights.matrix(&name("ffn_up.weight"), [2 * wide, hidden])?;
        } else {
            weights.linear(&name("ffn_gate"), [wide, hidden], bias)?;
            weights.linear(&name("ffn_up"), [wide, hidden], bias)?;
        }
        weights.scale = self.added;
        weights.linear(&name("ffn_down"), [hidden, wide], bias)?;
        weights.scale = 1.0;
        Ok(())
    }
}
