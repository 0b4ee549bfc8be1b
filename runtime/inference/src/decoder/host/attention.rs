//! Attention on the CPU, over blocks of keys and values in plain memory.
//!
//! Every query looks at its positions one after the other, in order, so its result does not depend on
//! what else is computed or in which pieces. Source: Kwon et al., "Efficient Memory Management for Large
//! Language Model Serving with PagedAttention", 2023.

use std::slice::Chunks;

use half::f16;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

use super::FEW;
use super::kernels::{Kernel, Work, fastest};
use crate::decoder::architecture::RopeKind;
use crate::decoder::ops::{Heads, PAGE, Span};
use crate::decoder::rope::Angles;

/// How keys and values are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheType {
    F32,
    #[default]
    F16,
    /// 8 bits, and one scale for 32 elements of a head, or for all where 32 does not divide them.
    Q8_0,
}

/// The keys and values of one layer for [`PAGE`] positions, each `[kv_heads, PAGE, dim]`.
#[derive(Clone)]
pub(crate) struct HostBlock {
    keys: Store,
    values: Store,
}

#[derive(Clone)]
enum Store {
    F32(Vec<f32>),
    F16(Vec<f16>),
    Q8 {
        numbers: Vec<i8>,
        /// One for each `group` numbers.
        scales: Vec<f16>,
        group: usize,
    },
}

/// Elements that share a scale.
fn group(dim: usize) -> usize {
    if dim.is_multiple_of(32) { 32 } else { dim }
}

impl Store {
    fn new(kind: CacheType, size: usize, dim: usize) -> Self {
        match kind {
            CacheType::F32 => Self::F32(vec![0.0; size]),
            CacheType::F16 => Self::F16(vec![f16::ZERO; size]),
            CacheType::Q8_0 => Self::Q8 {
                numbers: vec![0; size],
                scales: vec![f16::ZERO; size / group(dim)],
                group: group(dim),
            },
        }
    }

    /// Keeps one position of one head, which begins at `start`.
    fn write(&mut self, start: usize, row: &[f32]) {
        match self {
            Self::F32(all) => all[start..start + row.len()].copy_from_slice(row),
            Self::F16(all) => all[start..start + row.len()].convert_from_f32_slice(row),
            Self::Q8 {
                numbers,
                scales,
                group,
            } => {
                let numbers = numbers[start..start + row.len()].chunks_mut(*group);
                let scales = &mut scales[start / *group..];
                for ((numbers, scale), row) in numbers.zip(scales).zip(row.chunks(*group)) {
                    *scale = quantize(row, numbers);
                }
            }
        }
    }

    /// Elements from `start` on.
    fn read(&self, start: usize, out: &mut [f32]) {
        match self {
            Self::F32(all) => out.copy_from_slice(&all[start..start + out.len()]),
            Self::F16(all) => all[start..start + out.len()].convert_to_f32_slice(out),
            Self::Q8 {
                numbers,
                scales,
                group,
            } => {
                let numbers = numbers[start..].chunks(*group);
                let scales = &scales[start / *group..];
                for ((out, numbers), scale) in out.chunks_mut(*group).zip(numbers).zip(scales) {
                    let scale = scale.to_f32();
                    for (out, number) in out.iter_mut().zip(numbers) {
                        *out = f32::from(*number) * scale;
                    }
                }
            }
        }
    }
}

fn quantize(row: &[f32], numbers: &mut [i8]) -> f16 {
    let largest = row
        .iter()
        .fold(0f32, |largest, value| largest.max(value.abs()));
    let scale = f16::from_f32(largest / 127.0);
    let inverse = match scale.to_f32() {
        0.0 => 0.0,
        scale => 1.0 / scale,
    };
    for (number, value) in numbers.iter_mut().zip(row) {
        *number = (value * inverse).round().clamp(-127.0, 127.0) as i8;
    }
    scale
}

impl HostBlock {
    pub fn new(kind: CacheType, heads: Heads) -> Self {
        let size = heads.key_value * PAGE * heads.dim;
        Self {
            keys: Store::new(kind, size, heads.dim),
            values: Store::new(kind, size, heads.dim),
        }
    }

    pub fn bytes(kind: CacheType, heads: Heads) -> usize {
        let size = 2 * heads.key_value * PAGE * heads.dim;
        match kind {
            CacheType::F32 => 4 * size,
            CacheType::F16 => 2 * size,
            CacheType::Q8_0 => size + 2 * size / group(heads.dim),
        }
    }
}

