//! What a caller asks for.

use crate::Error;

/// One generation: where it starts, how tokens are chosen, when it ends.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The tokens to continue, at least one.
    pub prompt: Vec<u32>,
    pub sampling: Sampling,
    /// Tokens to generate at most; `None`: until the context is full.
    pub max_tokens: Option<usize>,
    /// Texts that end the generation; they are not part of the output.
    pub stop: Vec<String>,
    /// Goes on past tokens with which the model ends, to measure a length that is known beforehand.
    pub ignore_end: bool,
}

/// How the next token is chosen. The filters apply in the order of the fields, top_k first, to
/// probabilities at temperature 1; what remains is drawn from at `temperature`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 takes the most likely token; 0 or more.
    pub temperature: f32,
    /// Keeps the k most likely tokens; 0 keeps all.
    pub top_k: usize,
    /// Keeps the most likely tokens that together reach this probability; 0 to 1, 1 keeps all.
    pub top_p: f32,
    /// Keeps tokens at least this likely relative to the most likely one; 0 to 1, 0 keeps all.
    pub min_p: f32,
    /// Divides the logits of tokens among the last 64; above 0, 1 changes nothing.
    pub repeat_penalty: f32,
    /// Same seed, same request: same text. `None` draws one.
    pub seed: Option<u64>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.8,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.0,
            seed: None,
        }
    }
}

impl Sampling {
    /// Always the most likely token.
    pub fn greedy() -> Self {
        Self {
            temperature: 0.0,
            ..Self::default()
        }
    }

    /// Checks the ranges that the fields document.
    pub fn validate(&self) -> Result<(), Error> {
        let unit = 0.0..=1.0;
        check(
            "temperature",
            self.temperature,
            self.temperature >= 0.0,
            "a number of at least 0",
        )?;
        check(
            "top_p",
            self.top_p,
            unit.contains(&self.top_p),
            "a number from 0 to 1",
        )?;
        check(
            "min_p",
            self.min_p,
            unit.contains(&self.min_p),
            "a number from 0 to 1",
        )?;
        check(
            "repeat_penalty",
            self.repeat_penalty,
            self.repeat_penalty > 0.0,
            "a number above 0",
        )
    }
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
        if self.stop.iter().any(String::is_empty) {
            return Err(out_of_range(
                "stop",
                "an empty string",
                "texts that are not empty",
            ));
        }
        Ok(())
    }
}

fn check(
    parameter: &'static str,
    value: f32,
    in_range: bool,
    expected: &'static str,
) -> Result<(), Error> {
    if in_range && value.is_finite() {
        return Ok(());
    }
    Err(out_of_range(parameter, &value.to_string(), expected))
}

fn out_of_range(parameter: &'static str, value: &str, expected: &'static str) -> Error {
    Error::OutOfRange {
        parameter,
        value: value.to_owned(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_named() {
        let with = |change: fn(&mut Sampling)| {
            let mut sampling = Sampling::default();
            change(&mut sampling);
            match sampling.validate() {
                Err(Error::OutOfRange { parameter, .. }) => parameter,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(with(|s| s.temperature = f32::NAN), "temperature");
        assert_eq!(with(|s| s.temperature = -0.1), "temperature");
        assert_eq!(with(|s| s.temperature = f32::INFINITY), "temperature");
        assert_eq!(with(|s| s.top_p = 1.1), "top_p");
        assert_eq!(with(|s| s.min_p = -1.0), "min_p");
        assert_eq!(with(|s| s.repeat_penalty = 0.0), "repeat_penalty");
        assert!(Sampling::default().validate().is_ok());
        assert!(Sampling::greedy().validate().is_ok());
    }

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
