//! The decoder's operations on Candle tensors, for every device Candle knows.

use std::ops::Range;

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{DType, Device, Module, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};
use candle_nn::rotary_emb::{rope, rope_i};

use super::descriptor::{Gate, RopeKind};
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
    rotation: Option<Rotation>,
    /// `[tokens, total]`; `None`: every token sees everything.
    mask: Option<Tensor>,
}

struct Rotation {
    kind: RopeKind,
    /// `[tokens, dims / 2]`
    cos: Tensor,
    sin: Tensor,
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

    /// Rotates the first elements of each head of `[heads, tokens, dim]`.
    fn rotate(&self, x: &Tensor, positions: &Positions) -> Result<Tensor, Error> {
        let Some(Rotation { kind, cos, sin }) = &positions.rotation else {
            return Ok(x.clone());
        };
        let (dim, dims) = (x.dim(2)?, 2 * cos.dim(1)?);
        let first = x.narrow(2, 0, dims)?.contiguous()?.unsqueeze(0)?;
        let rotated = match kind {
            RopeKind::Interleaved => rope_i(&first, cos, sin)?,
            RopeKind::Halves => rope(&first, cos, sin)?,
        };
        let rotated = rotated.squeeze(0)?;
        if dims == dim {
            return Ok(rotated);
        }
        Ok(Tensor::cat(&[&rotated, &x.narrow(2, dims, dim - dims)?], 2)?.contiguous()?)
    }

    /// `[tokens, total]`: 0 where a token may look, -inf elsewhere.
    fn mask(&self, positions: Range<usize>, window: Option<usize>) -> Result<Tensor, Error> {
        let total = positions.end;
        let shape = (positions.len(), total);
        let sees = |row: usize, column: usize| {
            column <= row && window.is_none_or(|window| row - column < window)
        };
        let mask: Vec<f32> = positions
            .flat_map(|row| (0..total).map(move |column| (row, column)))
            .map(|(row, column)| {
                if sees(row, column) {
                    0.0
                } else {
                    f32::NEG_INFINITY
                }
            })
            .collect();
        Ok(Tensor::from_vec(mask, shape, &self.device)?)
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

    fn positions(
        &self,
        positions: Range<usize>,
        angles: Option<&Angles>,
        window: Option<usize>,
    ) -> Result<Positions, Error> {
        let tokens = positions.len();
        let rotation = angles.map(|angles| {
            let shape = (tokens, angles.cos.len() / tokens);
            Ok::<_, Error>(Rotation {
                kind: angles.kind,
                cos: Tensor::from_slice(&angles.cos, shape, &self.device)?,
                sin: Tensor::from_slice(&angles.sin, shape, &self.device)?,
            })
        });
        let hidden = tokens > 1 || window.is_some_and(|window| positions.end > window);
        let mask = hidden.then(|| self.mask(positions, window));
        Ok(Positions {
            rotation: rotation.transpose()?,
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

    fn add_bias(&self, x: &Tensor, bias: &Vector) -> Result<Tensor, Error> {
        Ok(x.broadcast_add(bias)?)
    }

    fn rms_norm(&self, x: &Tensor, weight: &Vector, eps: f32) -> Result<Tensor, Error> {
        let runs = (x.elem_count() / weight.elem_count(), weight.elem_count());
        Ok(rms_norm(&x.reshape(runs)?, weight, eps)?.reshape(x.shape())?)
    }

    fn add(&self, a: &Tensor, b: &Tensor) -> Result<Tensor, Error> {
        Ok((a + b)?)
    }

    fn scale(&self, x: &Tensor, factor: f32) -> Result<Tensor, Error> {
        Ok(x.affine(f64::from(factor), 0.0)?)
    }

    fn soft_cap(&self, x: &Tensor, cap: f32) -> Result<Tensor, Error> {
        let cap = f64::from(cap);
        Ok(x.affine(1.0 / cap, 0.0)?.tanh()?.affine(cap, 0.0)?)
    }

    fn gated(&self, function: Gate, gate: &Tensor, up: &Tensor) -> Result<Tensor, Error> {
        let open = match function {
            Gate::Silu => gate.silu()?,
            Gate::Gelu => gate.gelu()?,
        };
        Ok((open * up)?)
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
        let scores = query.matmul(&keys.transpose(1, 2)?)?;
        let mut scores = self.scale(&scores, heads.scale)?;
        if let Some(cap) = heads.cap {
            scores = self.soft_cap(&scores, cap)?;
        }
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

    fn slice(&self, x: &Tensor, rows: Range<usize>) -> Result<Tensor, Error> {
        Ok(x.narrow(0, rows.start, rows.len())?)
    }

    fn stack(&self, mut parts: Vec<Tensor>) -> Result<Tensor, Error> {
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => Ok(Tensor::cat(&parts, 0)?),
        }
    }

    fn pick(&self, x: &Tensor, rows: &[u32]) -> Result<Tensor, Error> {
        Ok(x.index_select(&Tensor::new(rows, &self.device)?, 0)?)
    }

    fn add_to_rows(
        &self,
        sum: &Tensor,
        rows: &[u32],
        factors: &[f32],
        x: &Tensor,
    ) -> Result<Tensor, Error> {
        let factors = Tensor::from_slice(factors, (factors.len(), 1), &self.device)?;
        let rows = Tensor::new(rows, &self.device)?;
        Ok(sum.index_add(&rows, &x.broadcast_mul(&factors)?, 0)?)
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
