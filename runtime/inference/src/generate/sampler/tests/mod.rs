//! Each part of the sampler beside a plain restatement of its definition, on random logits.

mod adjustments;

use super::candidates::Candidates;
use super::*;
use crate::gguf::Writer;
use crate::testing::byte_vocabulary;
use crate::{Source, Vocabulary};

fn vocabulary() -> Vocabulary {
    let bytes = byte_vocabulary(Writer::new()).to_bytes();
    let source = Source::Bytes {
        name: "bytes".to_owned(),
        bytes: bytes.expect("a vocabulary").leak(),
    };
    Vocabulary::open(source).expect("a vocabulary")
}

fn open() -> Sampling {
    Sampling {
        temperature: 1.0,
        truncation: Truncation::Filters(Filters::none()),
        seed: Some(7),
        ..Sampling::default()
    }
}

fn filtered(filters: Filters) -> Sampling {
    Sampling {
        truncation: Truncation::Filters(filters),
        ..open()
    }
}

fn draw(sampler: &mut Sampler, logits: &[f32], history: &[u32]) -> u32 {
    let mut logits = logits.to_vec();
    let token = sampler.sample(&mut logits, history, vocabulary().tokenizer());
    token.expect("finite logits")
}

/// Random numbers for tests.
struct Random(ChaCha8Rng);

impl Random {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn unit(&mut self) -> f64 {
        self.0.next_u32() as f64 / 2f64.powi(32)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.unit() * limit as f64) as usize
    }

    /// Logits with a spread from flat to peaked, now and then with equal ones among them.
    fn logits(&mut self) -> Vec<f32> {
        let size = 2 + self.below(600);
        let spread = 0.1 + 20.0 * self.unit();
        let coarse = self.below(3) == 0;
        // Adding 0 makes one zero of the two that rounding gives, which are equal and yet have an order.
        let logit = |x: f64| if coarse { x.round() + 0.0 } else { x } as f32;
        (0..size)
            .map(|_| logit((self.unit() - 0.5) * spread))
            .collect()
    }
}

/// A token, its logit, its probability.
type Plain = (u32, f64, f64);

fn softmax(mut tokens: Vec<Plain>) -> Vec<Plain> {
    tokens.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let most = tokens[0].1;
    let total: f64 = tokens.iter().map(|t| (t.1 - most).exp()).sum();
    for token in &mut tokens {
        token.2 = (token.1 - most).exp() / total;
    }
    tokens
}

fn plain(logits: &[f32]) -> Vec<Plain> {
    let all = (0u32..)
        .zip(logits)
        .map(|(token, &logit)| (token, f64::from(logit), 0.0));
    softmax(all.collect())
}

/// The shortest beginning that reaches a probability.
fn reaching(tokens: Vec<Plain>, p: f64) -> Vec<Plain> {
    let mut reached = 0.0;
    let mut kept = Vec::new();
    for token in tokens {
        reached += token.2;
        kept.push(token);
        if reached >= p {
            break;
        }
    }
    kept
}

/// The filters as their papers define them, with a full sort; `None` where typical_p would have to
/// tell apart two logits that are equally far from the expected one but for rounding.
fn plain_filters(logits: &[f32], filters: &Filters) -> Option<Vec<u32>> {
    let mut tokens = plain(logits);
    if filters.top_k > 0 {
        tokens.truncate(filters.top_k);
        tokens = softmax(tokens);
    }
    if filters.typical_p < 1.0 {
        let entropy: f64 = tokens.iter().map(|t| -t.2 * t.2.ln()).sum();
        let distance = |t: &Plain| (-t.2.ln() - entropy).abs();
        tokens.sort_by(|a, b| distance(a).total_cmp(&distance(b)).then(a.0.cmp(&b.0)));
        let kept = reaching(tokens.clone(), f64::from(filters.typical_p));
        let last = *kept.last()?;
        let close = |t: &Plain| (distance(t) - distance(&last)).abs() < 1e-5;
        if tokens.iter().any(|t| t.1 != last.1 && close(t)) {
            return None;
        }
        tokens = softmax(kept);
    }
    if filters.top_p < 1.0 {
        tokens = reaching(tokens, f64::from(filters.top_p));
    }
    let most = tokens.iter().map(|t| t.2).fold(0.0, f64::max);
    // What is exactly at the limit may be rounded to either side.
    tokens.retain(|t| t.2 >= most * f64::from(filters.min_p) * (1.0 - 1e-6));
    let mut kept: Vec<u32> = tokens.iter().map(|t| t.0).collect();
    kept.sort_unstable();
    Some(kept)
}

