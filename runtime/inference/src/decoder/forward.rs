//! The forward pass of a Llama-like decoder.
//!
//! Source: Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", 2023; grouped
//! queries from Ainslie et al., "GQA", 2023; the variants from the papers that `descriptor.rs` names.

use std::ops::Range;
use std::sync::Arc;

use candle_core::Device;

use super::candle::{CandleOps, Matrix, Vector};
use super::descriptor::Descriptor;
use super::ops::{Heads, Ops};
use super::weights::{FeedForward, Gated, Layer, Linear, Weights};
use crate::Error;
use crate::gguf::File;

/// Immutable weights and their shape; sequences bring their own state.
pub(crate) struct Decoder<O: Ops> {
    ops: O,
    pub(super) shape: Descriptor,
    pub(super) weights: Arc<Weights<O::Matrix, O::Vector>>,
}

/// What one sequence has computed: its keys and values, layer by layer.
pub(crate) struct SequenceState<O: Ops> {
    layers: Vec<O::Cache>,
    /// Tokens computed so far.
    length: usize,
    /// Tokens there is room for.
    capacity: usize,
}

/// Tokens that continue one sequence.
pub(crate) struct Step<'a, O: Ops> {
    pub tokens: &'a [u32],
    pub state: &'a mut SequenceState<O>,
    /// How many tokens the sequence may ever hold.
    pub limit: usize,
}

/// Room grows in steps of this many tokens at least.
const MINIMUM_ROOM: usize = 256;

impl Decoder<CandleOps> {
    /// `context_size` is how many tokens a sequence may hold.
    pub fn load(
        file: &File,
        shape: Descriptor,
        context_size: usize,
        device: Device,
        loaded: &mut dyn FnMut(usize),
    ) -> Result<Self, Error> {
        let weights: Weights<Matrix, Vector> =
            Weights::load(file, &shape, context_size, &device, loaded)?;
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

    /// Computes the tokens of all steps at once; returns the logits `[vocabulary]` after the last
    /// token of each.
    pub fn forward(&self, steps: &mut [Step<O>]) -> Result<Vec<Vec<f32>>, Error> {
        let (ops, weights) = (&self.ops, &self.weights);
        let rows = rows_of(steps);
        let views = self.prepare(steps)?;
        let tokens: Vec<u32> = steps.iter().flat_map(|step| step.tokens).copied().collect();
        let mut x = ops.embed(&weights.embedding, &tokens)?; // [rows, hidden]
        x = self.scaled(x, self.shape.embedding_scale)?;
        for (index, layer) in weights.layers.iter().enumerate() {
            let attend = |qkv: [&O::Activation; 3]| {
                let sequences = steps.iter_mut().map(|step| &mut step.state.layers[index]);
                self.attend_each(qkv, &rows, &views[layer.view], sequences)
            };
            x = ops.add(&x, &self.attention(layer, &x, attend)?)?;
            x = ops.add(&x, &self.feed_forward(layer, &x)?)?;
        }
        for step in steps.iter_mut() {
            step.state.length += step.tokens.len();
        }
        let last: Vec<u32> = rows.iter().map(|rows| rows.end as u32 - 1).collect();
        let logits = ops.to_host(&self.logits(&ops.pick(&x, &last)?)?)?;
        Ok(logits
            .chunks(self.shape.vocabulary)
            .map(<[f32]>::to_vec)
            .collect())
    }

    /// Makes room for the steps' tokens; returns their positions for each of the weights' views.
    fn prepare(&self, steps: &mut [Step<O>]) -> Result<Vec<Vec<O::Positions>>, Error> {
        for step in steps.iter_mut() {
            let needed = step.state.length + step.tokens.len();
            self.reserve(step.state, needed, step.limit)?;
        }
        let of_view = |view: &super::weights::View| {
            let of_step = |step: &Step<O>| {
                let positions = step.state.length..step.state.length + step.tokens.len();
                let frequencies = view.frequencies.as_ref();
                let angles = frequencies.map(|it| it.angles(positions.clone()));
                self.ops.positions(positions, angles.as_ref(), view.window)
            };
            steps.iter().map(of_step).collect()
        };
        self.weights.views.iter().map(of_view).collect()
    }

    /// What attention adds to the stream.
    fn attention(
        &self,
        layer: &Layer<O::Matrix, O::Vector>,
        x: &O::Activation,
        attend: impl FnOnce([&O::Activation; 3]) -> Result<O::Activation, Error>,
    ) -> Result<O::Activation, Error> {
        let normed = self.normed(x, layer.attention_norm.as_ref())?;
        let x = normed.as_ref().unwrap_or(x);
        let query = self.linear(&layer.query, x)?; // [rows, heads * dim]
        let query = self.or_normed(query, layer.query_norm.as_ref())?;
        let key = self.linear(&layer.key, x)?; // [rows, kv_heads * dim]
        let key = self.or_normed(key, layer.key_norm.as_ref())?;
        let value = self.linear(&layer.value, x)?; // [rows, kv_heads * dim]
        let mixed = self.linear(&layer.output, &attend([&query, &key, &value])?)?; // [rows, hidden]
        let mixed = self.or_normed(mixed, layer.attention_after_norm.as_ref())?;
        self.scaled(mixed, self.shape.residual_scale)
    }

    /// Attention looks at one sequence at a time.
    fn attend_each<'c>(
        &self,
        [query, key, value]: [&O::Activation; 3],
        rows: &[Range<usize>],
        positions: &[O::Positions],
        caches: impl Iterator<Item = &'c mut O::Cache>,
    ) -> Result<O::Activation, Error>
    where
        O::Cache: 'c,
    {
        let (ops, heads) = (&self.ops, self.heads());
        let mut mixed = Vec::with_capacity(rows.len());
        for ((rows, positions), cache) in rows.iter().zip(positions).zip(caches) {
            let of = |x| ops.slice(x, rows.clone());
            let (query, key, value) = (of(query)?, of(key)?, of(value)?);
            mixed.push(ops.attend([&query, &key, &value], heads, positions, cache)?);
        }
        ops.stack(mixed)
    }

