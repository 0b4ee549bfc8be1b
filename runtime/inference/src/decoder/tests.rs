//! The decoder against a plain restatement of the paper, and against itself in other chunks.

use candle_core::Device;

use super::{CacheType, CandleOps, Decoder, Descriptor, HostOps, Load, Ops, PAGE, Page, Step};
use crate::Source;
use crate::gguf::{File, Writer};
use crate::testing::TinyLlama;

const TOKENS: [u32; 11] = [256, 10, 20, 30, 65, 66, 67, 200, 0, 258, 10];
const LIMIT: usize = 64;

pub fn file(writer: &Writer) -> File {
    let source = Source::Bytes {
        name: "tiny.gguf".to_owned(),
        bytes: writer.to_bytes().expect("a tiny model").leak(),
    };
    File::open(&source).expect("a valid file")
}

fn decoder(file: &File) -> Decoder<HostOps> {
    load(file, HostOps::new(CacheType::F32))
}

fn load<O: Load>(file: &File, ops: O) -> Decoder<O> {
    let shape = Descriptor::read(file).expect("a llama");
    Decoder::load(ops, file, shape, LIMIT, &mut |_| {}).expect("its weights")
}

/// One sequence's pages.
pub struct State<O: Ops> {
    pages: Vec<Page<O>>,
    length: usize,
}

impl<O: Ops> State<O> {
    pub fn new() -> Self {
        Self {
            pages: Vec::new(),
            length: 0,
        }
    }

    pub fn step<'a>(&'a mut self, decoder: &Decoder<O>, tokens: &'a [u32]) -> Step<'a, Page<O>> {
        let start = self.length;
        self.length += tokens.len();
        while self.pages.len() * PAGE < self.length {
            self.pages.push(decoder.new_page().expect("memory"));
        }
        let (past, tail) = self.pages.split_at_mut(start / PAGE);
        Step {
            tokens,
            start,
            past: past.iter().collect(),
            tail: tail.iter_mut().collect(),
        }
    }

    /// The logits after `tokens`, which continue the sequence.
    pub fn logits(&mut self, decoder: &Decoder<O>, tokens: &[u32]) -> Vec<f32> {
        let step = self.step(decoder, tokens);
        decoder.forward(&mut [step]).expect("logits").remove(0)
    }
}

/// The last logits after the tokens were computed in chunks of the given sizes.
fn logits<O: Ops>(decoder: &Decoder<O>, chunks: &[usize]) -> Vec<f32> {
    let mut state = State::new();
    let mut rest = &TOKENS[..chunks.iter().sum()];
    let mut last = Vec::new();
    for &size in chunks {
        let (chunk, after) = rest.split_at(size);
        last = state.logits(decoder, chunk);
        rest = after;
    }
    last
}

fn assert_close(actual: &[f32], expect: &[f32]) {
    assert_eq!(actual.len(), expect.len());
    let far = actual.iter().zip(expect).map(|(a, b)| (a - b).abs());
    let far = far.fold(0f32, f32::max);
    assert!(far < 1e-3, "logits differ by {far}");
}

#[test]
fn chunks_and_single_tokens_give_what_the_whole_gives() {
    let file = file(&TinyLlama::default().writer().expect("a tiny model"));
    let decoder = decoder(&file);
    let whole = logits(&decoder, &[11]);
    assert_close(&logits(&decoder, &[4, 7]), &whole);
    assert_close(&logits(&decoder, &[10, 1]), &whole);
    assert_close(&logits(&decoder, &[1; 11]), &whole);
}

#[test]
fn sequences_of_one_step_do_not_see_each_other() {
    let file = file(&TinyLlama::default().writer().expect("a tiny model"));
    let decoder = decoder(&file);
    let (first, second) = (logits(&decoder, &[4, 7]), logits(&decoder, &[2, 3]));
    let mut states = [State::new(), State::new()];
    let mut last = Vec::new();
    for parts in [[&TOKENS[..4], &TOKENS[..2]], [&TOKENS[4..], &TOKENS[2..5]]] {
        let steps = parts.into_iter().zip(&mut states);
        let mut steps: Vec<_> = steps
            .map(|(tokens, state)| state.step(&decoder, tokens))
            .collect();
        last = decoder.forward(&mut steps).expect("logits");
    }
    assert_close(&last[0], &first);
    assert_close(&last[1], &second);
}