fn kept(logits: &[f32], filters: &Filters) -> Vec<u32> {
    let mut candidates = Candidates::default();
    candidates.filter(logits, filters);
    let mut kept: Vec<u32> = candidates.0.iter().map(|c| c.token).collect();
    kept.sort_unstable();
    kept
}

#[test]
fn the_filters_keep_what_a_full_sort_keeps() {
    let mut random = Random::new(1);
    let mut compared = 0;
    for _ in 0..3_000 {
        let logits = random.logits();
        // Each one is on in half of the cases.
        let mut on = |off: f32| {
            if random.below(2) == 0 {
                off
            } else {
                random.unit() as f32
            }
        };
        let (typical_p, top_p, min_p) = (on(1.0), on(1.0), on(0.0));
        let top_k = if random.below(2) == 0 {
            0
        } else {
            1 + random.below(logits.len() + 5)
        };
        let filters = Filters {
            top_k,
            typical_p,
            top_p,
            min_p,
        };
        if let Some(expect) = plain_filters(&logits, &filters) {
            assert_eq!(kept(&logits, &filters), expect, "{filters:?}");
            compared += 1;
        }
    }
    assert!(compared > 2_900, "{compared}");
}

#[test]
fn the_narrowest_filters_keep_one_token() {
    let logits = [0.0, 3.0, 1.0, 2.9, -0.5];
    let none = Filters::none();
    assert_eq!(kept(&logits, &none), [0, 1, 2, 3, 4]);
    assert_eq!(kept(&logits, &Filters { top_k: 1, ..none }), [1]);
    assert_eq!(kept(&logits, &Filters { top_p: 0.0, ..none }), [1]);
    assert_eq!(kept(&logits, &Filters { min_p: 1.0, ..none }), [1]);
    assert_eq!(
        kept(
            &logits,
            &Filters {
                typical_p: 0.0,
                ..none
            }
        )
        .len(),
        1
    );
    assert_eq!(kept(&logits, &Filters { top_k: 2, ..none }), [1, 3]);
    assert_eq!(kept(&logits, &Filters { top_p: 0.6, ..none }), [1, 3]);
    assert_eq!(kept(&logits, &Filters { min_p: 0.8, ..none }), [1, 3]);
}

#[test]
fn typical_p_may_leave_out_the_most_likely_token() {
    // One token of probability 0.2 among 99 of 0.008: the text expects more surprise than it gives.
    let mut logits = vec![0.0; 100];
    logits[42] = 24.75f32.ln();
    let filters = Filters {
        typical_p: 0.4,
        ..Filters::none()
    };
    assert!(!kept(&logits, &filters).contains(&42));
    let mut sampler = Sampler::new(&Sampling {
        temperature: 0.0,
        ..filtered(filters)
    });
    assert_eq!(draw(&mut sampler, &logits, &[]), 0);
}

#[test]
fn temperature_0_takes_the_most_likely_token() {
    let mut random = Random::new(2);
    let mut sampler = Sampler::new(&Sampling::greedy());
    for _ in 0..200 {
        let logits = random.logits();
        assert_eq!(draw(&mut sampler, &logits, &[]), plain(&logits)[0].0);
    }
}

/// How often each token is drawn, in 20,000 draws.
fn frequencies(sampling: &Sampling, logits: &[f32]) -> Vec<f64> {
    let mut sampler = Sampler::new(sampling);
    let vocabulary = vocabulary();
    let mut counts = vec![0.0; logits.len()];
    for _ in 0..20_000 {
        let token = sampler.sample(&mut logits.to_vec(), &[], vocabulary.tokenizer());
        counts[token.expect("finite") as usize] += 1.0 / 20_000.0;
    }
    counts
}

#[test]
fn the_frequencies_are_the_probabilities_at_the_temperature() {
    let logits = [0.0, 3.0, 1.0, 2.9, -0.5];
    for temperature in [0.5, 1.0, 2.0] {
        let scaled: Vec<f32> = logits.iter().map(|logit| logit / temperature).collect();
        let drawn = frequencies(
            &Sampling {
                temperature,
                ..open()
            },
            &logits,
        );
        for (token, _, probability) in plain(&scaled) {
            let frequency = drawn[token as usize];
            assert!(
                (frequency - probability).abs() < 0.015,
                "{token}: {frequency}, not {probability}"
            );
        }
    }
}

#[test]
fn the_filters_look_at_probabilities_before_the_temperature() {
    let logits = [0.0, 1.0];
    let filters = Filters {
        min_p: 0.5,
        ..Filters::none()
    };
    let hot = Sampling {
        temperature: 10.0,
        ..filtered(filters)
    };
    assert_eq!(frequencies(&hot, &logits)[0], 0.0);
}

