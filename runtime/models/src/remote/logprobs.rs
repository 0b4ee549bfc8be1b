//! How likely tokens were, as OpenAI and Gemini tell it.

use serde_json::Value;

use crate::{Logprob, TokenLogprobs};

/// The tokens that a piece of an answer tells about.
pub fn logprobs(piece: &Value) -> Vec<TokenLogprobs> {
    if let Some(tokens) = list(piece, "/choices/0/logprobs/content") {
        return tokens.iter().filter_map(openai).collect();
    }
    let chosen = list(piece, "/candidates/0/logprobsResult/chosenCandidates");
    let top = list(piece, "/candidates/0/logprobsResult/topCandidates");
    let chosen = chosen.into_iter().flatten().enumerate();
    chosen
        .filter_map(|(at, token)| {
            let top = top.and_then(|top| list(top.get(at)?, "/candidates"));
            Some(TokenLogprobs {
                chosen: google(token)?,
                top: top.into_iter().flatten().filter_map(google).collect(),
            })
        })
        .collect()
}

fn list<'a>(value: &'a Value, place: &str) -> Option<&'a Vec<Value>> {
    value.pointer(place)?.as_array()
}

/// Source: OpenAI API reference, "The chat completion chunk object", `choices[].logprobs`.
fn openai(token: &Value) -> Option<TokenLogprobs> {
    let one = |token: &Value| {
        Some(Logprob {
            token: None,
            bytes: bytes(token)?,
            logprob: token.get("logprob")?.as_f64()?,
        })
    };
    let top = list(token, "/top_logprobs").into_iter().flatten();
    Some(TokenLogprobs {
        chosen: one(token)?,
        top: top.filter_map(one).collect(),
    })
}

/// The token's bytes where they are told, which may be part of a character, else its text.
fn bytes(token: &Value) -> Option<Vec<u8>> {
    match token.get("bytes").and_then(Value::as_array) {
        Some(bytes) => bytes
            .iter()
            .map(|byte| byte.as_u64()?.try_into().ok())
            .collect(),
        None => Some(token.get("token")?.as_str()?.as_bytes().to_vec()),
    }
}

/// Source: Gemini API reference, "LogprobsResult", `Candidate`.
fn google(token: &Value) -> Option<Logprob> {
    let id = token.get("tokenId").and_then(Value::as_u64);
    Some(Logprob {
        token: id.and_then(|id| id.try_into().ok()),
        bytes: token.get("token")?.as_str()?.as_bytes().to_vec(),
        logprob: token.get("logProbability")?.as_f64()?,
    })
}