/// Prompts in other chunks, over several pages, with quantized weights: not one bit differs.
#[test]
fn how_a_sequence_is_cut_into_steps_changes_nothing() {
    let tiny = TinyLlama {
        dtype: candle_core::quantized::GgmlDType::Q8_0,
        ..TinyLlama::default()
    };
    let file = file(&tiny.writer().expect("a tiny model"));
    let decoder = decoder(&file);
    let prompt: Vec<u32> = (0..100).map(|i| i * 7 % 256).collect();
    let whole = State::new().logits(&decoder, &prompt);
    for size in [1, 3, 16, 32, 33, 64] {
        let mut state = State::new();
        let mut last = Vec::new();
        for chunk in prompt.chunks(size) {
            last = state.logits(&decoder, chunk);
        }
        assert_eq!(last, whole, "in chunks of {size}");
    }
}

#[test]
fn smaller_caches_come_close() {
    let file = file(&TinyLlama::default().writer().expect("a tiny model"));
    let exact = logits(&decoder(&file), &[11]);
    for (cache, most) in [(CacheType::F16, 2e-3), (CacheType::Q8_0, 5e-2)] {
        let rounded = logits(&load(&file, HostOps::new(cache)), &[4, 7]);
        let far = exact.iter().zip(&rounded).map(|(a, b)| (a - b).abs());
        let far = far.fold(0f32, f32::max);
        assert!(0.0 < far && far < most, "{cache:?}: {far}");
    }
}

#[test]
fn the_decoder_computes_what_the_paper_says() {
    let shapes = [
        TinyLlama::default(),
        TinyLlama {
            tied: false,
            kv_heads: 4,
            seed: 2,
            ..TinyLlama::default()
        },
        TinyLlama {
            heads: 8,
            kv_heads: 1,
            layers: 3,
            seed: 3,
            ..TinyLlama::default()
        },
    ];
    for shape in shapes {
        let file = file(&shape.writer().expect("a tiny model"));
        let expect = plain::logits(&file, &TOKENS);
        assert_close(&logits(&decoder(&file), &[11]), &expect);
        let candle = CandleOps::new(Device::Cpu, CacheType::F32).expect("a kind of cache");
        assert_close(&logits(&load(&file, candle), &[4, 7]), &expect);
    }
}

#[test]
fn rope_factors_and_linear_scaling_slow_the_rotation() {
    use candle_core::Tensor;
    use candle_core::quantized::GgmlDType;
    let tiny = || TinyLlama::default().writer().expect("a tiny model");
    let factors = Tensor::new(&[1f32, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0], &Device::Cpu);
    let factors = factors.expect("a tensor");
    let with_factors = tiny().tensor("rope_freqs.weight", &factors, GgmlDType::F32);
    let scaled = tiny()
        .metadata("llama.rope.scaling.type", "linear")
        .metadata("llama.rope.scaling.factor", 4f32);
    let original = logits(&decoder(&file(&tiny())), &[11]);
    let untyped = tiny().metadata("llama.rope.scaling.factor", 4f32);
    let old = tiny()
        .metadata("llama.rope.scaling.factor", 0f32)
        .metadata("llama.rope.scale_linear", 4f32);
    for writer in [with_factors.expect("added"), scaled, untyped, old] {
        let file = file(&writer);
        let actual = logits(&decoder(&file), &[11]);
        assert_close(&actual, &plain::logits(&file, &TOKENS));
        assert!(
            actual
                .iter()
                .zip(&original)
                .any(|(a, b)| (a - b).abs() > 1e-2)
        );
    }
}

/// The forward pass in plain loops over `f64`: no cache, no chunks, no tensors.
mod plain {
    use candle_core::Device;

    use crate::decoder::Descriptor;
    use crate::decoder::descriptor::Scaling;
    use crate::gguf::File;

    type Rows = Vec<Vec<f64>>;

