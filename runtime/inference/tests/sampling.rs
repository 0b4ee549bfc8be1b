//! Sampling at the level of the batch loop, on wisp.

use std::path::Path;

use llmspell_inference::{
    Event, Filters, Generation, Message, Model, Options, Request, Sampling, TokenLogprobs,
    Truncation,
};

fn wisp() -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/wisp/wisp.gguf");
    Model::open(path.as_path(), &Options::default(), |_| {}).expect("wisp opens")
}

fn request(model: &Model, text: &str, sampling: Sampling) -> Request {
    let prompt = model
        .vocabulary()
        .prompt_tokens(&[Message::user(text)], None, true);
    Request {
        prompt: prompt.expect("wisp has a template"),
        sampling,
        max_tokens: Some(24),
        ..Request::default()
    }
}

/// The text, and the tokens' logprobs in the pieces in which they came.
fn read(mut generation: Generation) -> (String, Vec<(Vec<TokenLogprobs>, String)>) {
    let (mut text, mut pieces, mut tokens) = (String::new(), Vec::new(), Vec::new());
    while let Some(event) = generation.blocking_next() {
        match event.expect("no error") {
            Event::Logprobs(more) => tokens = more,
            Event::Text(piece) => {
                text.push_str(&piece);
                pieces.push((std::mem::take(&mut tokens), piece));
            }
            Event::Done(_) => pieces.push((std::mem::take(&mut tokens), String::new())),
        }
    }
    (text, pieces)
}

fn warm(seed: u64) -> Sampling {
    Sampling {
        temperature: 1.0,
        truncation: Truncation::Filters(Filters::none()),
        seed: Some(seed),
        ..Sampling::default()
    }
}

#[test]
fn a_seed_draws_the_same_alone_and_among_others() {
    let model = wisp();
    let prompts = [
        "Hello!",
        "Who are you?",
        "What is two plus three?",
        "Tell me a story.",
    ];
    let request = |seed: u64| request(&model, prompts[seed as usize % 4], warm(seed));
    let generate = |seed| model.generate(request(seed)).expect("a valid request");
    let alone: Vec<_> = (0..12).map(|seed| read(generate(seed)).0).collect();
    let running: Vec<_> = (0..12).rev().map(generate).collect();
    let together: Vec<_> = running.into_iter().map(|it| read(it).0).collect();
    assert_eq!(together, alone.iter().rev().cloned().collect::<Vec<_>>());
    let mut different = alone;
    different.sort();
    different.dedup();
    let chance = different.len() > prompts.len();
    assert!(chance, "chance must matter: {different:?}");
}

#[test]
fn logprobs_come_with_the_text_of_their_tokens() {
    let model = wisp();
    let sampling = Sampling {
        logprobs: Some(2),
        ..warm(3)
    };
    let request = Request {
        stop: vec!["zzzz".to_owned()],
        ..request(&model, "Hello!", sampling)
    };
    let (text, pieces) = read(model.generate(request).expect("a valid request"));
    assert!(pieces.len() > 3, "{text}");
    let (ends, pieces) = pieces.split_last().expect("an end");
    assert!(ends.0.len() <= 1, "only the end has no text");
    for (tokens, piece) in pieces {
        let spelled: Vec<u8> = tokens.iter().flat_map(|t| t.chosen.bytes.clone()).collect();
        assert_eq!(String::from_utf8_lossy(&spelled), *piece);
        for token in tokens {
            assert_eq!(token.top.len(), 2);
            assert!(token.chosen.logprob <= token.top[0].logprob);
        }
    }
}

#[test]
fn a_bias_for_a_token_that_is_not_there_is_an_error() {
    let model = wisp();
    let sampling = Sampling {
        logit_bias: [(4_000_000, 1.0)].into(),
        ..Sampling::greedy()
    };
    let error = model
        .generate(request(&model, "Hello!", sampling))
        .map(drop);
    assert_eq!(
        error.expect_err("no such token").to_string(),
        "logit_bias: expected tokens that the model has, got token 4000000"
    );
}
