//! How the next token is chosen, as a caller asks for it.

use std::collections::BTreeMap;

use crate::Error;

/// The most likely tokens that can be asked for in each place, as in OpenAI's API.
const MOST_LOGPROBS: usize = 20;

/// How the next token is chosen.
///
/// What applies, in this order: `logit_bias`, `penalties`, `dry`; then the filters top_k, typical_p,
/// top_p and min_p, and a draw at `temperature` from what they keep. Mirostat takes the filters' place
/// and looks at the probabilities at `temperature`. This is llama.cpp's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Divides the logits before the draw; 0 takes the most likely token of those that are kept.
    pub temperature: f32,
    pub truncation: Truncation,
    pub penalties: Penalties,
    pub dry: Option<Dry>,
    /// Added to the logits of these tokens, -100 to 100.
    pub logit_bias: BTreeMap<u32, f32>,
    /// Same seed, same request: same text. `None` draws one.
    pub seed: Option<u64>,
    /// Tells how likely each token was, and so many of the most likely ones in its place; at most 20.
    pub logprobs: Option<usize>,
}

/// What keeps unlikely tokens from being drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Truncation {
    Filters(Filters),
    /// Needs a temperature above 0.
    Mirostat(Mirostat),
}

/// Filters in the order in which they apply, to probabilities at temperature 1 of what is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filters {
    /// Keeps the k most likely tokens; 0 keeps all.
    pub top_k: usize,
    /// Keeps the tokens whose information is closest to the expected one and that together reach this
    /// probability; 0 to 1, 1 keeps all. Source: Meister et al., "Locally Typical Sampling", 2022.
    pub typical_p: f32,
    /// Keeps the most likely tokens that together reach this probability; 0 to 1, 1 keeps all.
    /// Source: Holtzman et al., "The Curious Case of Neural Text Degeneration", 2019.
    pub top_p: f32,
    /// Keeps tokens at least this likely relative to the most likely one; 0 to 1, 0 keeps all.
    /// Source: Nguyen et al., "Turning Up the Heat: Min-p Sampling", 2024.
    pub min_p: f32,
}

/// Keeps the surprise of the text near a target. Source: Basu et al., "Mirostat", 2020; this is
/// version 2, as llama.cpp has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mirostat {
    /// The target, in bits a token; above 0.
    pub tau: f32,
    /// How fast it adapts; 0 to 1.
    pub eta: f32,
}

/// How much less likely recent tokens become, the prompt's included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penalties {
    /// Divides positive logits and multiplies others; above 0, 1 changes nothing.
    /// Source: Keskar et al., "CTRL", 2019.
    pub repeat: f32,
    /// Subtracted for each time that the token occurs; -2 to 2.
    pub frequency: f32,
    /// Subtracted if the token occurs; -2 to 2.
    pub presence: f32,
    pub window: Window,
}

/// Makes tokens less likely that would continue a repetition: a token that followed an earlier copy of
/// the last n tokens loses `multiplier * base^(n - allowed_length)`.
///
/// Source: p-e-w, "DRY: A modern repetition penalty", text-generation-webui #5677.
#[derive(Debug, Clone, PartialEq)]
pub struct Dry {
    /// 0 or more; 0 changes nothing.
    pub multiplier: f32,
    /// At least 1.
    pub base: f32,
    /// Repetitions shorter than this are free; at least 1.
    pub allowed_length: usize,
    pub window: Window,
    /// No repetition reaches across these texts.
    pub sequence_breakers: Vec<String>,
}

/// How far back a penalty looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Last(usize),
    /// The whole context.
    All,
}

impl Window {
    /// The part of a sequence that it shows.
    pub(crate) fn of(self, history: &[u32]) -> &[u32] {
        match self {
            Self::Last(size) => &history[history.len().saturating_sub(size)..],
            Self::All => history,
        }
    }
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.8,
            truncation: Truncation::default(),
            penalties: Penalties::default(),
            dry: None,
            logit_bias: BTreeMap::new(),
            seed: None,
            logprobs: None,
        }
    }
}

