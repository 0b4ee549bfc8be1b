//! The decoder against llama.cpp: `tests/fixtures/logits` is what llama.cpp computed for the tiny models
//! of `testing::VARIANTS`, written by `tools/llama-reference`.

use candle_core::Device;

use super::architecture::{Gate, RopeKind};
use super::descriptor::{Descriptor, Scaling};
use super::rope::Frequencies;
use super::tests::{State, file};
use super::weights::FeedForward;
use super::{CacheType, CandleOps, Decoder, HostOps, Load, Ops};
use crate::testing::{VARIANTS, variant, variant_prompt};

const CONTEXT: usize = 64;
/// How far logits may be off, as a part of their length: in F32, and where llama.cpp, and with quantized
/// weights this decoder too, rounds activations to the type of the weights.
const EXACT: f32 = 1e-3;
const ROUNDED: f32 = 1e-2;

fn load(name: &str, change: impl FnOnce(&mut Descriptor)) -> Decoder<HostOps> {
    load_with(HostOps::new(CacheType::F32), name, change)
}

fn load_with<O: Load>(ops: O, name: &str, change: impl FnOnce(&mut Descriptor)) -> Decoder<O> {
    let file = file(&variant(name).expect("a tiny model"));
    let mut shape = Descriptor::read(&file).expect("a known architecture");
    change(&mut shape);
    Decoder::load(ops, &file, shape, CONTEXT, &mut |_| {}).expect("its weights")
}

/// The logits after the prompt and after each token that llama.cpp chose.
fn reference(name: &str, vocabulary: usize) -> Vec<Vec<f32>> {
    let here = env!("CARGO_MANIFEST_DIR");
    let path = format!("{here}/tests/fixtures/logits/{name}.f32");
    let bytes = std::fs::read(&path).expect(&path);
    let floats = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes(b.try_into().expect("four")));
    let floats: Vec<f32> = floats.collect();
    assert_eq!(floats.len(), 9 * vocabulary, "{name}");
    floats.chunks(vocabulary).map(<[f32]>::to_vec).collect()
}

fn likeliest(logits: &[f32]) -> u32 {
    let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
    best.expect("a vocabulary") as u32
}

/// The largest relative error of any step, infinite where another token is the likeliest.
fn error<O: Ops>(name: &str, decoder: &Decoder<O>) -> f32 {
    let reference = reference(name, decoder.shape.vocabulary);
    let mut state = State::new();
    let mut tokens = variant_prompt();
    let mut worst = 0f32;
    for expected in reference {
        let actual = state.logits(decoder, &tokens);
        let length = |v: &mut dyn Iterator<Item = f32>| v.map(|v| v * v).sum::<f32>().sqrt();
        let mut difference = actual.iter().zip(&expected).map(|(a, b)| a - b);
        let relative = length(&mut difference) / length(&mut expected.iter().copied());
        if !relative.is_finite() || likeliest(&actual) != likeliest(&expected) {
            return f32::INFINITY;
        }
        worst = worst.max(relative);
        tokens = vec![likeliest(&expected)];
    }
    worst
}

fn tolerance(name: &str) -> f32 {
    let rounded = name == "bf16" || (name.starts_with('q') && !name.starts_with("qwen"));
    if rounded { ROUNDED } else { EXACT }
}

