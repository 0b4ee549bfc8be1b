//! How likely the tokens of an answer were, as scripts see it.

use llmspell_core::api;
use llmspell_models::{Logprob, TokenLogprobs};

/// A token of an answer and how likely the model found it.
#[api(result)]
pub struct TokenLogprob {
    /// Its text; of markup that ends the answer, the markup.
    token: String,
    /// Its id, as `logit_bias` takes it, where the backend tells it.
    id: Option<u32>,
    /// The natural logarithm of the probability that the model itself gave it, before `logit_bias`,
    /// penalties, filters and temperature.
    logprob: f64,
    /// Its bytes, if they are no whole characters by themselves.
    bytes: Option<Vec<u32>>,
    /// The likeliest tokens in its place, likeliest first; as many as `top_logprobs` says.
    top: Vec<TopLogprob>,
}

/// A token that might have stood in a place.
#[api(result)]
pub struct TopLogprob {
    token: String,
    id: Option<u32>,
    logprob: f64,
    /// Its bytes, if they are no whole characters by themselves.
    bytes: Option<Vec<u32>>,
}

impl From<TokenLogprobs> for TokenLogprob {
    fn from(TokenLogprobs { chosen, top }: TokenLogprobs) -> Self {
        let TopLogprob {
            token,
            id,
            logprob,
            bytes,
        } = chosen.into();
        let top = top.into_iter().map(Into::into).collect();
        Self {
            token,
            id,
            logprob,
            bytes,
            top,
        }
    }
}

impl From<Logprob> for TopLogprob {
    fn from(
        Logprob {
            token,
            bytes,
            logprob,
        }: Logprob,
    ) -> Self {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let whole = text.as_bytes() == bytes;
        Self {
            token: text,
            id: token,
            logprob,
            bytes: (!whole).then(|| bytes.into_iter().map(u32::from).collect()),
        }
    }
}