    pub fn logits(file: &File, tokens: &[u32]) -> Vec<f32> {
        let shape = Descriptor::read(file).expect("a llama");
        let table = matrix(file, "token_embd.weight");
        let mut x: Rows = tokens.iter().map(|&t| table[t as usize].clone()).collect();
        for layer in 0..shape.layers {
            let weight = |name: &str| matrix(file, &format!("blk.{layer}.{name}.weight"));
            let normed = norm(&x, &weight("attn_norm")[0], shape.norm_eps);
            let query = rotate(file, &shape, linear(&weight("attn_q"), &normed));
            let key = rotate(file, &shape, linear(&weight("attn_k"), &normed));
            let value = linear(&weight("attn_v"), &normed);
            let mixed = attend(&shape, &query, &key, &value);
            x = add(&x, &linear(&weight("attn_output"), &mixed));
            let normed = norm(&x, &weight("ffn_norm")[0], shape.norm_eps);
            let gate = linear(&weight("ffn_gate"), &normed);
            let up = linear(&weight("ffn_up"), &normed);
            let silu = |g: f64| g / (1.0 + (-g).exp());
            let wide: Rows = gate
                .iter()
                .zip(&up)
                .map(|(g, u)| g.iter().zip(u).map(|(&g, u)| silu(g) * u).collect())
                .collect();
            x = add(&x, &linear(&weight("ffn_down"), &wide));
        }
        let last = vec![x.pop().expect("a token")];
        let last = norm(
            &last,
            &matrix(file, "output_norm.weight")[0],
            shape.norm_eps,
        );
        let tied = !file.header.tensors.contains_key("output.weight");
        let output = if tied {
            table
        } else {
            matrix(file, "output.weight")
        };
        linear(&output, &last)[0]
            .iter()
            .map(|&v| v as f32)
            .collect()
    }

    fn matrix(file: &File, name: &str) -> Rows {
        let dims = file.header.tensors[name].dims.clone();
        let rows = dims[..dims.len() - 1].iter().product();
        let tensor = file.rows(name, &dims, 0..rows, &Device::Cpu);
        let tensor = tensor.expect("a tensor");
        let tensor = tensor
            .dequantize(&Device::Cpu)
            .and_then(|t| t.flatten_all());
        let flat: Vec<f32> = tensor.and_then(|t| t.to_vec1()).expect("floats");
        let columns = *dims.last().expect("a dimension");
        flat.chunks(columns)
            .map(|row| row.iter().map(|&v| f64::from(v)).collect())
            .collect()
    }

    fn linear(weight: &Rows, x: &Rows) -> Rows {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum();
        x.iter()
            .map(|x| weight.iter().map(|w| dot(w, x)).collect())
            .collect()
    }

    fn norm(x: &Rows, weight: &[f64], eps: f32) -> Rows {
        let one = |x: &Vec<f64>| {
            let mean = x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64;
            let scale = 1.0 / (mean + f64::from(eps)).sqrt();
            x.iter().zip(weight).map(|(v, w)| v * scale * w).collect()
        };
        x.iter().map(one).collect()
    }

    fn add(a: &Rows, b: &Rows) -> Rows {
        let one = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| a + b).collect();
        a.iter().zip(b).map(one).collect()
    }

    /// Element pairs (2i, 2i + 1) of each head, as complex numbers, turned by position * speed.
    fn rotate(file: &File, shape: &Descriptor, mut x: Rows) -> Rows {
        let factors = file.header.tensors.contains_key("rope_freqs.weight");
        let factors = factors.then(|| matrix(file, "rope_freqs.weight").remove(0));
        for (position, row) in x.iter_mut().enumerate() {
            for (index, pair) in row.chunks_mut(2).enumerate() {
                let i = index % (shape.head_dim / 2);
                let slow = factors.as_ref().map_or(1.0, |f| f[i]) * divisor(shape);
                let speed =
                    f64::from(shape.rope.base).powf(-2.0 * i as f64 / shape.head_dim as f64);
                let (sin, cos) = (position as f64 * speed / slow).sin_cos();
                let (re, im) = (pair[0], pair[1]);
                (pair[0], pair[1]) = (re * cos - im * sin, re * sin + im * cos);
            }
        }
        x
    }

    fn divisor(shape: &Descriptor) -> f64 {
        match shape.rope.scaling {
            Scaling::Linear { factor } => f64::from(factor),
            _ => 1.0,
        }
    }

    fn attend(shape: &Descriptor, query: &Rows, key: &Rows, value: &Rows) -> Rows {
        let dim = shape.head_dim;
        let group = shape.heads / shape.kv_heads;
        let mut out = vec![vec![0.0; shape.heads * dim]; query.len()];
        for position in 0..query.len() {
            for head in 0..shape.heads {
                let q = &query[position][head * dim..][..dim];
                let from = head / group * dim;
                let score = |k: &Vec<f64>| {
                    let dot: f64 = q.iter().zip(&k[from..]).map(|(q, k)| q * k).sum();
                    (dot / (dim as f64).sqrt()).exp()
                };
                let scores: Vec<f64> = key[..=position].iter().map(score).collect();
                let sum: f64 = scores.iter().sum();
                for (score, v) in scores.iter().zip(value) {
                    for i in 0..dim {
                        out[position][head * dim + i] += score / sum * v[from + i];
                    }
                }
            }
        }
        out
    }
}
