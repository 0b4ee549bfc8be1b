//! Choosing one token of 128,256, beside a full sort of them.

use std::hint::black_box;

use llmspell_benches::{head, row};
use llmspell_inference::gguf::Writer;
use llmspell_inference::testing::byte_vocabulary;
use llmspell_inference::{
    Dry, Filters, Mirostat, Penalties, Sampler, Sampling, Source, Truncation, Vocabulary, Window,
};

const VOCABULARY: usize = 128_256;
const HISTORY: u32 = 2_000;
const RUNS: usize = 101;

fn main() {
    let logits = logits();
    head(&["sampling", "µs a token"]);
    for (name, sampling) in cases() {
        let mut sampler = Sampler::new(&sampling);
        show(name, &logits, |logits, history, vocabulary| {
            let token = sampler.sample(logits, history, vocabulary.tokenizer());
            token.expect("finite logits")
        });
    }
    show(
        "a full sort, then the default filters",
        &logits,
        |logits, _, _| by_full_sort(logits),
    );
}

fn cases() -> Vec<(&'static str, Sampling)> {
    let filtered = |filters| Sampling {
        truncation: Truncation::Filters(filters),
        ..Sampling::default()
    };
    let no_top_k = Filters {
        top_k: 0,
        ..Filters::default()
    };
    let adjusted = Sampling {
        penalties: Penalties {
            repeat: 1.1,
            frequency: 0.1,
            presence: 0.1,
            window: Window::All,
        },
        dry: Some(Dry::default()),
        logit_bias: (0..100).map(|token| (token, 1.0)).collect(),
        ..filtered(Filters {
            typical_p: 0.9,
            ..Filters::default()
        })
    };
    vec![
        ("greedy", Sampling::greedy()),
        ("default: top_k, top_p, min_p", Sampling::default()),
        ("top_p and min_p", filtered(no_top_k)),
        (
            "top_p",
            filtered(Filters {
                min_p: 0.0,
                ..no_top_k
            }),
        ),
        ("no filter", filtered(Filters::none())),
        (
            "typical_p",
            filtered(Filters {
                typical_p: 0.9,
                ..Filters::none()
            }),
        ),
        (
            "all filters, penalties over the whole context, DRY, 100 biases",
            adjusted,
        ),
        (
            "mirostat",
            Sampling {
                truncation: Truncation::Mirostat(Mirostat::default()),
                ..Sampling::default()
            },
        ),
    ]
}

/// Measures the median over runs, each on a copy of the logits that is not measured.
fn show(
    name: &str,
    logits: &[f32],
    mut choose: impl FnMut(&mut [f32], &[u32], &Vocabulary) -> u32,
) {
    let vocabulary = vocabulary();
    let history: Vec<u32> = (0..HISTORY).map(|i| 97 + i * i % 17).collect();
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            let mut logits = logits.to_vec();
            let start = std::time::Instant::now();
            black_box(choose(&mut logits, &history, &vocabulary));
            start.elapsed()
        })
        .collect();
    times.sort();
    row(&[name, &format!("{:.0}", times[RUNS / 2].as_secs_f64() * 1e6)]);
}

/// Roughly normal, with a standard deviation of 3.
fn logits() -> Vec<f32> {
    let mut state = 1u64;
    let mut unit = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as f32 / (1u32 << 24) as f32
    };
    let normal = |_| 3.0 * ((0..12).map(|_| unit()).sum::<f32>() - 6.0);
    (0..VOCABULARY).map(normal).collect()
}

/// Never called for texts, so the tokens of a small vocabulary do for the history.
fn vocabulary() -> Vocabulary {
    let bytes = byte_vocabulary(Writer::new()).to_bytes();
    let source = Source::Bytes {
        name: "bytes".to_owned(),
        bytes: bytes.expect("a vocabulary").leak(),
    };
    Vocabulary::open(source).expect("a vocabulary")
}

/// The plainest way to apply the default filters; takes the middle of what they keep.
fn by_full_sort(logits: &[f32]) -> u32 {
    let mut tokens: Vec<(u32, f32)> = (0u32..).zip(logits.iter().copied()).collect();
    tokens.sort_unstable_by(|a, b| b.1.total_cmp(&a.1));
    let most = tokens[0].1;
    tokens.truncate(40);
    let total: f32 = tokens.iter().map(|t| (t.1 - most).exp()).sum();
    let mut reached = 0.0;
    tokens.retain(|t| {
        let kept = reached < 0.95 * total;
        reached += (t.1 - most).exp();
        kept && (t.1 - most).exp() >= 0.05
    });
    tokens[tokens.len() / 2].0
}
