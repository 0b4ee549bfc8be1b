//! What a caller asks for.

use super::sampling::{Sampling, out_of_range, texts};
use crate::Error;

/// One generation: where it starts, how tokens are chosen, when it ends.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The tokens to continue, at least one.
    pub prompt: Vec<u32>,
    pub sampling: Sampling,
    /// Tokens to generate at most; `None`: until the context is full.
    pub max_tokens: Option<usize>,
    /// Texts that end the generation; they are not part of the output. The one that ends first counts.
    pub stop: Vec<String>,
    /// Tokens that prompt and completion may have together; `None`: as many as the model can.
    pub context_size: Option<usize>,
    /// Goes on past tokens with which the model ends, to measure a length that is known beforehand.
    pub ignore_end: bool,
}

impl Request {
    /// Checks everything that does not depend on a model.
    pub fn validate(&self) -> Result<(), Error> {
        self.sampling.validate()?;
        if self.prompt.is_empty() {
            return Err(Error::EmptyPrompt);
        }
        if self.max_tokens == Some(0) {
            return Err(out_of_range("max_tokens", "0", "at least 1"));
        }
        texts("stop", &self.stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_needs_a_prompt_and_something_to_do() {
        let request = Request::default();
        assert!(matches!(request.validate(), Err(Error::EmptyPrompt)));
        let request = Request {
            prompt: vec![1],
            max_tokens: Some(0),
            ..Request::default()
        };
        assert!(matches!(request.validate(), Err(Error::OutOfRange { .. })));
        let request = Request {
            prompt: vec![1],
            stop: vec![String::new()],
            ..Request::default()
        };
        assert!(matches!(request.validate(), Err(Error::OutOfRange { .. })));
    }
}