    /// What the feed-forward block adds to the stream.
    fn feed_forward(
        &self,
        layer: &Layer<O::Matrix, O::Vector>,
        x: &O::Activation,
    ) -> Result<O::Activation, Error> {
        let normed = self.normed(x, layer.feed_forward_norm.as_ref())?;
        let x = normed.as_ref().unwrap_or(x);
        let out = match &layer.feed_forward {
            FeedForward::Dense(gated) => self.gated(gated, x)?,
            FeedForward::Experts {
                router,
                experts,
                used,
            } => self.experts(router, experts, *used, x)?,
        };
        let out = self.or_normed(out, layer.feed_forward_after_norm.as_ref())?;
        self.scaled(out, self.shape.residual_scale)
    }

    fn gated(
        &self,
        weights: &Gated<O::Matrix, O::Vector>,
        x: &O::Activation,
    ) -> Result<O::Activation, Error> {
        let gate = self.linear(&weights.gate, x)?; // [rows, feed_forward]
        let up = self.linear(&weights.up, x)?; // [rows, feed_forward]
        let open = self.ops.gated(self.shape.gate, &gate, &up)?;
        self.linear(&weights.down, &open) // [rows, hidden]
    }

    /// Every expert computes the rows that chose it.
    fn experts(
        &self,
        router: &O::Matrix,
        experts: &[Gated<O::Matrix, O::Vector>],
        used: usize,
        x: &O::Activation,
    ) -> Result<O::Activation, Error> {
        let ops = &self.ops;
        let scores = ops.to_host(&ops.linear(router, x)?)?; // [rows, experts]
        let mut choices = vec![(Vec::new(), Vec::new()); experts.len()];
        for (row, scores) in scores.chunks(experts.len()).enumerate() {
            for (expert, share) in best(scores, used) {
                choices[expert].0.push(row as u32);
                choices[expert].1.push(share);
            }
        }
        let mut sum = ops.scale(x, 0.0)?;
        for (expert, (rows, shares)) in experts.iter().zip(choices) {
            if !rows.is_empty() {
                let out = self.gated(expert, &ops.pick(x, &rows)?)?;
                sum = ops.add_to_rows(&sum, &rows, &shares, &out)?;
            }
        }
        Ok(sum)
    }

    fn logits(&self, x: &O::Activation) -> Result<O::Activation, Error> {
        let (ops, weights, shape) = (&self.ops, &self.weights, &self.shape);
        let x = ops.rms_norm(x, &weights.norm, shape.norm_eps)?;
        let output = weights.output.as_ref().unwrap_or(&weights.embedding);
        let mut logits = ops.linear(output, &x)?; // [steps, vocabulary]
        if let Some(bias) = &weights.output_bias {
            logits = ops.add_bias(&logits, bias)?;
        }
        logits = self.scaled(logits, shape.logit_scale)?;
        match shape.logit_cap {
            Some(cap) => ops.soft_cap(&logits, cap),
            None => Ok(logits),
        }
    }

    fn linear(
        &self,
        linear: &Linear<O::Matrix, O::Vector>,
        x: &O::Activation,
    ) -> Result<O::Activation, Error> {
        let x = self.ops.linear(&linear.weight, x)?;
        match &linear.bias {
            Some(bias) => self.ops.add_bias(&x, bias),
            None => Ok(x),
        }
    }

    fn normed(
        &self,
        x: &O::Activation,
        weight: Option<&O::Vector>,
    ) -> Result<Option<O::Activation>, Error> {
        let norm = |weight| self.ops.rms_norm(x, weight, self.shape.norm_eps);
        weight.map(norm).transpose()
    }

    fn or_normed(
        &self,
        x: O::Activation,
        weight: Option<&O::Vector>,
    ) -> Result<O::Activation, Error> {
        Ok(self.normed(&x, weight)?.unwrap_or(x))
    }

    fn scaled(&self, x: O::Activation, factor: f32) -> Result<O::Activation, Error> {
        match factor {
            1.0 => Ok(x),
            factor => self.ops.scale(&x, factor),
        }
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
            scale: self.shape.attention_scale,
            cap: self.shape.attention_cap,
        }
    }
}

/// Which rows of a step's activations belong to which sequence.
fn rows_of<O: Ops>(steps: &[Step<O>]) -> Vec<Range<usize>> {
    let mut start = 0;
    let of_step = |step: &Step<O>| {
        let rows = start..start + step.tokens.len();
        start = rows.end;
        rows
    };
    steps.iter().map(of_step).collect()
}

/// The experts with the highest scores, and their shares of the output, which sum up to one.
fn best(scores: &[f32], used: usize) -> Vec<(usize, f32)> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order.truncate(used);
    // Shares among the chosen are the same whether all or only they take part in the softmax.
    let highest = scores[order[0]];
    let weights: Vec<f32> = order.iter().map(|&i| (scores[i] - highest).exp()).collect();
    let sum: f32 = weights.iter().sum();
    order
        .into_iter()
        .zip(weights.into_iter().map(|weight| weight / sum))
        .collect()
}
