//! The training loop.

use crate::{
    batch::{self, Batch, Batches},
    checkpoint::{self, Progress},
    corpus::Corpus,
    error::{Error, Result},
    model::{Config, Model, Weights},
    optimizer::{Moments, Optimizer, schedule},
    tokenizer::Tokenizer,
};
use rayon::{ThreadPool, ThreadPoolBuilder, prelude::*};
use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf, time::Instant};

/// Where a run begins.
#[derive(Clone)]
pub enum Start {
    /// With random weights of these dimensions.
    Random(Config),
    /// With weights that were trained before, past the corpus's first lessons.
    Trained(Config, Weights),
    /// At the checkpoint in the run's folder.
    Checkpoint,
}

/// How a model is trained. The same settings give the same model to the last bit on one kind of processor,
/// whether or not a run was paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Steps of the whole run.
    pub steps: usize,
    /// Tokens in a batch.
    pub batch_tokens: usize,
    /// How many threads share each batch; another number rounds differently.
    pub threads: usize,
}

impl Default for Settings {
    /// How wisp is trained.
    fn default() -> Self {
        Self {
            steps: 20_000,
            batch_tokens: 1536,
            threads: 2,
        }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self {
            steps,
            batch_tokens,
            threads,
        } = self;
        write!(
            f,
            "--steps {steps} --batch {batch_tokens} --threads {threads}"
        )
    }
}

/// What a run needs to know.
#[derive(Clone)]
pub struct Plan {
    /// Folder of the checkpoints.
    pub dir: PathBuf,
    /// Where it begins.
    pub start: Start,
    /// Seed of corpus and weights.
    pub seed: u64,
    /// How it is trained.
    pub settings: Settings,
    /// Stops early after this many steps, to be resumed later.
    pub pause_at: Option<usize>,
    /// Steps between checkpoints.
    pub save_every: usize,
}

/// A run in progress.
struct Run<'a> {
    plan: &'a Plan,
    pool: ThreadPool,
    batches: Batches<'a>,
    model: Model,
    moments: Moments,
    progress: Progress,
}

/// Trains until the plan's end and returns the model with its last progress, which is also saved.
/// Tells `report` about each step.
pub fn train(
    plan: &Plan,
    tokenizer: &Tokenizer,
    report: &mut dyn FnMut(&Progress),
) -> Result<(Model, Progress)> {
    let corpus = Corpus::new(plan.seed);
    let mut run = Run::start(plan, &corpus, tokenizer)?;
    while !run.is_over() {
        run.step()?;
        report(&run.progress);
        if run.progress.step.is_multiple_of(plan.save_every) {
            run.save()?;
        }
    }
    run.save()?;
    Ok((run.model, run.progress))
}

/// The mean loss of a batch, whose parts are computed side by side, and its gradient.
fn mean_gradient(model: &Model, parts: &[Batch]) -> (f64, Weights) {
    let each = parts.par_iter().map(|part| model.loss_and_gradient(part));
    let (losses, gradients): (Vec<f64>, Vec<Weights>) = each.unzip();
    let mut gradient = Weights::sum(gradients);
    let weight = parts.iter().map(Batch::weight).sum::<f64>();
    gradient.scale(1.0 / weight as f32);
    (losses.iter().sum::<f64>() / weight, gradient)
}

impl<'a> Run<'a> {
    fn start(plan: &'a Plan, corpus: &'a Corpus, tokenizer: &'a Tokenizer) -> Result<Self> {
        let fresh = |config, position| Progress {
            config,
            seed: plan.seed,
            settings: plan.settings,
            step: 0,
            position,
            tokens: 0,
            seconds: 0.0,
            loss: f64::NAN,
        };
        let progress = match &plan.start {
            Start::Random(config) => fresh(*config, 0),
            Start::Trained(config, _) => fresh(*config, batch::ANSWERS_ONLY_FROM),
            Start::Checkpoint => {
                let path = plan.dir.clone();
                let saved = checkpoint::progress(&path)?.ok_or(Error::NoCheckpoint { path })?;
                checkpoint::fits(&plan.dir, &saved, tokenizer.size(), plan.seed)?;
                Progress {
                    settings: plan.settings,
                    ..saved
                }
            }
        };
        let config = progress.config;
        let mut model = Model::new(config, plan.seed);
        let moments = match &plan.start {
            Start::Checkpoint => checkpoint::load(&plan.dir, &mut model)?,
            Start::Random(_) => Moments::zero(&model.weights),
            Start::Trained(_, weights) => {
                model.weights = weights.clone();
                Moments::zero(weights)
            }
        };
        let position = progress.position;
        let batches = Batches {
            corpus,
            tokenizer,
            tokens: plan.settings.batch_tokens,
            longest: config.context,
            position,
        };
        let pool = ThreadPoolBuilder::new().num_threads(plan.settings.threads);
        Ok(Self {
            plan,
            pool: pool.build()?,
            batches,
            model,
            moments,
            progress,
        })
    }

    /// How much of the plan is done, 0 to 1.
    fn fraction(&self) -> f64 {
        self.progress.step as f64 / self.plan.settings.steps as f64
    }

    fn is_over(&self) -> bool {
        self.progress.step >= self.plan.settings.steps
            || self
                .plan
                .pause_at
                .is_some_and(|at| self.progress.step >= at)
    }

    fn step(&mut self) -> Result<()> {
        let started = Instant::now();
        let parts = self.batches.next_batch(self.plan.settings.threads)?;
        let (loss, gradient) = self.pool.install(|| mean_gradient(&self.model, &parts));
        let (step, factor) = (self.progress.step + 1, schedule(self.fraction()));
        if !loss.is_finite() {
            return Err(Error::Diverged { step });
        }
        let (weights, moments) = (&mut self.model.weights, &mut self.moments);
        self.pool
            .install(|| Optimizer::default().step(weights, moments, &gradient, step, factor));
        self.progress.step = step;
        let tokens = parts.iter().map(|part| part.ids.len()).sum();
        self.account(loss, tokens, started);
        Ok(())
    }

    fn account(&mut self, loss: f64, tokens: usize, started: Instant) {
        let mean = self.progress.loss;
        self.progress.loss = if mean.is_nan() {
            loss
        } else {
            0.95 * mean + 0.05 * loss
        };
        self.progress.tokens += tokens as u64;
        self.progress.position = self.batches.position;
        self.progress.seconds += started.elapsed().as_secs_f64();
    }

    fn save(&self) -> Result<()> {
        let (dir, tokenizer) = (&self.plan.dir, self.batches.tokenizer);
        checkpoint::save(dir, tokenizer, &self.model, &self.moments, &self.progress)
    }
}
