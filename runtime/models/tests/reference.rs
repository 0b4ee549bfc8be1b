//! The embedded model answers as llama.cpp does: `wisp/llama-cpp.json` is what llama.cpp said, written by
//! `tools/llama-reference`.
#![cfg(feature = "candle")]

use llmspell_inference::{
    Event, Finish, Model, Options, Request, Sampling, Source, tokenizer::EncodeOptions,
};
use serde::Deserialize;

const MODEL: &[u8] = include_bytes!("../wisp/wisp.gguf");
const ANSWERS: &str = include_str!("../wisp/llama-cpp.json");

/// One prompt, rendered by the chat template, and what llama.cpp made of it.
#[derive(Deserialize)]
struct Answer {
    prompt: String,
    prompt_tokens: Vec<u32>,
    /// The likeliest tokens that follow, the one that ends the answer included.
    tokens: Vec<u32>,
}

fn answers() -> Vec<Answer> {
    let answers: Vec<Answer> = serde_json::from_str(ANSWERS).unwrap();
    assert_eq!(answers.len(), 50);
    answers
}

fn wisp() -> Model {
    let source = Source::Bytes {
        name: "wisp".into(),
        bytes: MODEL,
    };
    Model::open(source, &Options::default(), |_| {}).unwrap()
}

fn greedy(model: &Model, answer: &Answer) -> (String, Finish) {
    let mut generation = model
        .generate(Request {
            prompt: answer.prompt_tokens.clone(),
            sampling: Sampling::greedy(),
            max_tokens: Some(answer.tokens.len()),
            ..Request::default()
        })
        .unwrap();
    let mut text = String::new();
    loop {
        match generation.blocking_next().unwrap().unwrap() {
            Event::Text(piece) => text.push_str(&piece),
            Event::Logprobs(_) => {}
            Event::Done(finish) => return (text, finish),
        }
    }
}

#[test]
fn prompts_have_the_tokens_of_llama_cpp() {
    let model = wisp();
    let options = EncodeOptions {
        special: true,
        ..EncodeOptions::default()
    };
    for answer in answers() {
        let tokens = model
            .vocabulary()
            .tokenizer()
            .encode(&answer.prompt, options);
        assert_eq!(tokens, answer.prompt_tokens, "{}", answer.prompt);
    }
}

#[test]
fn greedy_answers_are_those_of_llama_cpp() {
    let model = wisp();
    for answer in answers() {
        let (text, finish) = greedy(&model, &answer);
        let tokenizer = model.vocabulary().tokenizer();
        let expected = tokenizer.decode(&answer.tokens, true).unwrap();
        assert_eq!(text, expected, "{}", answer.prompt);
        assert_eq!(
            finish.completion_tokens,
            answer.tokens.len(),
            "{}",
            answer.prompt
        );
    }
}
