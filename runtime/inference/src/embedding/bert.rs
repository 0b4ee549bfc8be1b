//! The encoder: what each token means among the others.

use candle_core::{Device, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};

use super::Weights;
use super::shape::{Activation, Shape};
use crate::Error;

pub(super) struct Bert {
    words: Tensor,     // [vocabulary, hidden]
    positions: Tensor, // [positions, hidden]
    /// What marks the tokens of a first sentence, which all are.
    sentence: Tensor, // [hidden]
    norm: Norm,
    layers: Vec<Layer>,
    context_size: usize,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    output_norm: Norm,
    up: Linear,
    activation: Activation,
    down: Linear,
    down_norm: Norm,
    heads: usize,
}

struct Linear {
    weight: Tensor, // [in, out]
    bias: Tensor,   // [out]
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl Bert {
    pub fn load(shape: &Shape, weights: &impl Weights) -> Result<Self, Error> {
        let table = |name: &str| {
            let rows = weights.rows(name)?;
            weights.tensor(name, &[rows, shape.hidden])
        };
        let positions = table("position_embd.weight")?;
        Ok(Self {
            words: table("token_embd.weight")?,
            sentence: table("token_types.weight")?.get(0)?,
            norm: Norm::load(shape, weights, "token_embd_norm")?,
            layers: (0..shape.layers)
                .map(|layer| Layer::load(shape, weights, layer))
                .collect::<Result<_, _>>()?,
            context_size: shape.context_length.min(positions.dim(0)?),
            positions,
        })
    }

    /// How many tokens have a position.
    pub fn context_size(&self) -> usize {
        self.context_size
    }

    /// The state of each token behind the last layer, `[tokens, hidden]`.
    pub fn forward(&self, tokens: &[u32]) -> Result<Tensor, Error> {
        let vocabulary = self.words.dim(0)?;
        if let Some(&token) = tokens.iter().find(|&&token| token as usize >= vocabulary) {
            return Err(Error::UnknownToken { token, vocabulary });
        }
        let ids = Tensor::new(tokens, &Device::Cpu)?;
        let words = self.words.index_select(&ids, 0)?;
        let placed = words.add(&self.positions.narrow(0, 0, tokens.len())?)?;
        let mut x = self.norm.apply(&placed.broadcast_add(&self.sentence)?)?;
        for layer in &self.layers {
            x = layer.forward(&x)?;
        }
        Ok(x)
    }
}

impl Layer {
    fn load(shape: &Shape, weights: &impl Weights, layer: usize) -> Result<Self, Error> {
        let (hidden, wide) = (shape.hidden, shape.feed_forward);
        let name = |part: &str| format!("blk.{layer}.{part}");
        let linear = |part, output, input| Linear::load(weights, &name(part), output, input);
        Ok(Self {
            query: linear("attn_q", hidden, hidden)?,
            key: linear("attn_k", hidden, hidden)?,
            value: linear("attn_v", hidden, hidden)?,
            output: linear("attn_output", hidden, hidden)?,
            output_norm: Norm::load(shape, weights, &name("attn_output_norm"))?,
            up: linear("ffn_up", wide, hidden)?,
            activation: shape.activation,
            down: linear("ffn_down", hidden, wide)?,
            down_norm: Norm::load(shape, weights, &name("layer_output_norm"))?,
            heads: shape.heads,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        let mixed = self.output.apply(&self.attend(x)?)?;
        let x = self.output_norm.apply(&(mixed + x)?)?;
        let wide = self.activation.apply(&self.up.apply(&x)?)?;
        self.down_norm.apply(&(self.down.apply(&wide)? + x)?)
    }

    /// Each token looks at all of them.
    fn attend(&self, x: &Tensor) -> Result<Tensor, Error> {
        let query = self.split(&self.query.apply(x)?)?;
        let key = self.split(&self.key.apply(x)?)?;
        let value = self.split(&self.value.apply(x)?)?;
        let scale = 1.0 / (query.dim(2)? as f64).sqrt();
        let scores = (query.matmul(&key.t()?)? * scale)?; // [heads, tokens, tokens]
        let mixed = softmax_last_dim(&scores)?.matmul(&value)?;
        Ok(mixed.transpose(0, 1)?.reshape(x.shape())?)
    }

    /// `[tokens, hidden]` to `[heads, tokens, hidden / heads]`.
    fn split(&self, x: &Tensor) -> Result<Tensor, Error> {
        let (tokens, hidden) = x.dims2()?;
        let heads = x.reshape((tokens, self.heads, hidden / self.heads))?;
        Ok(heads.transpose(0, 1)?.contiguous()?)
    }
}

impl Linear {
    fn load(
        weights: &impl Weights,
        name: &str,
        output: usize,
        input: usize,
    ) -> Result<Self, Error> {
        let weight = weights.tensor(&format!("{name}.weight"), &[output, input])?;
        Ok(Self {
            weight: weight.t()?,
            bias: weights.tensor(&format!("{name}.bias"), &[output])?,
        })
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(x.matmul(&self.weight)?.broadcast_add(&self.bias)?)
    }
}

impl Norm {
    fn load(shape: &Shape, weights: &impl Weights, name: &str) -> Result<Self, Error> {
        Ok(Self {
            weight: weights.tensor(&format!("{name}.weight"), &[shape.hidden])?,
            bias: weights.tensor(&format!("{name}.bias"), &[shape.hidden])?,
            epsilon: shape.epsilon,
        })
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor, Error> {
        let x = x.contiguous()?;
        Ok(layer_norm(&x, &self.weight, &self.bias, self.epsilon)?)
    }
}
