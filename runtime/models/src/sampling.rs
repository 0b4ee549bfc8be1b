//! How tokens are drawn, under the names that llama.cpp and Ollama use.

use std::collections::BTreeMap;

use crate::Error;

/// How tokens are drawn; what is not set is the model's default. Ranges and meaning are those of the
/// inference crate's `Sampling`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sampling {
    pub temperature: Option<f64>,
    pub top_k: Option<usize>,
    pub typical_p: Option<f64>,
    pub top_p: Option<f64>,
    pub min_p: Option<f64>,
    pub repeat_penalty: Option<f64>,
    pub frequency_penalty: Option<f64>,
    pub presence_penalty: Option<f64>,
    /// How many tokens the penalties look back on; -1 for the whole context.
    pub repeat_last_n: Option<i64>,
    pub dry_multiplier: Option<f64>,
    pub dry_base: Option<f64>,
    pub dry_allowed_length: Option<usize>,
    /// How many tokens DRY looks back on; -1 for the whole context.
    pub dry_penalty_last_n: Option<i64>,
    pub dry_sequence_breakers: Option<Vec<String>>,
    /// 0 or 2.
    pub mirostat: Option<i64>,
    pub mirostat_tau: Option<f64>,
    pub mirostat_eta: Option<f64>,
    pub logit_bias: BTreeMap<u32, f64>,
    pub seed: Option<u64>,
    /// Whether to tell how likely each token was.
    pub logprobs: Option<bool>,
    /// How many of the most likely tokens to tell in each place.
    pub top_logprobs: Option<usize>,
}

impl Sampling {
    /// Looks for options that would have no effect beside the others. What turns something off, such as
    /// `top_p = 1` or `mirostat = 0`, never contradicts anything.
    pub fn check(&self) -> Result<(), Error> {
        match self.mirostat {
            None | Some(0 | 2) => {}
            Some(other) => return Err(unfit("mirostat", "0 or 2", other)),
        }
        if self.mirostat == Some(2) {
            self.check_filters()?;
        }
        self.check_companions()
    }

    /// Mirostat takes the filters' place.
    fn check_filters(&self) -> Result<(), Error> {
        let beside = |off| format!("{off} or none beside mirostat, which replaces it");
        if let Some(k) = self.top_k.filter(|&k| k != 0) {
            return Err(unfit("top_k", beside("0"), k));
        }
        for (parameter, value, off) in [
            ("typical_p", self.typical_p, 1.0),
            ("top_p", self.top_p, 1.0),
            ("min_p", self.min_p, 0.0),
        ] {
            if let Some(value) = value.filter(|&value| value != off) {
                return Err(unfit(parameter, beside(&off.to_string()), value));
            }
        }
        Ok(())
    }

    /// What shapes something needs to have it turned on, or off in so many words.
    fn check_companions(&self) -> Result<(), Error> {
        let penalties = [
            self.repeat_penalty,
            self.frequency_penalty,
            self.presence_penalty,
        ];
        let penalty = penalties.iter().any(Option::is_some);
        let (dry, mirostat) = (self.dry_multiplier.is_some(), self.mirostat.is_some());
        let breakers = self.dry_sequence_breakers.as_ref();
        let logprobs = self.logprobs.is_some();
        for (parameter, given, companion, there) in [
            (
                "repeat_last_n",
                shown(self.repeat_last_n),
                "a penalty",
                penalty,
            ),
            ("dry_base", shown(self.dry_base), "dry_multiplier", dry),
            (
                "dry_allowed_length",
                shown(self.dry_allowed_length),
                "dry_multiplier",
                dry,
            ),
            (
                "dry_penalty_last_n",
                shown(self.dry_penalty_last_n),
                "dry_multiplier",
                dry,
            ),
            (
                "dry_sequence_breakers",
                shown(breakers.map(Vec::len)),
                "dry_multiplier",
                dry,
            ),
            (
                "mirostat_tau",
                shown(self.mirostat_tau),
                "mirostat = 2",
                mirostat,
            ),
            (
                "mirostat_eta",
                shown(self.mirostat_eta),
                "mirostat = 2",
                mirostat,
            ),
            (
                "top_logprobs",
                shown(self.top_logprobs),
                "logprobs = true",
                logprobs,
            ),
        ] {
            if let Some(given) = given.filter(|_| !there) {
                return Err(unfit(
                    parameter,
                    format!("{companion} beside it"),
                    format!("{given} alone"),
                ));
            }
        }
        Ok(())
    }
}

