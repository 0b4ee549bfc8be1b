//! Tiny models with random weights, for tests of this crate and of what builds on it.

mod exercise;
mod variants;

pub use candle_core::quantized::GgmlDType;
use candle_core::{Device, Tensor};

use crate::Error;
use crate::gguf::Writer;
use crate::tokenizer::byte_alphabet;

pub use exercise::{exercise, exercise_template};
pub use variants::{VARIANTS, variant, variant_prompt};

/// The shape of a tiny Llama; the default has two layers and about 60,000 weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TinyLlama {
    pub layers: usize,
    pub hidden: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub feed_forward: usize,
    pub context_length: usize,
    /// Whether the embedding serves as output too.
    pub tied: bool,
    /// The type of the matrices; `hidden` and `feed_forward` must be multiples of its block.
    pub dtype: GgmlDType,
    pub seed: u64,
}

impl Default for TinyLlama {
    fn default() -> Self {
        Self {
            layers: 2,
            hidden: 64,
            heads: 4,
            kv_heads: 2,
            feed_forward: 96,
            context_length: 512,
            tied: true,
            dtype: GgmlDType::F32,
            seed: 1,
        }
    }
}

/// Control tokens of [`byte_vocabulary`], with the ids 256, 257 and 258.
pub const CONTROL_TOKENS: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/// The ChatML format, as most small models are tuned for it.
pub const CHATML: &str = "{% for message in messages %}\
    {{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\
    {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// Adds a vocabulary of the 256 bytes and [`CONTROL_TOKENS`], and the [`CHATML`] template.
pub fn byte_vocabulary(writer: Writer) -> Writer {
    let mut tokens: Vec<String> = byte_alphabet().map(String::from).collect();
    let mut types = vec![1i32; tokens.len()];
    tokens.extend(CONTROL_TOKENS.map(str::to_owned));
    types.extend([3; CONTROL_TOKENS.len()]);
    writer
        .metadata("tokenizer.ggml.model", "gpt2")
        .metadata("tokenizer.ggml.pre", "gpt-2")
        .metadata("tokenizer.ggml.tokens", tokens)
        .metadata("tokenizer.ggml.token_type", types)
        .metadata("tokenizer.ggml.merges", Vec::<String>::new())
        .metadata("tokenizer.ggml.bos_token_id", 256u32)
        .metadata("tokenizer.ggml.eos_token_id", 258u32)
        .metadata("tokenizer.ggml.add_bos_token", false)
        .metadata("tokenizer.chat_template", CHATML)
}

impl TinyLlama {
    /// The whole file; add or replace metadata as a test needs it.
    pub fn writer(&self) -> Result<Writer, Error> {
        let writer = byte_vocabulary(self.hyperparameters());
        let mut weights = Weights {
            writer,
            dtype: self.dtype,
            state: self.seed,
            scale: 1.0,
        };
        let vocabulary = 256 + CONTROL_TOKENS.len();
        weights.matrix("token_embd.weight", [vocabulary, self.hidden])?;
        for layer in 0..self.layers {
            self.layer(&mut weights, layer)?;
        }
        weights.vector("output_norm.weight", self.hidden)?;
        if !self.tied {
            weights.matrix("output.weight", [vocabulary, self.hidden])?;
        }
        Ok(weights.writer)
    }

    fn hyperparameters(&self) -> Writer {
        Writer::new()
            .metadata("general.architecture", "llama")
            .metadata("general.name", "tiny")
            .metadata("llama.block_count", self.layers as u32)
            .metadata("llama.embedding_length", self.hidden as u32)
            .metadata("llama.feed_forward_length", self.feed_forward as u32)
            .metadata("llama.attention.head_count", self.heads as u32)
            .metadata("llama.attention.head_count_kv", self.kv_heads as u32)
            .metadata("llama.attention.layer_norm_rms_epsilon", 1e-5f32)
            .metadata("llama.rope.freq_base", 10_000f32)
            .metadata("llama.context_length", self.context_length as u32)
    }

    fn layer(&self, weights: &mut Weights, layer: usize) -> Result<(), Error> {
        let name = |suffix: &str| format!("blk.{layer}.{suffix}.weight");
        let keys = self.hidden / self.heads * self.kv_heads;
        weights.vector(&name("attn_norm"), self.hidden)?;
        weights.matrix(&name("attn_q"), [self.hidden, self.hidden])?;
        weights.matrix(&name("attn_k"), [keys, self.hidden])?;
        weights.matrix(&name("attn_v"), [keys, self.hidden])?;
        weights.matrix(&name("attn_output"), [self.hidden, self.hidden])?;
        weights.vector(&name("ffn_norm"), self.hidden)?;
        weights.matrix(&name("ffn_gate"), [self.feed_forward, self.hidden])?;
        weights.matrix(&name("ffn_up"), [self.feed_forward, self.hidden])?;
        weights.matrix(&name("ffn_down"), [self.hidden, self.feed_forward])
    }
}

struct Weights {
    writer: Writer,
    dtype: GgmlDType,
    state: u64,
    /// The factor of the next matrices.
    scale: f32,
}

impl Weights {
    fn matrix(&mut self, name: &str, [rows, columns]: [usize; 2]) -> Result<(), Error> {
        self.random(name, &[rows, columns])
    }

    fn matrices(&mut self, name: &str, shape: [usize; 3]) -> Result<(), Error> {
        self.random(name, &shape)
    }

    fn random(&mut self, name: &str, shape: &[usize]) -> Result<(), Error> {
        let columns = *shape.last().expect("a matrix has columns");
        let scale = self.scale * 2.0 / (columns as f32).sqrt();
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| self.next() * scale).collect();
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?;
        self.add(name, &tensor, self.dtype)
    }

    /// A matrix and perhaps a bias.
    fn linear(&mut self, name: &str, shape: [usize; 2], bias: bool) -> Result<(), Error> {
        self.matrix(&format!("{name}.weight"), shape)?;
        if bias {
            let values: Vec<f32> = (0..shape[0]).map(|_| self.next()).collect();
            let tensor = Tensor::from_vec(values, shape[0], &Device::Cpu)?;
            self.add(&format!("{name}.bias"), &tensor, GgmlDType::F32)?;
        }
        Ok(())
    }

    /// Factors of rotary pairs that grow from `first`.
    fn factors(&mut self, name: &str, pairs: usize, first: f32) -> Result<(), Error> {
        let values: Vec<f32> = (0..pairs).map(|pair| first * (1.0 + pair as f32)).collect();
        let tensor = Tensor::from_vec(values, pairs, &Device::Cpu)?;
        self.add(name, &tensor, GgmlDType::F32)
    }

    fn vector(&mut self, name: &str, width: usize) -> Result<(), Error> {
        let values: Vec<f32> = (0..width).map(|_| 1.0 + 0.1 * self.next()).collect();
        let tensor = Tensor::from_vec(values, width, &Device::Cpu)?;
        self.add(name, &tensor, GgmlDType::F32)
    }

    fn add(&mut self, name: &str, tensor: &Tensor, dtype: GgmlDType) -> Result<(), Error> {
        let writer = std::mem::take(&mut self.writer);
        self.writer = writer.tensor(name, tensor, dtype)?;
        Ok(())
    }

    /// Uniform in [-1, 1). Source: Steele et al., "Fast Splittable Pseudorandom Number
    /// Generators", 2014.
    fn next(&mut self) -> f32 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}
