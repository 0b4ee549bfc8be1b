//! The decoder's operations on Candle tensors, for every device Candle knows.

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{DType, Device, Module, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};
use candle_nn::rotary_emb::rope_i;

use super::descriptor::RopeKind;
use super::ops::{Heads, Ops};
use super::rope::Angles;
use crate::Error;

pub(crate) type Matrix = QMatMul;
pub(crate) type Vector = Tensor;

pub(crate) fn matrix(tensor: QTensor) -> Result<Matrix, Error> {
    Ok(QMatMul::from_qtensor(tensor)?)
}

pub(crate) fn vector(tensor: QTensor) -> Result<Vector, Error> {
    Ok(tensor.dequantize(&tensor.device())?)
}

pub(crate) struct CandleOps {
    device: Device,
}

pub(crate) struct Positions {
    kind: RopeKind,
    /// `[tokens, dim / 2]`
    cos: Tensor,
    sin: Tensor,
    /// `[tokens, total]`; one token alone sees everything.
    mask: Option<Tensor>,
}

/// Preallocated `[kv_heads, capacity, dim]`, of which the first `length` positions are filled.
pub(crate) struct Cache {
    heads: Heads,
    keys: Option<Tensor>,
    values: Option<Tensor>,
    length: usize,
}

impl CandleOps {
    pub fn new(device: Device) -> Self {
        Self { device }
    }

    /// `[tokens, heads * dim]` to `[heads, tokens, dim]`.
    fn by_head(&self, x: &Tensor, dim: usize) -> Result<Tensor, Error> {
        let (tokens, width) = x.dims2()?;
        let split = x.reshape((tokens, width / dim, dim))?;
        Ok(split.transpose(0, 1)?.contiguous()?)
    }

    fn rotate(&self, x: &Tensor, positions: &Positions) -> Result<Tensor, Error> {
        let x = x.unsqueeze(0)?;
        let rotated = match positions.kind {
            RopeKind::Interleaved => rope_i(&x, &positions.cos, &positions.sin)?,
        };
        Ok(rotated.squeeze(0)?)
    }

    /// `[tokens, total]`: 0 where a token may look, -inf at what comes after it.
    fn causal_mask(&self, tokens: usize, total: usize) -> Result<Tensor, Error> {
        let before = total - tokens;
        let mask: Vec<f32> = (0..tokens)
            .flat_map(|row| {
                (0..total).map(move |column| match column <= before + row {
                    true => 0.0,
                    false => f32::NEG_INFINITY,
                })
            })
            .collect();
        Ok(Tensor::from_vec(mask, (tokens, total), &self.device)?)
    }
}

impl Cache {
    /// Appends `[kv_heads, tokens, dim]`; returns views of all keys and values.
    fn append(&mut self, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor), Error> {
        let (Some(all_keys), Some(all_values)) = (&self.keys, &self.values) else {
            let reason = "the cache has no room".to_owned();
            return Err(Error::Compute { reason });
        };
        all_keys.slice_set(keys, 1, self.length)?;
        all_values.slice_set(values, 1, self.length)?;
        self.length += keys.dim(1)?;
        Ok((
            all_keys.narrow(1, 0, self.length)?,
            all_values.narrow(1, 0, self.length)?,
        ))
    }
}

impl Ops for CandleOps {
    type Activation = Tensor;
    type Matrix = Matrix;
    type Vector = Vector;
    type Cache = Cache;
    type Positions = Positions;

    fn positions(&self, angles: &Angles) -> Result<Positions, Error> {
        let tokens = angles.positions.len();
        let pairs = (tokens, angles.cos.len() / tokens);
        let mask = (tokens > 1).then(|| self.causal_mask(tokens, angles.positions.end));
        Ok(Positions {
            kind: angles.kind,
            cos: Tensor::from_slice(&angles.cos, pairs, &self.device)?,
            sin: Tensor::from_slice(&angles.sin, pairs, &self.device)?,
            mask: mask.transpose()?,
        })
    }

    fn embed(&self, table: &Matrix, tokens: &[u32]) -> Result<Tensor, Error> {
        let tokens = Tensor::new(tokens, &self.device)?;
        Ok(table.embedding(&tokens)?)
    }

    fn linear(&self, weight: &Matrix, x: &Tensor) -> Result<Tensor, Error> {
        Ok(weight.forward(x)?)
    }

    fn rms_norm(&self, x: &Tensor, weight: &Vector, eps: f32) -> Result<Tensor, Error> {
        Ok(rms_norm(x, weight, eps)?)
    }

    fn add(&self, a: &Tensor, b: &Tensor) -> Result<Tensor, Error> {
        Ok((a + b)?)
    }

    fn swiglu(&self, gate: &Tensor, up: &Tensor) -> Result<Tensor, Error> {
        Ok((gate.silu()? * up)?)
    }

    fn attend(
        &self,
        [query, key, value]: [&Tensor; 3],
        heads: Heads,
        positions: &Positions,
        cache: &mut Cache,
    ) -> Result<Tensor, Error> {
        let tokens = query.dim(0)?;
        let query = self.rotate(&self.by_head(query, heads.dim)?, positions)?;
        let key = self.rotate(&self.by_head(key, heads.dim)?, positions)?;
        let value = self.by_head(value, heads.dim)?;
        let (keys, values) = cache.append(&key, &value)?; // [kv_heads, total, dim]
        let total = keys.dim(1)?;
        // The query heads that share a key head stand one below the other.
        let group = heads.query / heads.key_value;
        let query = query.reshape((heads.key_value, group * tokens, heads.dim))?;
        let scale = 1.0 / (heads.dim as f64).sqrt();
        let mut scores = (query.matmul(&keys.transpose(1, 2)?)? * scale)?;
        if let Some(mask) = &positions.mask {
            let by_head = scores.reshape((heads.query, tokens, total))?;
            scores = by_head.broadcast_add(mask)?.reshape(scores.shape())?;
        }
        let mixed = softmax_last_dim(&scores)?.matmul(&values)?; // [kv_heads, group * tokens, dim]
        let mixed = mixed.reshape((heads.query, tokens, heads.dim))?;
        Ok(mixed
            .transpose(0, 1)?
            .reshape((tokens, heads.query * heads.dim))?)
    }

    fn last(&self, x: &Tensor) -> Result<Tensor, Error> {
        let tokens = x.dim(0)?;
        Ok(x.narrow(0, tokens - 1, 1)?.contiguous()?)
    }

    fn to_host(&self, x: &Tensor) -> Result<Vec<f32>, Error> {
        Ok(x.flatten_all()?.to_vec1()?)
    }

    fn new_cache(&self, heads: Heads) -> Cache {
        Cache {
            heads,
            keys: None,
            values: None,
            length: 0,
        }
    }

    fn reserve(&self, cache: &mut Cache, tokens: usize) -> Result<(), Error> {
        let shape = (cache.heads.key_value, tokens, cache.heads.dim);
        for stored in [&mut cache.keys, &mut cache.values] {
            let larger = Tensor::zeros(shape, DType::F32, &self.device)?;
            if let (Some(old), true) = (&stored, cache.length > 0) {
                let filled = old.narrow(1, 0, cache.length)?.contiguous()?;
                larger.slice_set(&filled, 1, 0)?;
            }
            *stored = Some(larger);
        }
        Ok(())
    }
}
