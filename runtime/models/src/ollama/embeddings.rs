//! Vectors for texts.

use ollama_rs::generation::embeddings::request::{EmbeddingsInput, GenerateEmbeddingsRequest};
use serde::Deserialize;

use crate::Error;
use crate::ollama::library::listed_name;
use crate::ollama::server::Server;
use crate::request::Embeddings;

/// `EmbedResponse` of `api/types.go`.
#[derive(Deserialize)]
struct Answer {
    embeddings: Vec<Vec<f32>>,
    prompt_eval_count: Option<usize>,
}

/// Vectors of length 1 for texts. A text that is too long is an error.
pub async fn embed(server: &Server, model: &str, texts: Vec<String>) -> Result<Embeddings, Error> {
    let expected = texts.len();
    let mut embeddings = Embeddings {
        model: listed_name(model),
        vectors: Vec::new(),
        prompt_tokens: Some(0),
    };
    if expected == 0 {
        return Ok(embeddings);
    }
    let answer: Answer = server
        .post("/api/embed", model, &request(model, texts))
        .await?;
    if answer.embeddings.len() != expected {
        let vectors = answer.embeddings.len();
        let problem = format!("{expected} texts were sent and {vectors} vectors came back");
        return Err(server.broken(problem));
    }
    embeddings.prompt_tokens = answer.prompt_eval_count;
    let vectors = answer.embeddings.into_iter().map(normalized);
    embeddings.vectors = vectors.collect::<Option<_>>().ok_or_else(|| {
        server.broken("a vector has no length; does the model compute embeddings?")
    })?;
    Ok(embeddings)
}

/// Has the model loaded.
pub async fn load(server: &Server, model: &str, body: &serde_json::Value) -> Result<(), Error> {
    let _: Answer = server.post("/api/embed", model, body).await?;
    Ok(())
}

fn request(model: &str, texts: Vec<String>) -> GenerateEmbeddingsRequest {
    GenerateEmbeddingsRequest::new(model.to_owned(), EmbeddingsInput::Multiple(texts))
        .truncate(false)
}

/// The vector of the same direction and length 1, if it has one.
fn normalized(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let square = |x: &f32| f64::from(*x) * f64::from(*x);
    let length = vector.iter().map(square).sum::<f64>().sqrt();
    if !length.is_finite() || length == 0.0 {
        return None;
    }
    for x in &mut vector {
        *x = (f64::from(*x) / length) as f32;
    }
    Some(vector)
}