/// Queries, keys and values `[rows, heads * dim]` to `[rows, query heads * dim]`.
pub(crate) fn attend(
    [query, key, value]: [&[f32]; 3],
    heads: Heads,
    mut spans: Vec<Span<HostBlock>>,
) -> Vec<f32> {
    for span in &mut spans {
        keep(span, key, value, heads);
    }
    let width = heads.query * heads.dim;
    let rows: usize = spans.iter().map(|span| span.rows.len()).sum();
    let tasks: Vec<_> = (0..spans.len())
        .flat_map(|span| (0..heads.key_value).map(move |head| (span, head)))
        .collect();
    let mixed =
        |&(span, head): &(usize, usize)| fastest(Group::new(&spans[span], heads, head, query));
    let seen = |span: &Span<HostBlock>| span.rows.len() * span.positions.end;
    let products = spans.iter().map(seen).sum::<usize>() * width;
    let mixed: Vec<Vec<f32>> = match products < FEW {
        true => tasks.iter().map(mixed).collect(),
        false => tasks.par_iter().map(mixed).collect(),
    };
    let mut out = vec![0.0; rows * width];
    let part = heads.query / heads.key_value * heads.dim;
    for ((span, head), mixed) in tasks.into_iter().zip(mixed) {
        for (row, mixed) in spans[span].rows.clone().zip(mixed.chunks(part)) {
            out[row * width + head * part..][..part].copy_from_slice(mixed);
        }
    }
    out
}

/// Writes the keys, rotated, and values of a span into its blocks.
fn keep(span: &mut Span<HostBlock>, key: &[f32], value: &[f32], heads: Heads) {
    let (dim, width) = (heads.dim, heads.key_value * heads.dim);
    let first = span.past.len() * PAGE;
    let mut rotated = vec![0.0; dim];
    for (index, row) in span.rows.clone().enumerate() {
        let place = span.positions.start + index - first;
        let block = &mut *span.tail[place / PAGE];
        for head in 0..heads.key_value {
            let start = (head * PAGE + place % PAGE) * dim;
            let of =
                |x: &[f32]| row * width + head * dim..x.len().min(row * width + (head + 1) * dim);
            rotated.copy_from_slice(&key[of(key)]);
            rotate(span.angles, index, &mut rotated);
            block.keys.write(start, &rotated);
            block.values.write(start, &value[of(value)]);
        }
    }
}

/// Turns the first elements of one head by the angles of row `index`.
fn rotate(angles: Option<&Angles>, index: usize, head: &mut [f32]) {
    let Some(angles) = angles else { return };
    let pairs = angles.pairs;
    let cos = &angles.cos[index * pairs..][..pairs];
    let sin = &angles.sin[index * pairs..][..pairs];
    for (pair, (cos, sin)) in cos.iter().zip(sin).enumerate() {
        let (i, j) = match angles.kind {
            RopeKind::Interleaved => (2 * pair, 2 * pair + 1),
            RopeKind::Halves => (pair, pair + pairs),
        };
        let (a, b) = (head[i], head[j]);
        head[i] = a * cos - b * sin;
        head[j] = a * sin + b * cos;
    }
}

/// Scores that are held at a time, unless a single row has more.
const SCORES: usize = 1 << 20;

/// The query heads of one span that share a key head.
struct Group<'a> {
    span: &'a Span<'a, HostBlock>,
    heads: Heads,
    /// The key head.
    head: usize,
    /// `[rows, group, dim]`, rotated and scaled.
    queries: Vec<f32>,
}

impl Work for Group<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<K: Kernel>(self) -> Vec<f32> {
        self.mixed()
    }
}

impl<'a> Group<'a> {
    fn new(span: &'a Span<HostBlock>, heads: Heads, head: usize, query: &[f32]) -> Self {
        let (dim, width) = (heads.dim, heads.query * heads.dim);
        let part = heads.query / heads.key_value * dim;
        let mut queries = Vec::with_capacity(span.rows.len() * part);
        for (index, row) in span.rows.clone().enumerate() {
            let start = queries.len();
            queries.extend_from_slice(&query[row * width + head * part..][..part]);
            for head in queries[start..].chunks_mut(dim) {
                rotate(span.angles, index, head);
                head.iter_mut().for_each(|value| *value *= heads.scale);
            }
        }
        Self {
            span,
            heads,
            head,
            queries,
        }
    }