fn shown(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

fn unfit(parameter: &'static str, expected: impl Into<String>, value: impl ToString) -> Error {
    Error::Option {
        parameter,
        expected: expected.into(),
        value: value.to_string(),
    }
}

#[cfg(feature = "candle")]
mod candle {
    use llmspell_inference as inference;
    use llmspell_inference::{Dry, Filters, Mirostat, Penalties, Truncation, Window};

    use super::{Error, Sampling, unfit};

    impl Sampling {
        /// These options where they are set, a model's own elsewhere.
        pub(crate) fn over(
            &self,
            default: inference::Sampling,
        ) -> Result<inference::Sampling, Error> {
            self.check()?;
            Ok(inference::Sampling {
                temperature: number(self.temperature, default.temperature),
                truncation: self.truncation(default.truncation),
                penalties: self.penalties(default.penalties)?,
                dry: self.dry()?.or(default.dry),
                logit_bias: self.biases(),
                seed: self.seed.or(default.seed),
                logprobs: match self.logprobs {
                    Some(true) => Some(self.top_logprobs.unwrap_or(0)),
                    _ => default.logprobs,
                },
            })
        }

        fn truncation(&self, default: Truncation) -> Truncation {
            let (filters, mirostat) = match default {
                Truncation::Filters(filters) => (filters, Mirostat::default()),
                Truncation::Mirostat(mirostat) => (Filters::default(), mirostat),
            };
            if self.mirostat == Some(2) {
                return Truncation::Mirostat(Mirostat {
                    tau: number(self.mirostat_tau, mirostat.tau),
                    eta: number(self.mirostat_eta, mirostat.eta),
                });
            }
            Truncation::Filters(Filters {
                top_k: self.top_k.unwrap_or(filters.top_k),
                typical_p: number(self.typical_p, filters.typical_p),
                top_p: number(self.top_p, filters.top_p),
                min_p: number(self.min_p, filters.min_p),
            })
        }

        fn penalties(&self, default: Penalties) -> Result<Penalties, Error> {
            Ok(Penalties {
                repeat: number(self.repeat_penalty, default.repeat),
                frequency: number(self.frequency_penalty, default.frequency),
                presence: number(self.presence_penalty, default.presence),
                window: window("repeat_last_n", self.repeat_last_n, default.window)?,
            })
        }

        fn dry(&self) -> Result<Option<Dry>, Error> {
            let Some(multiplier) = self.dry_multiplier else {
                return Ok(None);
            };
            let default = Dry::default();
            let breakers = self.dry_sequence_breakers.clone();
            Ok(Some(Dry {
                multiplier: multiplier as f32,
                base: number(self.dry_base, default.base),
                allowed_length: self.dry_allowed_length.unwrap_or(default.allowed_length),
                window: window(
                    "dry_penalty_last_n",
                    self.dry_penalty_last_n,
                    default.window,
                )?,
                sequence_breakers: breakers.unwrap_or(default.sequence_breakers),
            }))
        }

        fn biases(&self) -> std::collections::BTreeMap<u32, f32> {
            let biases = self.logit_bias.iter();
            biases.map(|(&token, &bias)| (token, bias as f32)).collect()
        }
    }

    fn number(wanted: Option<f64>, default: f32) -> f32 {
        wanted.map_or(default, |wanted| wanted as f32)
    }

    fn window(
        parameter: &'static str,
        wanted: Option<i64>,
        default: Window,
    ) -> Result<Window, Error> {
        match wanted {
            None => Ok(default),
            Some(-1) => Ok(Window::All),
            Some(size) => usize::try_from(size)
                .map(Window::Last)
                .map_err(|_| unfit(parameter, "an integer of at least -1", size)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(sampling: Sampling) -> String {
        sampling.check().expect_err("a contradiction").to_string()
    }

    #[test]
    fn what_would_have_no_effect_is_an_error_that_says_why() {
        assert_eq!(
            problem(Sampling {
                mirostat: Some(2),
                top_p: Some(0.9),
                ..Sampling::default()
            }),
            "top_p: expected 1 or none beside mirostat, which replaces it, got 0.9"
        );
        assert_eq!(
            problem(Sampling {
                mirostat: Some(2),
                top_k: Some(40),
                ..Sampling::default()
            }),
            "top_k: expected 0 or none beside mirostat, which replaces it, got 40"
        );
        assert_eq!(
            problem(Sampling {
                top_logprobs: Some(3),
                ..Sampling::default()
            }),
            "top_logprobs: expected logprobs = true beside it, got 3 alone"
        );
        assert_eq!(
            problem(Sampling {
                repeat_last_n: Some(8),
                ..Sampling::default()
            }),
            "repeat_last_n: expected a penalty beside it, got 8 alone"
        );
        assert_eq!(
            problem(Sampling {
                mirostat: Some(1),
                ..Sampling::default()
            }),
            "mirostat: expected 0 or 2, got 1"
        );
    }

    #[test]
    fn turning_something_off_contradicts_nothing() {
        let off = Sampling {
            mirostat: Some(2),
            top_k: Some(0),
            top_p: Some(1.0),
            min_p: Some(0.0),
            ..Sampling::default()
        };
        assert!(off.check().is_ok());
        let off = Sampling {
            mirostat: Some(0),
            mirostat_tau: Some(4.0),
            dry_multiplier: Some(0.0),
            dry_base: Some(2.0),
            logprobs: Some(false),
            top_logprobs: Some(3),
            top_p: Some(0.9),
            ..Sampling::default()
        };
        assert!(off.check().is_ok());
    }
}
