//! Synthetic models, and requests to them.

use std::ops::ControlFlow;

use llmspell_inference::{Event, Generation, Model, Options, Request, Sampling};
use llmspell_models::bench::{Quantization, Shape, synthetic_file};

/// A synthetic model in `q4_k_m`, from the cache folder.
pub fn load(shape: &str) -> Model {
    let shape = Shape::named(shape).unwrap_or_else(|| panic!("no shape {shape}"));
    let mut ignore = |_| ControlFlow::Continue(());
    let path = synthetic_file(shape, Quantization::Q4KM, &mut ignore).expect("it can be made");
    Model::open(path, &Options::default(), |_| {}).expect("synthetic models are valid")
}

/// The most likely tokens, so many of them.
pub fn request(prompt: Vec<u32>, tokens: usize) -> Request {
    Request {
        prompt,
        sampling: Sampling::greedy(),
        max_tokens: Some(tokens),
        ignore_end: true,
        ..Request::default()
    }
}

/// Arbitrary tokens; those of two numbers differ from the first one on.
pub fn tokens(number: usize, length: usize) -> Vec<u32> {
    let token = |at: usize| ((1000 + number * 17 + at * 7919) % 30_000) as u32;
    (0..length).map(token).collect()
}

/// Reads a generation to its end.
pub fn finish(mut generation: Generation) {
    while let Some(event) = generation.blocking_next() {
        if let Event::Done(_) = event.expect("the model computes") {
            return;
        }
    }
}
