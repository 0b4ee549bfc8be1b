//! The decoder's operations on Candle tensors, for the devices that Candle knows besides the CPU. Tests run
//! them on the CPU too.

use std::ops::Range;

use candle_core::quantized::{GgmlDType, QMatMul};
use candle_core::{DType, Device, Module, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};
use candle_nn::rotary_emb::{rope, rope_i};

use super::architecture::{Gate, RopeKind};
use super::host::CacheType;
use super::ops::{Heads, Load, Ops, PAGE, Span};
use super::rope::Angles;
use crate::Error;
use crate::gguf::{File, TensorInfo};

pub(crate) struct CandleOps {
    device: Device,
    cache: DType,
}

/// Keys and values `[kv_heads, PAGE, dim]`.
pub(crate) struct Block {
    keys: Tensor,
    values: Tensor,
}

impl CandleOps {
    pub fn new(device: Device, cache: CacheType) -> Result<Self, Error> {
        let cache = match cache {
            CacheType::F32 => DType::F32,
            CacheType::F16 => DType::F16,
            CacheType::Q8_0 => {
                return Err(Error::OutOfRange {
                    parameter: "cache_type",
                    value: "q8_0".to_owned(),
                    expected: "f16 or f32 on this device",
                });
            }
        };
        Ok(Self { device, cache })
    }

    /// `[rows, heads * dim]` to `[heads, rows, dim]`.
    fn by_head(&self, x: &Tensor, dim: usize) -> Result<Tensor, Error> {
        let (rows, width) = x.dims2()?;
        let split = x.reshape((rows, width / dim, dim))?;
        Ok(split.transpose(0, 1)?.contiguous()?)
    }

    /// Rotates the first elements of each head of `[heads, rows, dim]`.
    fn rotate(&self, x: &Tensor, angles: Option<&Angles>) -> Result<Tensor, Error> {
        let Some(angles) = angles else {
            return Ok(x.clone());
        };
        let (rows, dim, dims) = (x.dim(1)?, x.dim(2)?, 2 * angles.pairs);
        let shape = (rows, angles.pairs);
        let cos = Tensor::from_slice(&angles.cos, shape, &self.device)?;
        let sin = Tensor::from_slice(&angles.sin, shape, &self.device)?;
        let first = x.narrow(2, 0, dims)?.contiguous()?.unsqueeze(0)?;
        let rotated = match angles.kind {
            RopeKind::Interleaved => rope_i(&first, &cos, &sin)?,
            RopeKind::Halves => rope(&first, &cos, &sin)?,
        };
        let rotated = rotated.squeeze(0)?;
        if dims == dim {
            return Ok(rotated);
        }
        Ok(Tensor::cat(&[&rotated, &x.narrow(2, dims, dim - dims)?], 2)?.contiguous()?)
    }

    /// `[rows, total]`: 0 where a row may look, -inf elsewhere.
    fn mask(&self, positions: Range<usize>, window: Option<usize>) -> Result<Tensor, Error> {
        let total = positions.end;
        let shape = (positions.len(), total);
        let sees = |row: usize, column: usize| {
            column <= row && window.is_none_or(|window| row - column < window)
        };
        let mask: Vec<f32> = positions
            .flat_map(|row| (0..total).map(move |column| (row, column)))
            .map(|(row, column)| match sees(row, column) {
                true => 0.0,
                false => f32::NEG_INFINITY,
            })
            .collect();
        Ok(Tensor::from_vec(mask, shape, &self.device)?)
    }

    /// Attention of one span with tensors.
    fn attend_span(
        &self,
        qkv: [&Tensor; 3],
        heads: Heads,
        span: Span<Block>,
    ) -> Result<Tensor, Error> {
        let (start, rows) = (span.rows.start, span.rows.len());
        let [query, key, value] = qkv.map(|x| self.by_head(&x.narrow(0, start, rows)?, heads.dim));
        let (query, key) = (
            self.rotate(&query?, span.angles)?,
            self.rotate(&key?, span.angles)?,
        );
        let (keys, values) = keep(&span, &key, &value?)?; // [kv_heads, total, dim]
        let total = keys.dim(1)?;
        // The query heads that share a key head stand one below the other.
        let group = heads.query / heads.key_value;
        let query = query.reshape((heads.key_value, group * rows, heads.dim))?;
        let scores = query.matmul(&keys.transpose(1, 2)?)?;
        let mut scores = self.scale(&scores, heads.scale)?;
        if let Some(cap) = heads.cap {
            scores = self.soft_cap(&scores, cap)?;
        }
        let mask = self.mask(span.positions, span.window)?;
        let by_head = scores.reshape((heads.query, rows, total))?;
        scores = by_head.broadcast_add(&mask)?.reshape(scores.shape())?;
        let mixed = softmax_last_dim(&scores)?.matmul(&values)?; // [kv_heads, group * rows, dim]
        let mixed = mixed.reshape((heads.query, rows, heads.dim))?;
        Ok(mixed
            .transpose(0, 1)?
            .reshape((rows, heads.query * heads.dim))?)
    }
}

