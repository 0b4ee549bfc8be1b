//! The forward pass of a Llama-like decoder.
//!
//! Source: Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", 2023; grouped
//! queries from Ainslie et al., "GQA", 2023.

use std::sync::Arc;

use candle_core::Device;

use super::candle::{CandleOps, Matrix, Vector};
use super::descriptor::Descriptor;
use super::ops::{Heads, Ops};
use super::weights::{Layer, Weights};
use crate::Error;
use crate::gguf::File;

/// Immutable weights and their shape; sequences bring their own state.
pub(crate) struct Decoder<O: Ops> {
    ops: O,
    shape: Descriptor,
    weights: Arc<Weights<O::Matrix, O::Vector>>,
}

/// What one sequence has computed: its keys and values, layer by layer.
pub(crate) struct SequenceState<O: Ops> {
    layers: Vec<O::Cache>,
    /// Tokens computed so far.
    length: usize,
    /// Tokens there is room for.
    capacity: usize,
}

/// Room grows in steps of this many tokens at least.
const MINIMUM_ROOM: usize = 256;

impl Decoder<CandleOps> {
    pub fn load(
        file: &File,
        shape: Descriptor,
        device: Device,
        loaded: &mut dyn FnMut(usize),
    ) -> Result<Self, Error> {
        let weights: Weights<Matrix, Vector> = Weights::load(file, &shape, &device, loaded)?;
        Ok(Self {
            ops: CandleOps::new(device),
            shape,
            weights: Arc::new(weights),
        })
    }
}

impl<O: Ops> Decoder<O> {
    pub fn state(&self) -> SequenceState<O> {
        let heads = self.heads();
        SequenceState {
            layers: (0..self.shape.layers)
                .map(|_| self.ops.new_cache(heads))
                .collect(),
            length: 0,
            capacity: 0,
        }
    }

    /// Computes `tokens`, which continue the sequence; returns the last one's logits,
    /// `[vocabulary]`. `limit` is how many tokens the sequence may ever hold.
    pub fn forward(
        &self,
        tokens: &[u32],
        state: &mut SequenceState<O>,
        limit: usize,
    ) -> Result<Vec<f32>, Error> {
        self.reserve(state, state.length + tokens.len(), limit)?;
        let ops = &self.ops;
        let weights = &self.weights;
        let end = state.length + tokens.len();
        let positions = ops.positions(&weights.frequencies.angles(state.length..end))?;
        let mut x = ops.embed(&weights.embedding, tokens)?; // [tokens, hidden]
        for (layer, cache) in weights.layers.iter().zip(&mut state.layers) {
            x = ops.add(&x, &self.attention(layer, &x, &positions, cache)?)?;
            x = ops.add(&x, &self.feed_forward(layer, &x)?)?;
        }
        state.length = end;
        let x = ops.last(&x)?; // [1, hidden]
        let x = ops.rms_norm(&x, &weights.norm, self.shape.norm_eps)?;
        let output = weights.output.as_ref().unwrap_or(&weights.embedding);
        ops.to_host(&ops.linear(output, &x)?) // [vocabulary]
    }

    fn attention(
        &self,
        layer: &Layer<O::Matrix, O::Vector>,
        x: &O::Activation,
        positions: &O::Positions,
        cache: &mut O::Cache,
    ) -> Result<O::Activation, Error> {
        let ops = &self.ops;
        let x = ops.rms_norm(x, &layer.attention_norm, self.shape.norm_eps)?;
        let query = ops.linear(&layer.query, &x)?; // [tokens, heads * dim]
        let key = ops.linear(&layer.key, &x)?; // [tokens, kv_heads * dim]
        let value = ops.linear(&layer.value, &x)?; // [tokens, kv_heads * dim]
        let mixed = ops.attend([&query, &key, &value], self.heads(), positions, cache)?;
        ops.linear(&layer.output, &mixed) // [tokens, hidden]
    }

    fn feed_forward(
        &self,
        layer: &Layer<O::Matrix, O::Vector>,
        x: &O::Activation,
    ) -> Result<O::Activation, Error> {
        let ops = &self.ops;
        let x = ops.rms_norm(x, &layer.feed_forward_norm, self.shape.norm_eps)?;
        let gate = ops.linear(&layer.gate, &x)?; // [tokens, feed_forward]
        let up = ops.linear(&layer.up, &x)?; // [tokens, feed_forward]
        ops.linear(&layer.down, &ops.swiglu(&gate, &up)?) // [tokens, hidden]
    }

    fn reserve(
        &self,
        state: &mut SequenceState<O>,
        tokens: usize,
        limit: usize,
    ) -> Result<(), Error> {
        if tokens <= state.capacity {
            return Ok(());
        }
        let room = (state.capacity * 2)
            .max(MINIMUM_ROOM)
            .min(limit)
            .max(tokens);
        for cache in &mut state.layers {
            self.ops.reserve(cache, room)?;
        }
        state.capacity = room;
        Ok(())
    }

    fn heads(&self) -> Heads {
        Heads {
            query: self.shape.heads,
            key_value: self.shape.kv_heads,
            dim: self.shape.head_dim,
        }
    }
}