#[test]
fn every_variant_computes_what_llama_cpp_does() {
    let mut failed = Vec::new();
    for name in VARIANTS {
        let error = error(name, &load(name, |_| {}));
        println!("{name}: {error:.1e}");
        if error > tolerance(name) {
            failed.push(format!("{name}: {error:.1e}"));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Of the operations on other devices, tried on the CPU. Candle rounds activations to other steps than
/// llama.cpp for some types, so the types of weights are left to the test above.
#[test]
fn every_architecture_computes_the_same_with_candle() {
    let architectures = VARIANTS.iter().filter(|name| tolerance(name) == EXACT);
    for name in architectures {
        let ops = CandleOps::new(Device::Cpu, CacheType::F32).expect("a kind of cache");
        let error = error(name, &load_with(ops, name, |_| {}));
        assert!(error < EXACT, "{name}: {error:.1e}");
    }
}

/// A part of the descriptor, changed.
type Change = fn(&mut Descriptor);

/// The comparison above means something only if it fails when the decoder leaves anything out.
#[test]
fn every_field_of_the_descriptor_matters() {
    let changes: &[(&str, &str, Change)] = &[
        ("llama", "rope kind", |d| d.rope.kind = RopeKind::Halves),
        ("qwen2", "rope kind", |d| {
            d.rope.kind = RopeKind::Interleaved
        }),
        ("llama", "rope base", |d| d.rope.base = 12_000.0),
        ("llama-linear", "linear scaling", |d| {
            d.rope.scaling = Scaling::None
        }),
        ("llama-yarn", "yarn", |d| d.rope.scaling = Scaling::None),
        ("llama-yarn", "yarn without ramp", |d| {
            d.rope.scaling = Scaling::Linear { factor: 4.0 }
        }),
        ("llama-yarn", "original context", |d| {
            d.rope.original_context = 64
        }),
        ("llama-yarn", "magnitude", |d| d.rope.magnitude = 1.0),
        ("phi3", "magnitude", |d| d.rope.magnitude = 1.0),
        ("phi3", "long factors", |d| d.rope.original_context = 64),
        ("llama", "norm epsilon", |d| d.norm_eps = 1e-3),
        ("gemma2", "gate", |d| d.gate = Gate::Silu),
        ("llama", "gate", |d| d.gate = Gate::Gelu),
        ("gemma2", "window", |d| d.window = None),
        ("gemma2", "window size", |d| window(d).size += 1),
        ("gemma2", "window pattern", |d| window(d).global_every = 3),
        ("gemma3", "window base", |d| window(d).base = 20_000.0),
        ("gemma3", "window scaling", |d| window(d).scaled = true),
        ("smollm3", "unrotated layers", |d| d.unrotated_every = None),
        ("gemma2", "embedding scale", |d| d.embedding_scale = 1.0),
        ("granite", "embedding scale", |d| d.embedding_scale = 1.0),
        ("granite", "residual scale", |d| d.residual_scale = 1.0),
        ("granite", "attention scale", |d| d.attention_scale = 0.25),
        ("granite", "logit scale", |d| d.logit_scale = 1.0),
        ("gemma2", "attention cap", |d| d.attention_cap = None),
        ("gemma2", "logit cap", |d| d.logit_cap = None),
        ("mixtral", "experts used", |d| {
            d.experts.as_mut().expect("experts").used = 1
        }),
    ];
    for (name, what, change) in changes {
        let error = error(name, &load(name, change));
        assert!(
            error > tolerance(name),
            "{name} without {what}: {error:.1e}"
        );
    }
}

fn window(shape: &mut Descriptor) -> &mut super::descriptor::Window {
    shape.window.as_mut().expect("a window")
}

/// The same for what the file decides by having a tensor.
#[test]
fn every_optional_weight_matters() {
    type Weights = super::weights::Weights<super::host::Matrix, super::host::Vector>;
    type Change = fn(&mut Weights);
    let changes: &[(&str, &str, Change)] = &[
        ("llama", "norm before attention", |w| {
            w.layers[1].attention_norm = None
        }),
        ("llama", "norm before feed-forward", |w| {
            w.layers[1].feed_forward_norm = None
        }),
        ("gemma2", "norm after attention", |w| {
            w.layers[1].attention_after_norm = None
        }),
        ("olmo2", "norm after feed-forward", |w| {
            w.layers[1].feed_forward_after_norm = None
        }),
        ("qwen3", "query norm", |w| w.layers[1].query_norm = None),
        ("olmo2", "key norm", |w| w.layers[1].key_norm = None),
        ("qwen2", "query bias", |w| w.layers[1].query.bias = None),
        ("qwen2", "value bias", |w| w.layers[1].value.bias = None),
        ("llama-bias", "output bias", |w| {
            w.layers[1].output.bias = None
        }),
        ("llama-bias", "gate bias", |w| {
            match &mut w.layers[1].feed_forward {
                FeedForward::Dense(gated) => gated.gate.bias = None,
                FeedForward::Experts { .. } => unreachable!("a dense model"),
            }
        }),
        ("llama", "output matrix", |w| w.output = None),
        ("llama-3", "rope factors", |w| {
            let shape = load("llama-3", |_| {}).shape;
            w.views[0].frequencies = Some(Frequencies::new(&shape.rope, None));
        }),
    ];
    for (name, what, change) in changes {
        let mut decoder = load(name, |_| {});
        let weights = std::sync::Arc::get_mut(&mut decoder.weights);
        change(weights.expect("nobody else has them"));
        let error = error(name, &decoder);
        assert!(
            error > tolerance(name),
            "{name} without {what}: {error:.1e}"
        );
    }
}
