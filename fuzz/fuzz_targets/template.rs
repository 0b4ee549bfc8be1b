#![no_main]
//! Any text as a chat template.

libfuzzer_sys::fuzz_target!(|text: &str| llmspell_inference::testing::exercise_template(text));
