#![no_main]
//! Any bytes as a model file: header, vocabulary, descriptor, weights, a few tokens.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| llmspell_inference::testing::exercise(bytes));
