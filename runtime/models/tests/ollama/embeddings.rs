//! Embeddings.

use llmspell_models::{Backend, Embeddings, Error};
use serde_json::json;

use crate::server::{Reply, Server};
use crate::{fixtures, name, ollama, wait};

fn embed(server: &Server, texts: &[&str]) -> Result<Embeddings, Error> {
    let texts = texts.iter().map(|&text| text.to_owned()).collect();
    wait(ollama(server).embed(name("all-minilm"), texts))
}

#[test]
fn each_text_has_a_vector_of_length_one() {
    let server = Server::always(|| Reply::json(200, &fixtures::embeddings()));
    let texts = ["Why is the sky blue?", "Why is the grass green?"];
    let embeddings = embed(&server, &texts).unwrap();
    assert_eq!(embeddings.model, "all-minilm");
    assert_eq!(embeddings.prompt_tokens, Some(8));
    assert_eq!(embeddings.vectors.len(), 2);
    for vector in &embeddings.vectors {
        let square: f32 = vector.iter().map(|x| x * x).sum();
        assert!((square - 1.0).abs() < 1e-5, "{square}");
    }
    let first = &embeddings.vectors[0];
    assert!((first[2] / first[0] - 0.05007221 / 0.010071029).abs() < 1e-4);
    assert_eq!(
        server.only().body,
        json!({"model": "all-minilm", "input": texts, "truncate": false})
    );
}

#[test]
fn no_text_asks_for_nothing() {
    let server = Server::always(|| Reply::json(200, &fixtures::embeddings()));
    assert!(embed(&server, &[]).unwrap().vectors.is_empty());
    assert!(server.asked().is_empty());
}

#[test]
fn vectors_that_do_not_belong_to_the_texts_are_an_error() {
    let server = Server::always(|| Reply::json(200, &fixtures::embeddings()));
    let error = embed(&server, &["a"]).unwrap_err().to_string();
    assert!(
        error.contains("1 texts were sent and 2 vectors came back"),
        "{error}"
    );

    let zero = Server::always(|| Reply::json(200, &json!({"embeddings": [[0.0, 0.0]]})));
    let error = embed(&zero, &["a"]).unwrap_err().to_string();
    assert!(error.contains("a vector has no length"), "{error}");
}

#[test]
fn a_text_that_is_too_long_is_an_error_in_the_words_of_the_server() {
    let refusal = json!({"error": "the input length exceeds the context length"});
    let server = Server::always(move || Reply::json(400, &refusal));
    let error = embed(&server, &["long"]).unwrap_err().to_string();
    assert!(
        error.ends_with("answers with status 400: the input length exceeds the context length"),
        "{error}"
    );
}
