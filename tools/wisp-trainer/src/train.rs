//! The training loop.

use crate::{
    batch::Batches,
    checkpoint::{self, Progress},
    corpus::Corpus,
    error::Result,
    model::{Config, Model},
    ops::CrossEntropy,
    optimizer::{AdamW, Moments, learning_rate},
    tokenizer::Tokenizer,
};
use std::{path::PathBuf, time::Instant};

/// When a run ends.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// After this much training time, resumed runs counted together.
    Minutes(f64),
    /// After this many steps.
    Steps(usize),
}

/// What a run needs to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Folder of the checkpoints.
    pub dir: PathBuf,
    /// The model's dimensions.
    pub config: Config,
    /// Seed of corpus and weights.
    pub seed: u64,
    /// Tokens in a batch.
    pub batch_tokens: usize,
    /// The highest learning rate.
    pub rate: f64,
    /// When it ends.
    pub length: Length,
    /// Stops early after this many steps, to be resumed later.
    pub pause_at: Option<usize>,
    /// Goes on from the checkpoint in `dir` when there is one.
    pub resume: bool,
    /// Steps between checkpoints.
    pub save_every: usize,
    /// Steps between progress lines; 0 for none.
    pub report_every: usize,
}

/// A run in progress.
struct Run<'a> {
    plan: &'a Plan,
    batches: Batches<'a>,
    model: Model,
    moments: Vec<Moments>,
    progress: Progress,
}

/// Trains until the plan's end and returns the model with its last progress, which is also saved.
pub fn train(plan: &Plan, tokenizer: &Tokenizer) -> Result<(Model, Progress)> {
    let corpus = Corpus::new(plan.seed);
    let mut run = Run::start(plan, &corpus, tokenizer)?;
    while !run.is_over() {
        run.step()?;
        let step = run.progress.step;
        if plan.report_every > 0 && step.is_multiple_of(plan.report_every) {
            run.report();
        }
        if step.is_multiple_of(plan.save_every) {
            run.save()?;
        }
    }
    run.save()?;
    Ok((run.model, run.progress))
}

impl<'a> Run<'a> {
    fn start(plan: &'a Plan, corpus: &'a Corpus, tokenizer: &'a Tokenizer) -> Result<Self> {
        let saved = if plan.resume {
            checkpoint::progress(&plan.dir)?
        } else {
            None
        };
        let config = saved.as_ref().map_or(plan.config, |saved| saved.config);
        let model = Model::new(config, plan.seed)?;
        let moments = match &saved {
            Some(_) => checkpoint::load(&plan.dir, &model)?,
            None => Moments::zero(&model),
        };
        let progress = saved.unwrap_or(Progress {
            config,
            seed: plan.seed,
            step: 0,
            position: 0,
            tokens: 0,
            seconds: 0.0,
            fraction: 0.0,
            loss: f64::NAN,
        });
        let position = progress.position;
        let batches = Batches {
            corpus,
            tokenizer,
            tokens: plan.batch_tokens,
            longest: config.context,
            position,
        };
        let mut run = Self {
            plan,
            batches,
            model,
            moments,
            progress,
        };
        run.progress.fraction = run.fraction();
        Ok(run)
    }

    fn fraction(&self) -> f64 {
        match self.plan.length {
            Length::Minutes(minutes) => self.progress.seconds / (60.0 * minutes),
            Length::Steps(steps) => self.progress.step as f64 / steps as f64,
        }
    }

    fn is_over(&self) -> bool {
        self.progress.fraction >= 1.0
            || self
                .plan
                .pause_at
                .is_some_and(|at| self.progress.step >= at)
    }

    fn step(&mut self) -> Result<()> {
        let started = Instant::now();
        let batch = self.batches.next_batch()?;
        let logits = self
            .model
            .forward(&batch.ids, &batch.dialogues, &batch.rows)?;
        let loss = logits.apply_op1(CrossEntropy {
            targets: batch.targets,
        })?;
        let grads = loss.backward()?;
        let rate = learning_rate(self.plan.rate, self.progress.fraction);
        self.progress.step += 1;
        let step = self.progress.step;
        AdamW::default().step(&self.model, &mut self.moments, &grads, step, rate)?;
        self.account(
            f64::from(loss.to_scalar::<f32>()?),
            batch.ids.len(),
            started,
        );
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
        self.progress.fraction = self.fraction();
    }

    fn report(&self) {
        let Progress {
            step,
            loss,
            tokens,
            seconds,
            fraction,
            ..
        } = self.progress;
        let left = seconds * (1.0 / fraction - 1.0);
        println!(
            "step {step:>6}  loss {loss:.4}  {:>6.0} tokens/s  {:>5.1}% done  {:>4.0} s left",
            tokens as f64 / seconds,
            100.0 * fraction,
            left.max(0.0),
        );
    }

    fn save(&self) -> Result<()> {
        checkpoint::save(&self.plan.dir, &self.model, &self.moments, &self.progress)
    }
}
