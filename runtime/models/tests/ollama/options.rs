//! Options: each reaches the server under Ollama's name, or is an error.

use std::collections::BTreeMap;

use llmspell_models::{Backend, CacheType, Error, Event, Request, Sampling};
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::{events, fixtures, hello, name, ollama, wait};

fn server() -> Server {
    Server::always(|| Reply::lines(&fixtures::chat(&["Hi"])))
}

fn sampled(sampling: Sampling) -> Request {
    Request {
        sampling,
        ..hello()
    }
}

#[test]
fn every_option_reaches_the_server_under_its_name() {
    let server = server();
    let mut request = sampled(Sampling {
        temperature: Some(0.8),
        top_k: Some(20),
        top_p: Some(0.9),
        min_p: Some(0.05),
        typical_p: Some(0.7),
        repeat_penalty: Some(1.2),
        repeat_last_n: Some(-1),
        presence_penalty: Some(1.5),
        frequency_penalty: Some(1.0),
        seed: Some(42),
        ..Sampling::default()
    });
    request.max_tokens = Some(100);
    request.stop = vec!["\n".to_owned(), "user:".to_owned()];
    request.loading.context_size = Some(1024);
    events(&ollama(&server), request).unwrap();
    assert_eq!(
        server.only().body["options"],
        json!({
            "temperature": 0.8,
            "top_k": 20,
            "top_p": 0.9,
            "min_p": 0.05,
            "typical_p": 0.7,
            "repeat_penalty": 1.2,
            "repeat_last_n": -1,
            "presence_penalty": 1.5,
            "frequency_penalty": 1.0,
            "seed": 42,
            "num_predict": 100,
            "stop": ["\n", "user:"],
            "num_ctx": 1024
        })
    );
}

#[test]
fn what_is_not_set_is_left_to_the_model() {
    let server = server();
    events(&ollama(&server), hello()).unwrap();
    let body = server.only().body;
    assert_eq!(body["options"], json!({}));
    for field in [
        "format",
        "think",
        "keep_alive",
        "tools",
        "logprobs",
        "top_logprobs",
    ] {
        assert_eq!(body[field], Value::Null, "{field}");
    }
}

#[test]
fn an_option_that_ollama_does_not_have_is_an_error_and_nothing_is_sent() {
    let sampling = Sampling::default;
    let requests = [
        (
            "mirostat",
            Sampling {
                mirostat: Some(2),
                ..sampling()
            },
        ),
        (
            "dry_multiplier",
            Sampling {
                dry_multiplier: Some(0.8),
                ..sampling()
            },
        ),
        (
            "dry_base",
            Sampling {
                dry_base: Some(1.75),
                ..sampling()
            },
        ),
        (
            "logit_bias",
            Sampling {
                logit_bias: BTreeMap::from([(1, 2.0)]),
                ..sampling()
            },
        ),
    ];
    let server = server();
    let ollama = ollama(&server);
    for (option, sampling) in requests {
        let expected = format!("{option}: ollama has no such option");
        let request = sampled(sampling);
        let checked = wait(ollama.check(&name("llama3.2"), &request)).unwrap_err();
        assert_eq!(checked.to_string(), expected);
        let error = events(&ollama, request).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let mut request = hello();
    request.loading.cache_type = Some(CacheType::Q8_0);
    let error = events(&ollama, request).unwrap_err();
    assert!(
        matches!(
            error,
            Error::NotHere {
                parameter: "cache_type",
                ..
            }
        ),
        "{error}"
    );
    assert!(server.asked().is_empty());
}

#[test]
fn turning_off_what_ollama_does_not_have_is_no_error() {
    let server = server();
    let off = Sampling {
        mirostat: Some(0),
        mirostat_tau: Some(5.0),
        dry_multiplier: Some(0.0),
        dry_base: Some(1.75),
        ..Sampling::default()
    };
    events(&ollama(&server), sampled(off)).unwrap();
    assert_eq!(server.only().body["options"], json!({}));
}

#[test]
fn values_that_ollama_would_take_for_others_are_errors() {
    let sampling = Sampling::default;
    let server = server();
    let ollama = ollama(&server);
    for (sampling, expected) in [
        (
            Sampling {
                temperature: Some(f64::NAN),
                ..sampling()
            },
            "temperature: expected a finite number, got NaN",
        ),
        (
            Sampling {
                seed: Some(u64::MAX),
                ..sampling()
            },
            "seed: expected at most 2^53 for Ollama, which would round it, got 18446744073709551615",
        ),
        (
            Sampling {
                logprobs: Some(true),
                top_logprobs: Some(21),
                ..sampling()
            },
            "top_logprobs: expected at most 20 from Ollama, got 21",
        ),
        (
            Sampling {
                top_logprobs: Some(2),
                ..sampling()
            },
            "top_logprobs: expected logprobs = true beside it, got 2 alone",
        ),
    ] {
        let error = events(&ollama, sampled(sampling)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let none = Request {
        max_tokens: Some(0),
        ..hello()
    };
    let error = events(&ollama, none).unwrap_err().to_string();
    assert_eq!(error, "max_tokens: expected at least 1 for Ollama, got 0");
    assert!(server.asked().is_empty());
}

#[test]
fn logprobs_come_before_the_text_they_belong_to() {
    let server = Server::always(|| {
        let mut piece = fixtures::chat_piece("The");
        piece["logprobs"] = fixtures::logprobs();
        Reply::lines(&[piece, fixtures::chat_end()])
    });
    let request = sampled(Sampling {
        logprobs: Some(true),
        top_logprobs: Some(2),
        ..Sampling::default()
    });
    let events = events(&ollama(&server), request).unwrap();
    let body = server.only().body;
    assert_eq!(
        (&body["logprobs"], &body["top_logprobs"]),
        (&json!(true), &json!(2))
    );
    let [Event::Logprobs(tokens), Event::Text(text), Event::Done(_)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(text, "The");
    assert_eq!(tokens[0].chosen.bytes, b"The");
    assert_eq!(tokens[0].chosen.logprob, -0.25);
    assert_eq!(tokens[0].top[1].bytes, "Ä".as_bytes());
    assert_eq!(tokens[0].top[1].logprob, -1.5);
}

#[test]
fn a_server_that_ignores_logprobs_is_too_old() {
    let server = server();
    let request = sampled(Sampling {
        logprobs: Some(true),
        ..Sampling::default()
    });
    let error = events(&ollama(&server), request).unwrap_err().to_string();
    assert!(error.contains("0.12.11"), "{error}");
}
