//! How fast a model is, and how much memory it takes.

mod memory;
mod synthetic;

use std::ops::ControlFlow;

use llmspell_inference as inference;
use llmspell_inference::{ModelInfo, Source};

use crate::{Error, Models};

pub use llmspell_inference::bench::{Plan, Report as Speed, Stage as Measurement};
pub use llmspell_inference::synthetic::{Quantization, Shape};
pub use memory::peak_resident_bytes;
pub use synthetic::file as synthetic_file;

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A model by its name.
    Named(String),
    /// A model with random weights.
    Synthetic {
        shape: &'static Shape,
        quantization: Quantization,
    },
}

/// How much is measured, each at least 1; what is not set is made to fit the model's context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub prompt: Option<usize>,
    pub generate: Option<usize>,
    pub parallel: usize,
}

/// What goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stage {
    /// Another process is making the same file.
    Waiting,
    /// The file of a synthetic model is being made.
    Making {
        written: u64,
        total: u64,
    },
    Measuring(Measurement),
}

/// What was measured of which model.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub model: String,
    pub architecture: String,
    pub quantization: String,
    pub parameters: u64,
    pub speed: Speed,
    /// The most memory that this process ever held; `None` where the system does not tell.
    pub peak_rss_bytes: Option<u64>,
}

const DEFAULT_PROMPT: usize = 256;
const DEFAULT_GENERATE: usize = 64;

/// Loads a model, whether or not it is loaded already, and measures it. `observe` is told what goes on
/// and may stop the making of a file.
pub fn run(
    models: &Models,
    subject: &Subject,
    wanted: Wanted,
    observe: &mut dyn FnMut(Stage) -> ControlFlow<()>,
) -> Result<Report, Error> {
    let (model, source) = find(models, subject, observe)?;
    let info = ModelInfo::read(source.clone())?;
    let plan = plan(wanted, info.context_length)?;
    let speed = inference::bench::measure(source, &models.options()?, plan, &mut |stage| {
        let _ = observe(Stage::Measuring(stage)); // nothing is left behind that would need cleaning up
    })?;
    Ok(Report {
        model,
        architecture: info.architecture,
        quantization: info.quantization,
        parameters: info.parameters,
        speed,
        peak_rss_bytes: peak_resident_bytes(),
    })
}

fn find(
    models: &Models,
    subject: &Subject,
    observe: &mut dyn FnMut(Stage) -> ControlFlow<()>,
) -> Result<(String, Source), Error> {
    match subject {
        Subject::Named(name) => {
            let source = models.source(name)?;
            Ok((name.clone(), source))
        }
        Subject::Synthetic {
            shape,
            quantization,
        } => {
            let name = format!("{}-{}", shape.name, quantization.name());
            let path = synthetic::file(shape, *quantization, observe)?;
            Ok((name, path.into()))
        }
    }
}

/// A context of 0: the file does not say, and loading it will.
fn plan(wanted: Wanted, context: usize) -> Result<Plan, Error> {
    let context = if context == 0 { usize::MAX } else { context };
    let prompt = wanted.prompt.unwrap_or_else(|| {
        let rest = context.saturating_sub(wanted.generate.unwrap_or(0));
        DEFAULT_PROMPT.min(context / 2).min(rest).max(1)
    });
    let generate = wanted.generate.unwrap_or_else(|| {
        let rest = context.saturating_sub(prompt);
        DEFAULT_GENERATE.min(rest).max(1)
    });
    match prompt.checked_add(generate) {
        Some(both) if both <= context => Ok(Plan {
            prompt,
            generate,
            parallel: wanted.parallel,
        }),
        _ => Err(Error::BenchTooLong {
            prompt,
            generate,
            context,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prompt: Option<usize>, generate: Option<usize>, context: usize) -> Option<[usize; 2]> {
        let wanted = Wanted {
            prompt,
            generate,
            parallel: 1,
        };
        let plan = plan(wanted, context).ok()?;
        Some([plan.prompt, plan.generate])
    }

    #[test]
    fn what_is_not_asked_for_fits_the_context() {
        assert_eq!(check(None, None, 131_072), Some([256, 64]));
        assert_eq!(check(None, None, 512), Some([256, 64]));
        assert_eq!(check(None, None, 300), Some([150, 64]));
        assert_eq!(check(None, None, 2), Some([1, 1]));
        assert_eq!(check(None, Some(500), 512), Some([12, 500]));
        assert_eq!(check(Some(500), None, 512), Some([500, 12]));
        assert_eq!(check(Some(256), Some(256), 512), Some([256, 256]));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert_eq!(check(Some(257), Some(256), 512), None);
        assert_eq!(check(None, Some(512), 512), None);
        assert_eq!(check(Some(512), None, 512), None);
        assert_eq!(check(Some(usize::MAX), Some(1), 512), None);
    }
}
