//! Vectors for texts.

use rig_core::embeddings::EmbeddingResponse;

use super::endpoint::Endpoint;
use super::settings::RemoteKind;
use crate::{Embeddings, Error};

/// The most texts of one request: what Gemini takes, and no more than any other does.
const TOGETHER: usize = 100;

/// Vectors for texts, one each, of length 1.
pub async fn embed(
    endpoint: &Endpoint,
    model: &str,
    texts: Vec<String>,
) -> Result<Embeddings, Error> {
    let mut answer = Embeddings {
        model: format!("{}/{model}", endpoint.name),
        vectors: Vec::with_capacity(texts.len()),
        prompt_tokens: None,
    };
    for texts in texts.chunks(TOGETHER) {
        let response = request(endpoint, model, texts.to_vec()).await?;
        if let Some(tokens) = response.usage.input_tokens {
            *answer.prompt_tokens.get_or_insert(0) += tokens as usize;
        }
        let count = response.embeddings.len();
        if count != texts.len() {
            let message = format!("{count} vectors for {} texts", texts.len());
            return Err(endpoint.error("answered what cannot be understood", &message, ""));
        }
        for embedding in response.embeddings {
            answer.vectors.push(unit(endpoint, &embedding.vec)?);
        }
    }
    Ok(answer)
}

async fn request(
    endpoint: &Endpoint,
    model: &str,
    texts: Vec<String>,
) -> Result<EmbeddingResponse, Error> {
    let answer = match endpoint.kind {
        RemoteKind::OpenAi | RemoteKind::OpenAiCompatible => {
            endpoint.openai().embedding(model, None).call(texts).await
        }
        RemoteKind::Gemini => endpoint.gemini().embedding(model, None).call(texts).await,
        RemoteKind::Anthropic => {
            return Err(Error::Cannot {
                model: format!("{}/{model}", endpoint.name),
                backend: endpoint.name.clone(),
                what: "compute embeddings",
            });
        }
    };
    answer.map_err(|error| endpoint.failure(&error))
}

/// The vector at length 1.
fn unit(endpoint: &Endpoint, vector: &[f64]) -> Result<Vec<f32>, Error> {
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    if !length.is_normal() {
        let message = format!("a vector of length {length}");
        return Err(endpoint.error("answered what cannot be understood", &message, ""));
    }
    Ok(vector.iter().map(|x| (x / length) as f32).collect())
}
