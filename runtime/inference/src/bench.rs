//! How fast a model is.

use std::time::{Duration, Instant};

use crate::{
    Error, Event, Finish, Generation, Model, Options, Progress, Request, Sampling, Source,
};

/// What is measured, each at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Tokens of the prompt; together with `generate` at most the context.
    pub prompt: usize,
    /// Tokens that each sequence generates.
    pub generate: usize,
    /// Sequences at the same time.
    pub parallel: usize,
}

/// What is being measured now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Loading(Progress),
    Prefill,
    /// Generating after the prompt.
    Decode,
    /// Generating many sequences at the same time.
    Together,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    pub plan: Plan,
    /// From the file to a model that can generate.
    pub load: Duration,
    /// From a prompt, with nothing computed before, to the token that follows it.
    pub first_token: Duration,
    /// From there over as many tokens as the plan says.
    pub decode: Duration,
    /// The same, without a prompt, for all sequences together.
    pub together: Duration,
}

impl Report {
    /// Prompt tokens a second.
    pub fn prefill_tps(&self) -> f64 {
        rate(self.plan.prompt, self.first_token)
    }

    /// Tokens a second that one sequence generates after the prompt.
    pub fn decode_tps(&self) -> f64 {
        rate(self.plan.generate, self.decode)
    }

    /// Tokens a second that all sequences together generate.
    pub fn aggregate_tps(&self) -> f64 {
        rate(self.plan.parallel * self.plan.generate, self.together)
    }
}

fn rate(tokens: usize, time: Duration) -> f64 {
    tokens as f64 / time.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// Loads a model and measures it; `observe` is told what goes on.
pub fn measure(
    source: impl Into<Source>,
    options: &Options,
    plan: Plan,
    observe: &mut dyn FnMut(Stage),
) -> Result<Report, Error> {
    let started = Instant::now();
    let model = Model::open(source, options, |progress| {
        observe(Stage::Loading(progress))
    })?;
    let load = started.elapsed();
    let mut prompts = Prompts::new(&model);
    // Nothing is to be started for the first time while it is measured.
    finish(model.generate(request(prompts.next(1), 1))?, || {})?;
    observe(Stage::Prefill);
    // The first token comes with the prompt, so one more.
    let alone = request(prompts.next(plan.prompt), plan.generate + 1);
    let alone = finish(model.generate(alone)?, || observe(Stage::Decode))?.timings;
    observe(Stage::Together);
    let requests = (0..plan.parallel).map(|_| request(prompts.next(1), plan.generate));
    Ok(Report {
        plan,
        load,
        first_token: alone.first_token,
        decode: alone.total - alone.first_token,
        together: together(&model, requests.collect())?,
    })
}

fn request(prompt: Vec<u32>, tokens: usize) -> Request {
    Request {
        prompt,
        sampling: Sampling::greedy(),
        max_tokens: Some(tokens),
        ignore_end: true,
        ..Request::default()
    }
}

/// Reads a generation to its end; `text` is called as some comes.
fn finish(mut generation: Generation, mut text: impl FnMut()) -> Result<Finish, Error> {
    loop {
        match generation.blocking_next() {
            Some(Ok(Event::Text(_))) => text(),
            Some(Ok(Event::Logprobs(_))) => {}
            Some(Ok(Event::Done(finish))) => return Ok(finish),
            Some(Err(error)) => return Err(error),
            None => unreachable!("a generation ends with `Done` or an error"),
        }
    }
}

/// Until the last of all requests is answered.
fn together(model: &Model, requests: Vec<Request>) -> Result<Duration, Error> {
    let started = Instant::now();
    let generations: Vec<Generation> = requests
        .into_iter()
        .map(|request| model.generate(request))
        .collect::<Result<_, _>>()?;
    // Each has a reader of its own: one that nobody reads would wait.
    std::thread::scope(|scope| {
        let read = |generation| scope.spawn(move || finish(generation, || {}));
        let readers: Vec<_> = generations.into_iter().map(read).collect();
        readers.into_iter().try_for_each(|reader| {
            let finished = reader.join().expect("reading does not panic");
            finished.map(drop)
        })
    })?;
    Ok(started.elapsed())
}

/// Prompts of arbitrary tokens that begin differently, so that none finds anything computed.
struct Prompts {
    vocabulary: usize,
    given: usize,
}

impl Prompts {
    fn new(model: &Model) -> Self {
        Self {
            vocabulary: model.vocabulary().tokenizer().len(),
            given: 0,
        }
    }

    fn next(&mut self, length: usize) -> Vec<u32> {
        /// No divisor of most vocabularies' sizes, so that it leads all around them.
        const STEP: usize = 7919;
        self.given += 1;
        let token = |at: usize| ((self.given + at * STEP) % self.vocabulary) as u32;
        (0..length).map(token).collect()
    }
}
