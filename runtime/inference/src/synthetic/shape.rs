//! The shapes of real models.

use super::vocabulary::Vocabulary;
use crate::gguf::Writer;

/// The dimensions of a Llama.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub name: &'static str,
    pub(super) layers: usize,
    pub(super) hidden: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) feed_forward: usize,
    context_length: u32,
    rope_base: f32,
    /// Whether the slow rotary pairs are slowed down for a longer context.
    long: bool,
    pub(super) vocabulary: Vocabulary,
}

/// TinyLlama 1.1B. Source: its `config.json`.
const TINYLLAMA: Shape = Shape {
    name: "tinyllama-1.1b",
    layers: 22,
    hidden: 2048,
    heads: 32,
    kv_heads: 4,
    feed_forward: 5632,
    context_length: 2048,
    rope_base: 10_000.0,
    long: false,
    vocabulary: Vocabulary::SentencePiece,
};

impl Shape {
    pub const ALL: &[Self] = &[
        TINYLLAMA,
        // Llama 3.1 8B. Source: its `config.json`.
        Self {
            name: "llama-8b",
            layers: 32,
            hidden: 4096,
            heads: 32,
            kv_heads: 8,
            feed_forward: 14_336,
            context_length: 131_072,
            rope_base: 500_000.0,
            long: true,
            vocabulary: Vocabulary::BytePairs,
        },
        // No model of anybody's: TinyLlama, small enough to try things out with.
        Self {
            name: "llama-25m",
            layers: 9,
            hidden: 256,
            heads: 8,
            kv_heads: 4,
            feed_forward: 1024,
            ..TINYLLAMA
        },
    ];

    /// By its name, in upper or lower case.
    pub fn named(name: &str) -> Option<&'static Self> {
        let mut all = Self::ALL.iter();
        all.find(|shape| shape.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn head_dim(&self) -> usize {
        self.hidden / self.heads
    }

    pub(super) fn hyperparameters(&self, writer: Writer) -> Writer {
        writer
            .metadata("general.architecture", "llama")
            .metadata("general.name", format!("{}, random", self.name))
            .metadata("llama.vocab_size", self.vocabulary.size() as u32)
            .metadata("llama.context_length", self.context_length)
            .metadata("llama.block_count", self.layers as u32)
            .metadata("llama.embedding_length", self.hidden as u32)
            .metadata("llama.feed_forward_length", self.feed_forward as u32)
            .metadata("llama.attention.head_count", self.heads as u32)
            .metadata("llama.attention.head_count_kv", self.kv_heads as u32)
            .metadata("llama.attention.layer_norm_rms_epsilon", 1e-5f32)
            .metadata("llama.rope.dimension_count", self.head_dim() as u32)
            .metadata("llama.rope.freq_base", self.rope_base)
    }

    /// What each rotary pair is slowed down by. Source: `_compute_llama3_parameters` in Hugging Face's
    /// transformers, `modeling_rope_utils.py`.
    pub(super) fn rope_factors(&self) -> Option<Vec<f32>> {
        const FACTOR: f32 = 8.0;
        const ORIGINAL: f32 = 8192.0;
        let (slow, fast) = (ORIGINAL, ORIGINAL / 4.0);
        let factor = |pair: usize| {
            let exponent = 2.0 * pair as f32 / self.head_dim() as f32;
            let wavelength = 2.0 * std::f32::consts::PI * self.rope_base.powf(exponent);
            let smooth = (ORIGINAL / wavelength - 1.0) / (4.0 - 1.0);
            match wavelength {
                length if length < fast => 1.0,
                length if length > slow => FACTOR,
                _ => 1.0 / ((1.0 - smooth) / FACTOR + smooth),
            }
        };
        self.long
            .then(|| (0..self.head_dim() / 2).map(factor).collect())
    }
}
