//! A model's weights, immutable and shared by all its sequences.

use std::collections::HashSet;
use std::ops::Range;

use super::architecture::{HeadNorms, Norms};
use super::descriptor::{Descriptor, Rope, Scaling};
use super::ops::{Load, Ops};
use super::rope::Frequencies;
use crate::Error;
use crate::gguf::File;

/// What slows rotary pairs down in long contexts, and in short ones.
pub(crate) const LONG_FACTORS: &str = "rope_factors_long.weight";
pub(crate) const SHORT_FACTORS: &str = "rope_factors_short.weight";

pub(crate) struct Weights<M, V> {
    pub embedding: M,
    pub layers: Vec<Layer<M, V>>,
    pub norm: V,
    /// `None`: the embedding serves as output too.
    pub output: Option<M>,
    pub output_bias: Option<V>,
    /// What the layers' attention differs in.
    pub views: Vec<View>,
}

/// How the attention of some layers sees positions.
pub(crate) struct View {
    /// `None`: nothing rotates.
    pub frequencies: Option<Frequencies>,
    /// Tokens that a token sees, itself included; `None`: all before it.
    pub window: Option<usize>,
}

pub(crate) struct Layer<M, V> {
    pub attention_norm: Option<V>,
    pub query: Linear<M, V>,
    pub key: Linear<M, V>,
    pub value: Linear<M, V>,
    pub query_norm: Option<V>,
    pub key_norm: Option<V>,
    pub output: Linear<M, V>,
    pub attention_after_norm: Option<V>,
    pub feed_forward_norm: Option<V>,
    pub feed_forward: FeedForward<M, V>,
    pub feed_forward_after_norm: Option<V>,
    /// The layer's number in [`Weights::views`].
    pub view: usize,
}

pub(crate) struct Linear<M, V> {
    pub weight: M,
    pub bias: Option<V>,
}

pub(crate) enum FeedForward<M, V> {
    Dense(Gated<M, V>),
    /// Each token uses some of the experts, those that the router likes best.
    Experts {
        router: M,
        experts: Vec<Gated<M, V>>,
        used: usize,
    },
}

pub(crate) struct Gated<M, V> {
    pub gate: Linear<M, V>,
    pub up: Linear<M, V>,
    pub down: Linear<M, V>,
}

impl<M, V> Weights<M, V> {
    /// `context_size` is how many tokens a sequence may hold; `loaded` is called with the bytes of
    /// each tensor that has been loaded.
    pub fn load<O: Load<Matrix = M, Vector = V>>(
        ops: &O,
        file: &File,
        shape: &Descriptor,
        context_size: usize,
        loaded: &mut dyn FnMut(usize),
    ) -> Result<Self, Error> {
        let mut loader = Loader {
            ops,
            file,
            loaded,
            used: HashSet::new(),
        };
        let table = [shape.vocabulary, shape.hidden];
        let embedding = loader.matrix("token_embd.weight", table)?;
        let views = views(&mut loader, shape, context_size)?;
        let layers = (0..shape.layers)
            .map(|index| Block::new(&mut loader, shape, index).load())
            .collect::<Result<_, _>>()?;
        let output = match loader.has("output.weight") {
            true => Some(loader.matrix("output.weight", table)?),
            false => None,
        };
        let weights = Self {
            embedding,
            layers,
            norm: loader.vector("output_norm.weight", shape.hidden)?,
            output,
            output_bias: loader.optional_vector("output.bias", shape.vocabulary)?,
            views,
        };
        loader.check_all_used()?;
        Ok(weights)
    }
}

/// One view for layers that see everything, one for those with a window, one for those that do not
/// rotate; [`view_of`] says which layer has which.
fn views<O: Load>(
    loader: &mut Loader<O>,
    shape: &Descriptor,
    context_size: usize,
) -> Result<Vec<View>, Error> {
    let factors = loader.rope_factors(shape, context_size)?;
    let global = Frequencies::new(&shape.rope, factors.as_deref());
    let mut views = vec![
        View {
            frequencies: Some(global),
            window: None,
        },
        View {
            frequencies: None,
            window: None,
        },
    ];
    if let Some(window) = &shape.window {
        let mut rope = Rope {
            base: window.base,
            ..shape.rope
        };
        if !window.scaled {
            (rope.scaling, rope.magnitude) = (Scaling::None, 1.0);
        }
        views.push(View {
            frequencies: Some(Frequencies::new(&rope, factors.as_deref())),
            window: Some(window.size),
        });
    }
    Ok(views)
}