    /// The positions that row `index` sees.
    fn sees(&self, index: usize) -> std::ops::Range<usize> {
        let end = self.span.positions.start + index + 1;
        let window = self.span.window.unwrap_or(end);
        end.saturating_sub(window)..end
    }

    /// The blocks that the rows from `first` on see, with the position of each one's first element.
    fn blocks(&self, first: usize) -> impl Iterator<Item = (usize, &HostBlock)> {
        let tail = self.span.tail.iter().map(|block| &**block);
        let all = self.span.past.iter().copied().chain(tail);
        let lowest = self.sees(first).start;
        let starts = all.enumerate().map(|(index, block)| (index * PAGE, block));
        starts.skip_while(move |(start, _)| start + PAGE <= lowest)
    }

    /// What the heads see: `[rows, group, dim]`.
    #[inline(always)]
    fn mixed(&self) -> Vec<f32> {
        let group = self.heads.query / self.heads.key_value;
        let rows = (SCORES / (group * self.span.positions.end)).max(1);
        let mut mixed = Vec::with_capacity(self.queries.len());
        for (part, queries) in self
            .queries
            .chunks(rows * group * self.heads.dim)
            .enumerate()
        {
            mixed.append(&mut self.mixed_part(part * rows, queries));
        }
        mixed
    }

    /// The same for some rows, from `first` on.
    #[inline(always)]
    fn mixed_part(&self, first: usize, queries: &[f32]) -> Vec<f32> {
        let dim = self.heads.dim;
        let group = self.heads.query / self.heads.key_value;
        let total = self.span.positions.end;
        let mut scores = vec![0.0; queries.len() / dim * total]; // [rows, group, total]
        let mut page = vec![0.0; PAGE * dim];
        let place = (first, group, total);
        for (start, block) in self.blocks(first) {
            block.keys.read(self.head * PAGE * dim, &mut page);
            for (query, (row, scores)) in rows(queries.chunks(dim), &mut scores, place) {
                let seen = overlap(&self.sees(row), start);
                for position in seen {
                    scores[position] = dot(query, &page[(position - start) * dim..][..dim]);
                }
            }
        }
        for (_, (row, scores)) in rows(queries.chunks(dim), &mut scores, place) {
            softmax(&mut scores[self.sees(row)], self.heads.cap);
        }
        let mut out = vec![0.0; queries.len()];
        for (start, block) in self.blocks(first) {
            block.values.read(self.head * PAGE * dim, &mut page);
            let scored = rows(queries.chunks(dim), &mut scores, place);
            for ((_, (row, scores)), out) in scored.zip(out.chunks_mut(dim)) {
                for position in overlap(&self.sees(row), start) {
                    let value = &page[(position - start) * dim..][..dim];
                    add_scaled(out, scores[position], value);
                }
            }
        }
        out
    }
}

/// Each query with its row's number and its scores.
#[inline(always)]
fn rows<'q, 's>(
    queries: Chunks<'q, f32>,
    scores: &'s mut [f32],
    (first, group, total): (usize, usize, usize),
) -> impl Iterator<Item = (&'q [f32], (usize, &'s mut [f32]))> {
    let scores = scores.chunks_mut(total).enumerate();
    queries.zip(scores.map(move |(query, scores)| (first + query / group, scores)))
}

/// The part of `seen` that lies in the page that begins at `start`.
fn overlap(seen: &std::ops::Range<usize>, start: usize) -> std::ops::Range<usize> {
    seen.start.max(start)..seen.end.min(start + PAGE)
}

/// The sum of products in eight lanes, in an order that depends on nothing but the length.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a8.remainder().iter().zip(b8.remainder());
    let rest: f32 = rest.map(|(x, y)| x * y).sum();
    for (x, y) in a8.zip(b8) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[inline(always)]
fn add_scaled(sum: &mut [f32], factor: f32, x: &[f32]) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += factor * x;
    }
}

/// Scores to shares that sum up to one.
#[inline(always)]
fn softmax(scores: &mut [f32], cap: Option<f32>) {
    if let Some(cap) = cap {
        scores
            .iter_mut()
            .for_each(|score| *score = cap * (*score / cap).tanh());
    }
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - highest).exp();
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
}
