//! The forward pass of a Llama-like decoder.
//!
//! Source: Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", 2023; grouped
//! queries from Ainslie et al., "GQA", 2023; the variants from the papers that `descriptor.rs` names.

use std::ops::Range;
use std::sync::Arc;

use super::descriptor::Descriptor;
use super::ops::{Heads, Load, Ops, Span};
use super::rope::{Angles, Frequencies};
use super::weights::{FeedForward, Gated, Layer, Linear, Weights};
use crate::Error;
use crate::gguf::File;

/// Immutable weights and their shape; sequences bring their own state.
pub(crate) struct Decoder<O: Ops> {
    ops: O,
    pub(super) shape: Descriptor,
    pub(super) weights: Arc<Weights<O::Matrix, O::Vector>>,
}

/// The keys and values of [`PAGE`] positions of a sequence, layer by layer.
pub(crate) struct Page<O: Ops> {
    layers: Vec<O::Block>,
}

/// Tokens that continue one sequence, and where its keys and values are.
pub(crate) struct Step<'a, P> {
    pub tokens: &'a [u32],
    /// Tokens before these.
    pub start: usize,
    /// The pages before the one that `start` lies in; they are full and may be shared.
    pub past: Vec<&'a P>,
    /// The pages that the tokens lie in.
    pub tail: Vec<&'a mut P>,
}

impl<O: Load> Decoder<O> {
    /// `context_size` is how many tokens a sequence may hold.
    pub fn load(
        ops: O,
        file: &File,
        shape: Descriptor,
        context_size: usize,
        loaded: &mut dyn FnMut(usize),
    ) -> Result<Self, Error> {
        let weights = Weights::load(&ops, file, &shape, context_size, loaded)?;
        Ok(Self {
            ops,
            shape,
            weights: Arc::new(weights),
        })
    }
}

impl<O: Ops> Decoder<O> {
    /// Room for [`PAGE`] more positions of a sequence.
    pub fn new_page(&self) -> Result<Page<O>, Error> {
        let block = |_| self.ops.new_block(self.heads());
        Ok(Page {
            layers: (0..self.shape.layers)
                .map(block)
                .collect::<Result<_, _>>()?,
        })
    }

    pub fn copy_page(&self, page: &Page<O>) -> Result<Page<O>, Error> {
        let copy = |block| self.ops.copy_block(block);
        Ok(Page {
            layers: page.layers.iter().map(copy).collect::<Result<_, _>>()?,
        })
    }

    /// The bytes of one page.
    pub fn page_bytes(&self) -> usize {
        self.shape.layers * self.ops.block_bytes(self.heads())
    }

    /// Computes the tokens of all steps at once; returns the logits `[vocabulary]` after the last
    /// token of each.
    pub fn forward(&self, steps: &mut [Step<Page<O>>]) -> Result<Vec<Vec<f32>>, Error> {
        let (ops, weights) = (&self.ops, &self.weights);
        let rows = rows_of(steps);
        let angles = self.angles(steps);
        let tokens: Vec<u32> = steps.iter().flat_map(|step| step.tokens).copied().collect();
        let mut x = ops.embed(&weights.embedding, &tokens)?; // [rows, hidden]
        x = self.scaled(x, self.shape.embedding_scale)?;
        for (index, layer) in weights.layers.iter().enumerate() {
            let view = &weights.views[layer.view];
            let angles = &angles[layer.view];
            let spans = steps.iter_mut().zip(&rows).enumerate();
            let spans = spans.map(|(number, (step, rows))| Span {
                rows: rows.clone(),
                positions: step.start..step.start + step.tokens.len(),
                angles: angles.as_ref().map(|angles| &angles[number]),
                window: view.window,
                past: step.past.iter().map(|page| &page.layers[index]).collect(),
                tail: step
                    .tail
                    .iter_mut()
                    .map(|page| &mut page.layers[index])
                    .collect(),
            });
            x = ops.add(&x, &self.attention(layer, &x, spans.collect())?)?;
            x = ops.add(&x, &self.feed_forward(layer, &x)?)?;
        }
        let last: Vec<u32> = rows.iter().map(|rows| rows.end as u32 - 1).collect();
        let logits = ops.to_host(&self.logits(&ops.pick(&x, &last)?)?)?;
        Ok(logits
            .chunks(self.shape.vocabulary)
            .map(<[f32]>::to_vec)
            .collect())
    }

    /// For each of the weights' views the angles of each step's positions.
    fn angles(&self, steps: &[Step<Page<O>>]) -> Vec<Option<Vec<Angles>>> {
        let of = |frequencies: &Frequencies| {
            let angles = |step: &Step<Page<O>>| {
                frequencies.angles(step.start..step.start + step.tokens.len())
            };
            steps.iter().map(angles).collect()
        };
        let views = self.weights.views.iter();
        views
            .map(|view| view.frequencies.as_ref().map(of))
            .collect()
    }

    /// What attention adds to the stream.
    fn attention(
        &self,
        layer: &Layer<O::Matrix, O::Vector>,
        x: &O::Activation,
        spans: Vec<Span<O::Block>>,
    ) -> Result<O::Activation, Error> {
        let normed = self.normed(x, layer.attention_norm.as_ref())?;
        let x = normed.as_ref().unwrap_or(x);
        let query = self.linear(&layer.query, x)?; // [rows, heads * dim]
        let query = self.or_normed(query, layer.query_norm.as_ref())?;
        let key = self.linear(&layer.key, x)?; // [rows, kv_heads * dim]
        let key = self.or_normed(key, layer.key_norm.as_ref())?;
        let value = self.linear(&layer.value, x)?; // [rows, kv_heads * dim]
        let mixed = self
            .ops
            .attend([&query, &key, &value], self.heads(), spans)?;
        let mixed = self.linear(&layer.output, &mixed)?; // [rows, hidden]
        let mixed = self.or_normed(mixed, layer.attention_after_norm.as_ref())?;
        self.scaled(mixed, self.shape.residual_scale)
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
fn rows_of<P>(steps: &[Step<P>]) -> Vec<Range<usize>> {
    let mut start = 0;
    let of_step = |step: &Step<P>| {
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