/// Writes keys and values `[kv_heads, rows, dim]` into the span's blocks; returns those of all its
/// positions.
fn keep(span: &Span<Block>, key: &Tensor, value: &Tensor) -> Result<(Tensor, Tensor), Error> {
    let mut at = span.positions.start;
    while at < span.positions.end {
        let block = &span.tail[at / PAGE - span.past.len()];
        let end = span.positions.end.min((at / PAGE + 1) * PAGE);
        for (kept, new) in [(&block.keys, key), (&block.values, value)] {
            let new = new.narrow(1, at - span.positions.start, end - at)?;
            let new = new.to_dtype(kept.dtype())?.contiguous()?;
            kept.slice_set(&new, 1, at % PAGE)?;
        }
        at = end;
    }
    let tail = span.tail.iter().map(|block| &**block);
    let blocks: Vec<&Block> = span.past.iter().copied().chain(tail).collect();
    let all = |part: fn(&Block) -> &Tensor| {
        let parts: Vec<&Tensor> = blocks.iter().map(|block| part(block)).collect();
        let all = Tensor::cat(&parts, 1)?.narrow(1, 0, span.positions.end)?;
        all.to_dtype(DType::F32)?.contiguous()
    };
    Ok((all(|block| &block.keys)?, all(|block| &block.values)?))
}

/// The values of an activation on the CPU.
fn floats(x: &Tensor) -> Result<Vec<f32>, Error> {
    Ok(x.flatten_all()?.to_vec1()?)
}

impl Load for CandleOps {
    fn matrix(
        &self,
        file: &File,
        name: &str,
        shape: &[usize],
        rows: Range<usize>,
    ) -> Result<QMatMul, Error> {
        let tensor = file.rows(name, shape, rows, &self.device)?;
        Ok(QMatMul::from_qtensor(tensor)?)
    }

    fn vector(&self, file: &File, name: &str, width: usize) -> Result<Tensor, Error> {
        let tensor = file.rows(name, &[width], 0..1, &self.device)?;
        Ok(tensor.dequantize(&self.device)?.flatten_all()?)
    }

    /// Candle keeps vectors, and matrices of floats, as 32-bit floats.
    fn held_bytes(&self, tensor: &TensorInfo) -> u64 {
        let floats = matches!(
            tensor.dtype,
            GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16
        );
        match floats || tensor.dims.len() == 1 {
            true => tensor.elements() * 4,
            false => tensor.length as u64,
        }
    }

    fn floats(&self, vector: &Tensor) -> Result<Vec<f32>, Error> {
        floats(vector)
    }
}

impl Ops for CandleOps {
    type Activation = Tensor;
    type Matrix = QMatMul;
    type Vector = Tensor;
    type Block = Block;

    fn embed(&self, table: &QMatMul, tokens: &[u32]) -> Result<Tensor, Error> {
        let tokens = Tensor::new(tokens, &self.device)?;
        Ok(table.embedding(&tokens)?)
    }

    fn linear(&self, weight: &QMatMul, x: &Tensor) -> Result<Tensor, Error> {
        Ok(weight.forward(x)?)
    }

    fn add_bias(&self, x: &Tensor, bias: &Tensor) -> Result<Tensor, Error> {
        Ok(x.broadcast_add(bias)?)
    }

    fn rms_norm(&self, x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor, Error> {
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
        qkv: [&Tensor; 3],
        heads: Heads,
        spans: Vec<Span<Block>>,
    ) -> Result<Tensor, Error> {
        let spans = spans.into_iter();
        let mixed = spans.map(|span| self.attend_span(qkv, heads, span));
        Ok(Tensor::cat(&mixed.collect::<Result<Vec<_>, _>>()?, 0)?)
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
        floats(x)
    }

    fn new_block(&self, heads: Heads) -> Result<Block, Error> {
        let shape = (heads.key_value, PAGE, heads.dim);
        Ok(Block {
            keys: Tensor::zeros(shape, self.cache, &self.device)?,
            values: Tensor::zeros(shape, self.cache, &self.device)?,
        })
    }

    fn copy_block(&self, block: &Block) -> Result<Block, Error> {
        Ok(Block {
            keys: block.keys.copy()?,
            values: block.values.copy()?,
        })
    }

    fn block_bytes(&self, heads: Heads) -> usize {
        2 * heads.key_value * PAGE * heads.dim * self.cache.size_in_bytes()
    }
}
