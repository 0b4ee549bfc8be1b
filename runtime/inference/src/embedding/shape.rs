//! An encoder's shape, and what becomes of its states.

use candle_core::Tensor;

use crate::Error;
use crate::gguf::File;

/// The function between the two halves of the feed-forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    Gelu,
    /// GELU in its approximation by tanh.
    GeluTanh,
    Relu,
}

impl Activation {
    pub fn apply(self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(match self {
            Self::Gelu => x.gelu_erf()?,
            Self::GeluTanh => x.gelu()?,
            Self::Relu => x.relu()?,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub layers: usize,
    pub hidden: usize,
    pub heads: usize,
    pub feed_forward: usize,
    pub context_length: usize,
    pub epsilon: f32,
    pub activation: Activation,
}

impl Shape {
    pub fn of_gguf(file: &File) -> Result<Self, Error> {
        let shape = Self {
            layers: file.count("bert.block_count")?,
            hidden: file.count("bert.embedding_length")?,
            heads: file.count("bert.attention.head_count")?,
            feed_forward: file.count("bert.feed_forward_length")?,
            context_length: file.count("bert.context_length")?,
            epsilon: file.float("bert.attention.layer_norm_epsilon")?,
            // Converters do not write it: all models that they know have this one.
            activation: Activation::Gelu,
        };
        match shape.problem() {
            Some(problem) => Err(file.malformed("bert.attention.head_count", problem)),
            None => Ok(shape),
        }
    }

    /// Why the heads cannot share the width.
    pub fn problem(&self) -> Option<String> {
        let (hidden, heads) = (self.hidden, self.heads);
        let divides = heads > 0 && hidden > 0 && hidden.is_multiple_of(heads);
        (!divides).then(|| format!("{heads} heads cannot share a width of {hidden}"))
    }
}

/// How the states of tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooling {
    Mean,
    /// The state of the first token, which the model was trained to make stand for all.
    First,
}

impl Pooling {
    /// Source: `enum llama_pooling_type` of llama.cpp.
    pub fn of_gguf(file: &File) -> Result<Self, Error> {
        const KEY: &str = "bert.pooling_type";
        match file.optional_count(KEY)? {
            None | Some(0 | 1) => Ok(Self::Mean),
            Some(2) => Ok(Self::First),
            Some(other) => Err(Error::UnsupportedSetting {
                file: file.name.clone(),
                key: KEY.to_owned(),
                value: other.to_string(),
                supported: "0 (none), 1 (mean) and 2 (cls)",
            }),
        }
    }

    /// One vector of states `[tokens, hidden]`.
    pub fn apply(self, states: &Tensor) -> Result<Vec<f32>, Error> {
        let vector = match self {
            Self::Mean => states.mean(0)?,
            Self::First => states.get(0)?,
        };
        Ok(vector.to_vec1()?)
    }
}