impl Default for Truncation {
    fn default() -> Self {
        Self::Filters(Filters::default())
    }
}

impl Default for Filters {
    fn default() -> Self {
        Self {
            top_k: 40,
            typical_p: 1.0,
            top_p: 0.95,
            min_p: 0.05,
        }
    }
}

impl Filters {
    /// Keeps every token.
    pub fn none() -> Self {
        Self {
            top_k: 0,
            typical_p: 1.0,
            top_p: 1.0,
            min_p: 0.0,
        }
    }
}

impl Default for Mirostat {
    fn default() -> Self {
        Self { tau: 5.0, eta: 0.1 }
    }
}

impl Default for Penalties {
    fn default() -> Self {
        Self {
            repeat: 1.0,
            frequency: 0.0,
            presence: 0.0,
            window: Window::Last(64),
        }
    }
}

impl Default for Dry {
    fn default() -> Self {
        Self {
            multiplier: 0.8,
            base: 1.75,
            allowed_length: 2,
            window: Window::All,
            sequence_breakers: ["\n", ":", "\"", "*"].map(str::to_owned).into(),
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
        at_least(
            "temperature",
            self.temperature,
            0.0,
            "a number of at least 0",
        )?;
        match &self.truncation {
            Truncation::Filters(filters) => filters.validate()?,
            Truncation::Mirostat(mirostat) => mirostat.validate(self.temperature)?,
        }
        self.penalties.validate()?;
        self.dry.iter().try_for_each(Dry::validate)?;
        let expected = "numbers from -100 to 100";
        let mut biases = self.logit_bias.values();
        biases.try_for_each(|&bias| within("logit_bias", bias, -100.0, 100.0, expected))?;
        match self.logprobs {
            Some(top) if top > MOST_LOGPROBS => {
                let expected = "an integer from 0 to 20";
                Err(out_of_range("top_logprobs", &top.to_string(), expected))
            }
            _ => Ok(()),
        }
    }
}

impl Filters {
    fn validate(&self) -> Result<(), Error> {
        unit("typical_p", self.typical_p)?;
        unit("top_p", self.top_p)?;
        unit("min_p", self.min_p)
    }
}

impl Mirostat {
    fn validate(&self, temperature: f32) -> Result<(), Error> {
        above_0("mirostat_tau", self.tau)?;
        unit("mirostat_eta", self.eta)?;
        let expected = "a number above 0 beside mirostat";
        check("temperature", temperature, temperature != 0.0, expected)
    }
}

impl Penalties {
    fn validate(&self) -> Result<(), Error> {
        let expected = "a number from -2 to 2";
        above_0("repeat_penalty", self.repeat)?;
        within("frequency_penalty", self.frequency, -2.0, 2.0, expected)?;
        within("presence_penalty", self.presence, -2.0, 2.0, expected)
    }
}

impl Dry {
    fn validate(&self) -> Result<(), Error> {
        let expected = "a number of at least 0";
        at_least("dry_multiplier", self.multiplier, 0.0, expected)?;
        at_least("dry_base", self.base, 1.0, "a number of at least 1")?;
        if self.allowed_length == 0 {
            return Err(out_of_range("dry_allowed_length", "0", "at least 1"));
        }
        texts("dry_sequence_breakers", &self.sequence_breakers)
    }
}

/// Checks that none of the texts is empty.
pub(super) fn texts(parameter: &'static str, texts: &[String]) -> Result<(), Error> {
    match texts.iter().any(String::is_empty) {
        false => Ok(()),
        true => Err(out_of_range(
            parameter,
            "an empty string",
            "texts that are not empty",
        )),
    }
}

fn unit(parameter: &'static str, value: f32) -> Result<(), Error> {
    within(parameter, value, 0.0, 1.0, "a number from 0 to 1")
}

fn above_0(parameter: &'static str, value: f32) -> Result<(), Error> {
    check(parameter, value, value > 0.0, "a number above 0")
}

fn at_least(
    parameter: &'static str,
    value: f32,
    least: f32,
    expected: &'static str,
) -> Result<(), Error> {
    check(parameter, value, value >= least, expected)
}

fn within(
    parameter: &'static str,
    value: f32,
    least: f32,
    most: f32,
    expected: &'static str,
) -> Result<(), Error> {
    check(parameter, value, (least..=most).contains(&value), expected)
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

pub(super) fn out_of_range(parameter: &'static str, value: &str, expected: &'static str) -> Error {
    Error::OutOfRange {
        parameter,
        value: value.to_owned(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(sampling: &Sampling) -> &'static str {
        match sampling.validate() {
            Err(Error::OutOfRange { parameter, .. }) => parameter,
            other => panic!("{sampling:?}: {other:?}"),
        }
    }

    #[test]
    fn values_out_of_range_are_named() {
        type Set = fn(&mut Sampling, f32);
        let bad: [(&str, &[f32], Set); 12] = [
            ("temperature", &[-0.1], |s, x| s.temperature = x),
            ("top_p", &[-0.1, 1.1], |s, x| filters(s).top_p = x),
            ("min_p", &[-0.1, 1.1], |s, x| filters(s).min_p = x),
            ("typical_p", &[-0.1, 1.1], |s, x| filters(s).typical_p = x),
            ("repeat_penalty", &[0.0, -1.0], |s, x| {
                s.penalties.repeat = x
            }),
            ("frequency_penalty", &[-2.1, 2.1], |s, x| {
                s.penalties.frequency = x
            }),
            ("presence_penalty", &[-2.1, 2.1], |s, x| {
                s.penalties.presence = x
            }),
            ("dry_multiplier", &[-0.1], |s, x| dry(s).multiplier = x),
            ("dry_base", &[0.9], |s, x| dry(s).base = x),
            ("mirostat_tau", &[0.0], |s, x| mirostat(s).tau = x),
            ("mirostat_eta", &[-0.1, 1.1], |s, x| mirostat(s).eta = x),
            ("logit_bias", &[-100.5, 101.0], |s, x| {
                s.logit_bias.extend([(7, x)])
            }),
        ];
        for (parameter, values, set) in bad {
            for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY]
                .iter()
                .chain(values)
            {
                let mut sampling = Sampling::default();
                set(&mut sampling, *value);
                assert_eq!(named(&sampling), parameter, "{value}");
            }
        }
    }

    fn filters(sampling: &mut Sampling) -> &mut Filters {
        match &mut sampling.truncation {
            Truncation::Filters(filters) => filters,
            other => panic!("{other:?}"),
        }
    }

    fn mirostat(sampling: &mut Sampling) -> &mut Mirostat {
        sampling.truncation = Truncation::Mirostat(Mirostat::default());
        match &mut sampling.truncation {
            Truncation::Mirostat(mirostat) => mirostat,
            other => panic!("{other:?}"),
        }
    }

    fn dry(sampling: &mut Sampling) -> &mut Dry {
        sampling.dry.get_or_insert_default()
    }

    #[test]
    fn what_cannot_work_together_is_named() {
        let mut sampling = Sampling::greedy();
        mirostat(&mut sampling);
        assert_eq!(named(&sampling), "temperature");
        let mut sampling = Sampling {
            logprobs: Some(21),
            ..Sampling::default()
        };
        assert_eq!(named(&sampling), "top_logprobs");
        sampling.logprobs = Some(20);
        dry(&mut sampling).allowed_length = 0;
        assert_eq!(named(&sampling), "dry_allowed_length");
        dry(&mut sampling).allowed_length = 1;
        dry(&mut sampling).sequence_breakers.push(String::new());
        assert_eq!(named(&sampling), "dry_sequence_breakers");
    }

    #[test]
    fn the_defaults_are_in_range() {
        let mut sampling = Sampling::default();
        dry(&mut sampling);
        assert!(sampling.validate().is_ok());
        mirostat(&mut sampling);
        assert!(sampling.validate().is_ok());
        assert!(Sampling::greedy().validate().is_ok());
    }
}