#[test]
fn the_same_seed_draws_the_same_tokens() {
    let logits = [0.0, 3.0, 1.0, 2.9, -0.5];
    let draws = |seed| {
        let mut sampler = Sampler::new(&Sampling {
            seed: Some(seed),
            ..open()
        });
        (0..50)
            .map(|_| draw(&mut sampler, &logits, &[]))
            .collect::<Vec<_>>()
    };
    assert_eq!(draws(1), draws(1));
    assert_ne!(draws(1), draws(2));
}

/// llama.cpp's `llama_sampler_mirostat_v2_apply`, with a full sort. Returns what may be drawn.
fn plain_mirostat(logits: &[f32], temperature: f32, mu: f32) -> Vec<Plain> {
    let scaled: Vec<f32> = logits.iter().map(|logit| logit / temperature).collect();
    let mut tokens = plain(&scaled);
    let keep = tokens
        .iter()
        .take_while(|t| -t.2.log2() <= f64::from(mu))
        .count();
    tokens.truncate(keep.max(1));
    softmax(tokens)
}

#[test]
fn mirostat_draws_and_adapts_as_in_llama_cpp() {
    let mut random = Random::new(4);
    for seed in 0..100 {
        let mirostat = Mirostat {
            tau: 0.5 + 6.0 * random.unit() as f32,
            eta: random.unit() as f32,
        };
        let sampling = Sampling {
            temperature: 0.5 + random.unit() as f32,
            truncation: Truncation::Mirostat(mirostat),
            seed: Some(seed),
            ..open()
        };
        let mut sampler = Sampler::new(&sampling);
        assert_eq!(sampler.most_surprise, 2.0 * mirostat.tau);
        for _ in 0..20 {
            let logits = random.logits();
            let mu = sampler.most_surprise;
            let allowed = plain_mirostat(&logits, sampling.temperature, mu);
            let token = draw(&mut sampler, &logits, &[]);
            let drawn = allowed.iter().find(|t| t.0 == token);
            let surprise = -drawn.expect("one of those that may be drawn").2.log2() as f32;
            let expect = mu - mirostat.eta * (surprise - mirostat.tau);
            assert!((sampler.most_surprise - expect).abs() < 1e-4 * (1.0 + expect.abs()));
        }
    }
}

#[test]
fn mirostat_keeps_the_surprise_at_its_target() {
    let mut random = Random::new(5);
    let logits: Vec<f32> = (0..500).map(|_| random.unit() as f32 * 10.0).collect();
    for tau in [1.0, 3.0, 5.0] {
        let mirostat = Mirostat { tau, eta: 0.1 };
        let truncation = Truncation::Mirostat(mirostat);
        let mut sampler = Sampler::new(&Sampling {
            truncation,
            ..open()
        });
        let surprise = |_| {
            let before = sampler.most_surprise;
            draw(&mut sampler, &logits, &[]);
            tau + (before - sampler.most_surprise) / mirostat.eta
        };
        let mean = (0..500).map(surprise).sum::<f32>() / 500.0;
        assert!(
            (mean - tau).abs() < 0.3,
            "{mean} bits a token, expected {tau}"
        );
    }
}

#[test]
fn logprobs_are_those_of_the_models_own_distribution() {
    let vocabulary = vocabulary();
    let mut random = Random::new(6);
    let mut distribution = Distribution::new(5);
    for _ in 0..200 {
        let mut logits = random.logits();
        logits.truncate(259);
        let sorted = plain(&logits);
        let token = random.below(logits.len()) as u32;
        distribution.observe(&logits);
        let told = distribution
            .of(token, vocabulary.tokenizer())
            .expect("in the vocabulary");
        let exact = sorted
            .iter()
            .find(|t| t.0 == token)
            .expect("in the vocabulary");
        assert_eq!(told.chosen.token, token);
        assert!((told.chosen.logprob - exact.2.ln()).abs() < 1e-5);
        let top: Vec<u32> = told.top.iter().map(|t| t.token).collect();
        let expect: Vec<u32> = sorted.iter().take(5).map(|t| t.0).collect();
        assert_eq!(top, expect);
        assert!((told.top[0].logprob - sorted[0].2.ln()).abs() < 1e-5);
    }
}

#[test]
fn logits_that_are_not_finite_are_an_error() {
    let vocabulary = vocabulary();
    let mut sampler = Sampler::new(&open());
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let sampled = sampler.sample(&mut [0.0, bad], &[], vocabulary.tokenizer());
        assert!(matches!(sampled, Err(Error::NonFiniteLogits)));
    }
}