fn view_of(shape: &Descriptor, layer: usize) -> usize {
    match (shape.rotates(layer), shape.window_of(layer)) {
        (false, _) => 1,
        (true, None) => 0,
        (true, Some(_)) => 2,
    }
}

/// What makes queries, keys and values.
type Projections<O> = [Linear<<O as Ops>::Matrix, <O as Ops>::Vector>; 3];

/// Loads one layer.
struct Block<'a, 'b, O: Load> {
    loader: &'a mut Loader<'b, O>,
    shape: &'a Descriptor,
    index: usize,
}

impl<'a, 'b, O: Load> Block<'a, 'b, O> {
    fn new(loader: &'a mut Loader<'b, O>, shape: &'a Descriptor, index: usize) -> Self {
        Self {
            loader,
            shape,
            index,
        }
    }

    fn load(mut self) -> Result<Layer<O::Matrix, O::Vector>, Error> {
        let shape = self.shape;
        let hidden = shape.hidden;
        let queries = shape.heads * shape.head_dim;
        let [query, key, value] = self.projections()?;
        Ok(Layer {
            attention_norm: self.norm_before("attn_norm")?,
            query,
            key,
            value,
            query_norm: self.head_norm("attn_q_norm", queries)?,
            key_norm: self.head_norm("attn_k_norm", shape.kv_heads * shape.head_dim)?,
            output: self.linear("attn_output", [hidden, queries])?,
            attention_after_norm: self.norm_after("post_attention_norm")?,
            feed_forward_norm: self.norm_before("ffn_norm")?,
            feed_forward: self.feed_forward()?,
            feed_forward_after_norm: self.norm_after("post_ffw_norm")?,
            view: view_of(shape, self.index),
        })
    }

    fn name(&self, suffix: &str) -> String {
        format!("blk.{}.{suffix}", self.index)
    }

    fn norm(&mut self, name: &str, wanted: bool, width: usize) -> Result<Option<O::Vector>, Error> {
        let name = self.name(&format!("{name}.weight"));
        wanted.then(|| self.loader.vector(&name, width)).transpose()
    }

    fn norm_before(&mut self, name: &str) -> Result<Option<O::Vector>, Error> {
        let wanted = self.shape.norms != Norms::After;
        self.norm(name, wanted, self.shape.hidden)
    }

    fn norm_after(&mut self, name: &str) -> Result<Option<O::Vector>, Error> {
        let wanted = self.shape.norms != Norms::Before;
        self.norm(name, wanted, self.shape.hidden)
    }

    fn head_norm(&mut self, name: &str, width: usize) -> Result<Option<O::Vector>, Error> {
        let width = match self.shape.head_norms {
            HeadNorms::None | HeadNorms::Together => width,
            HeadNorms::Each => self.shape.head_dim,
        };
        self.norm(name, self.shape.head_norms != HeadNorms::None, width)
    }

    fn linear(
        &mut self,
        name: &str,
        shape: [usize; 2],
    ) -> Result<Linear<O::Matrix, O::Vector>, Error> {
        let weight = self.name(&format!("{name}.weight"));
        let bias = self.name(&format!("{name}.bias"));
        Ok(Linear {
            weight: self.loader.matrix(&weight, shape)?,
            bias: self.loader.optional_vector(&bias, shape[0])?,
        })
    }

    /// Some rows of a matrix that holds several.
    fn part(
        &mut self,
        name: &str,
        shape: &[usize],
        rows: Range<usize>,
    ) -> Result<Linear<O::Matrix, O::Vector>, Error> {
        let name = self.name(&format!("{name}.weight"));
        Ok(Linear {
            weight: self.loader.rows(&name, shape, rows)?,
            bias: None,
        })
    }

    fn projections(&mut self) -> Result<Projections<O>, Error> {
        let hidden = self.shape.hidden;
        let queries = self.shape.heads * self.shape.head_dim;
        let keys = self.shape.kv_heads * self.shape.head_dim;
        if !self.shape.fused {
            return Ok([
                self.linear("attn_q", [queries, hidden])?,
                self.linear("attn_k", [keys, hidden])?,
                self.linear("attn_v", [keys, hidden])?,
            ]);
        }
        let shape = [queries + 2 * keys, hidden];
        let ends = [queries, queries + keys, shape[0]];
        Ok([
            self.part("attn_qkv", &shape, 0..ends[0])?,
            self.part("attn_qkv", &shape, ends[0]..ends[1])?,
            self.part("attn_qkv", &shape, ends[1]..ends[2])?,
        ])
    }

