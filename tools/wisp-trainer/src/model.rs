//! The llama architecture as a trainable model: matrices are `[out, in]` as GGUF stores them, rotary
//! pairs are neighbours, the output matrix is the embedding.

use crate::{
    error::Result,
    ops::{Attention, RmsNorm, Rope, SwiGlu},
    rng::Rng,
};
use candle_core::{Device, Tensor, Var};
use serde::{Deserialize, Serialize};
use std::{ops::Range, sync::Arc};

/// The model's dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Width of the residual stream; a multiple of 32 (Q8_0) and of `heads`.
    pub dim: usize,
    /// Number of layers.
    pub layers: usize,
    /// Attention heads; each has its own key and value.
    pub heads: usize,
    /// Width inside the feed-forward block; a multiple of 32.
    pub ffn: usize,
    /// Longest sequence in tokens.
    pub context: usize,
    /// Base of the rotary frequencies.
    pub rope_base: f32,
    /// Epsilon of the norms.
    pub norm_eps: f32,
}

impl Config {
    /// The model that llmspell ships: about 3.5 million parameters.
    pub fn wisp(vocab_size: usize) -> Self {
        let (dim, layers, heads, ffn) = (256, 4, 8, 704);
        Self {
            vocab_size,
            dim,
            layers,
            heads,
            ffn,
            context: 512,
            rope_base: 10_000.0,
            norm_eps: 1e-5,
        }
    }

    /// A model small enough to be trained inside a test.
    pub fn tiny(vocab_size: usize) -> Self {
        Self {
            dim: 32,
            layers: 1,
            heads: 2,
            ffn: 64,
            ..Self::wisp(vocab_size)
        }
    }
}

/// One layer's weights; query, key and value are one matrix, gate and up another.
pub struct Layer {
    attn_norm: Var,
    qkv: Var,
    attn_out: Var,
    ffn_norm: Var,
    gate_up: Var,
    down: Var,
}

/// All weights.
pub struct Model {
    /// The dimensions.
    pub config: Config,
    embedding: Var,
    layers: Vec<Layer>,
    norm: Var,
    rope: Arc<Rope>,
}

fn random(rng: &mut Rng, rows: usize, columns: usize, deviation: f32) -> Result<Var> {
    let values: Vec<f32> = (0..rows * columns)
        .map(|_| rng.normal() * deviation)
        .collect();
    Ok(Var::from_vec(values, (rows, columns), &Device::Cpu)?)
}

fn ones(size: usize) -> Result<Var> {
    Ok(Var::from_vec(vec![1f32; size], size, &Device::Cpu)?)
}

fn linear(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    Ok(x.matmul(&weight.t()?)?)
}

impl Layer {
    fn new(config: &Config, rng: &mut Rng) -> Result<Self> {
        let (dim, ffn) = (config.dim, config.ffn);
        let deviation = 0.7 / (dim as f32).sqrt();
        let residual = (2.0 * config.layers as f32).sqrt(); // keeps the stream's size at any depth
        Ok(Self {
            attn_norm: ones(dim)?,
            qkv: random(rng, 3 * dim, dim, deviation)?,
            attn_out: random(rng, dim, dim, deviation / residual)?,
            ffn_norm: ones(dim)?,
            gate_up: random(rng, 2 * ffn, dim, deviation)?,
            down: random(rng, dim, ffn, 0.7 / (ffn as f32).sqrt() / residual)?,
        })
    }

    fn named(&self) -> [(&'static str, &Var); 6] {
        [
            ("attn_norm", &self.attn_norm),
            ("attn_qkv", &self.qkv),
            ("attn_output", &self.attn_out),
            ("ffn_norm", &self.ffn_norm),
            ("ffn_gate_up", &self.gate_up),
            ("ffn_down", &self.down),
        ]
    }

    fn forward(&self, x: &Tensor, norm_eps: f32, attention: Attention) -> Result<Tensor> {
        let norm = |x: &Tensor, weight: &Var| x.apply_op2(weight, RmsNorm { eps: norm_eps });
        let seen = linear(&norm(x, &self.attn_norm)?, &self.qkv)?.apply_op1(attention)?; // [n, dim]
        let x = (x + linear(&seen, &self.attn_out)?)?;
        let inner = linear(&norm(&x, &self.ffn_norm)?, &self.gate_up)?.apply_op1(SwiGlu)?; // [n, ffn]
        Ok((&x + linear(&inner, &self.down)?)?)
    }
}

impl Model {
    /// A model with random weights that depend on nothing but `config` and `seed`.
    pub fn new(config: Config, seed: u64) -> Result<Self> {
        let mut rng = Rng::new(seed, 0);
        Ok(Self {
            embedding: random(&mut rng, config.vocab_size, config.dim, 0.02)?,
            layers: (0..config.layers)
                .map(|_| Layer::new(&config, &mut rng))
                .collect::<Result<_>>()?,
            norm: ones(config.dim)?,
            rope: Arc::new(Rope::new(
                config.context,
                config.dim / config.heads,
                config.rope_base,
            )),
            config,
        })
    }

    /// Every trainable tensor with its name, always in the same order.
    pub fn parameters(&self) -> Vec<(String, &Var)> {
        let mut all = vec![("token_embd".to_string(), &self.embedding)];
        for (index, layer) in self.layers.iter().enumerate() {
            all.extend(
                layer
                    .named()
                    .map(|(name, var)| (format!("blk.{index}.{name}"), var)),
            );
        }
        all.push(("output_norm".to_string(), &self.norm));
        all
    }

    /// How many numbers the model has.
    pub fn size(&self) -> usize {
        self.parameters()
            .iter()
            .map(|(_, var)| var.elem_count())
            .sum()
    }

    /// Logits `[rows, vocab]` after the tokens in `rows`, for dialogues laid end to end in `ids`.
    pub fn forward(&self, ids: &[u32], dialogues: &[Range<usize>], rows: &[u32]) -> Result<Tensor> {
        let dialogues: Arc<[Range<usize>]> = dialogues.into();
        let mut x = self
            .embedding
            .index_select(&Tensor::new(ids, &Device::Cpu)?, 0)?; // [n, dim]
        for layer in &self.layers {
            let (heads, rope) = (self.config.heads, self.rope.clone());
            let attention = Attention {
                heads,
                dialogues: dialogues.clone(),
                rope,
            };
            x = layer.forward(&x, self.config.norm_eps, attention)?;
        }
        let x = x.index_select(&Tensor::new(rows, &Device::Cpu)?, 0)?;
        let x = x.apply_op2(
            &self.norm,
            RmsNorm {
                eps: self.config.norm_eps,
            },
        )?;
        linear(&x, &self.embedding)
    }
}