    fn feed_forward(&mut self) -> Result<FeedForward<O::Matrix, O::Vector>, Error> {
        let (hidden, wide) = (self.shape.hidden, self.shape.feed_forward);
        if let Some(experts) = self.shape.experts {
            let router = self.name("ffn_gate_inp.weight");
            return Ok(FeedForward::Experts {
                router: self.loader.matrix(&router, [experts.count, hidden])?,
                experts: (0..experts.count)
                    .map(|expert| self.expert(expert, experts.count))
                    .collect::<Result<_, _>>()?,
                used: experts.used,
            });
        }
        if self.shape.fused {
            let both = [2 * wide, hidden];
            return Ok(FeedForward::Dense(Gated {
                gate: self.part("ffn_up", &both, 0..wide)?,
                up: self.part("ffn_up", &both, wide..2 * wide)?,
                down: self.linear("ffn_down", [hidden, wide])?,
            }));
        }
        Ok(FeedForward::Dense(Gated {
            gate: self.linear("ffn_gate", [wide, hidden])?,
            up: self.linear("ffn_up", [wide, hidden])?,
            down: self.linear("ffn_down", [hidden, wide])?,
        }))
    }

    fn expert(
        &mut self,
        expert: usize,
        count: usize,
    ) -> Result<Gated<O::Matrix, O::Vector>, Error> {
        let (hidden, wide) = (self.shape.hidden, self.shape.feed_forward);
        let rows = |size: usize| expert * size..(expert + 1) * size;
        Ok(Gated {
            gate: self.part("ffn_gate_exps", &[count, wide, hidden], rows(wide))?,
            up: self.part("ffn_up_exps", &[count, wide, hidden], rows(wide))?,
            down: self.part("ffn_down_exps", &[count, hidden, wide], rows(hidden))?,
        })
    }
}

struct Loader<'a, O> {
    ops: &'a O,
    file: &'a File,
    loaded: &'a mut dyn FnMut(usize),
    used: HashSet<String>,
}

impl<O: Load> Loader<'_, O> {
    fn has(&self, name: &str) -> bool {
        self.file.header.tensors.contains_key(name)
    }

    /// A tensor that the decoder leaves out, such as a bias, would change every answer.
    fn check_all_used(&self) -> Result<(), Error> {
        // Old files carry the rotary frequencies once per layer; they follow from the metadata.
        let needless = |name: &str| name.ends_with("attn_rot_embd.weight");
        let mut names = self.file.header.tensors.keys();
        match names.find(|name| !self.used.contains(*name) && !needless(name)) {
            None => Ok(()),
            Some(name) => Err(Error::UnexpectedTensor {
                file: self.file.name.clone(),
                tensor: name.clone(),
            }),
        }
    }

    fn matrix(&mut self, name: &str, shape: [usize; 2]) -> Result<O::Matrix, Error> {
        self.rows(name, &shape, 0..shape[0])
    }

    /// Rows of a tensor `[…, columns]`, counted through all but its last dimension.
    fn rows(
        &mut self,
        name: &str,
        shape: &[usize],
        rows: Range<usize>,
    ) -> Result<O::Matrix, Error> {
        self.used.insert(name.to_owned());
        let (part, all) = (rows.len(), shape[..shape.len() - 1].iter().product());
        let matrix = self.ops.matrix(self.file, name, shape, rows)?;
        self.count(name, part, all);
        Ok(matrix)
    }

    fn vector(&mut self, name: &str, width: usize) -> Result<O::Vector, Error> {
        self.used.insert(name.to_owned());
        let vector = self.ops.vector(self.file, name, width)?;
        self.count(name, 1, 1);
        Ok(vector)
    }

    /// Reports that `part` of `all` rows of a tensor have been loaded.
    fn count(&mut self, name: &str, part: usize, all: usize) {
        let length = self.file.header.tensors.get(name).map_or(0, |t| t.length);
        (self.loaded)(length / all * part);
    }

    fn optional_vector(&mut self, name: &str, width: usize) -> Result<Option<O::Vector>, Error> {
        let found = self.has(name);
        found.then(|| self.vector(name, width)).transpose()
    }

    /// What slows each rotary pair down. Files for long contexts bring two sets, of which the context
    /// decides.
    fn rope_factors(
        &mut self,
        shape: &Descriptor,
        context_size: usize,
    ) -> Result<Option<Vec<f32>>, Error> {
        let pairs = shape.rope.dims / 2;
        let all = self.optional_vector("rope_freqs.weight", pairs)?;
        let long = self.optional_vector(LONG_FACTORS, pairs)?;
        let short = self.optional_vector(SHORT_FACTORS, pairs)?;
        let extended = context_size > shape.rope.original_context;
        let chosen = all.or(if extended { long } else { short });
        chosen.map(|factors| self.ops.floats(&factors)).transpose()
    }
}
