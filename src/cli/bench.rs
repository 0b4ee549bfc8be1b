//! `bench`: how fast a model is, and how much memory it takes.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args};
use llmspell_models::bench::{
    Measurement, Quantization, Report, Shape, Stage, Subject, Wanted, run,
};
use llmspell_models::{Error, Models};
use serde_json::json;

use super::App;
use super::progress::Progress;

pub const EXAMPLES: &str = "\
Examples:
  llmspell bench wisp
  llmspell bench models/llama.gguf --prompt 512 --generate 128 --parallel 8
  llmspell bench --synthetic tinyllama-1.1b --quant q8_0 --json

What is measured:
  load         from the file to a model that can generate; what the system still has in
               memory of the file counts as read
  prefill      one prompt of N tokens, of which nothing is computed yet
  first token  from that prompt to the token after it
  decode       the tokens after that, of one sequence
  N at once    N sequences that generate together, without a prompt: tokens of all of them
  peak memory  the most that the process ever held

Synthetic models have random weights in the shape of a real model; the first use makes the file in
the cache folder ($XDG_CACHE_HOME/llmspell/synthetic).";

/// The most sequences that make sense at once.
const MOST_PARALLEL: u64 = 1024;
/// How often a stage without news shows that it lives.
const TICK: Duration = Duration::from_millis(100);

#[derive(Args)]
#[command(group(ArgGroup::new("subject").args(["model", "synthetic"]).required(true)))]
pub struct BenchArgs {
    /// The model, such as wisp or models/llama.gguf
    model: Option<String>,
    /// Tokens of the prompt [default: 256, or half the context]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    prompt: Option<u64>,
    /// Tokens to generate, of each sequence [default: 64, or what the context leaves]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    generate: Option<u64>,
    /// Sequences that generate at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=MOST_PARALLEL))]
    parallel: u64,
    /// Random weights in this shape instead of a model
    #[arg(long, value_name = "SHAPE", ignore_case = true, value_parser = shapes())]
    synthetic: Option<&'static Shape>,
    /// How the random weights are stored
    #[arg(long, value_name = "QUANT", default_value = "q4_k_m", conflicts_with = "model", ignore_case = true, value_parser = quantizations())]
    quant: Quantization,
}

fn shapes() -> impl TypedValueParser<Value = &'static Shape> {
    let names = Shape::ALL.iter().map(|shape| shape.name);
    PossibleValuesParser::new(names).try_map(|name| Shape::named(&name).ok_or("no such shape"))
}

fn quantizations() -> impl TypedValueParser<Value = Quantization> {
    let names = Quantization::ALL
        .iter()
        .map(|quantization| quantization.name());
    let parse = |name: String| Quantization::named(&name).ok_or("no such quantization");
    PossibleValuesParser::new(names).try_map(parse)
}

impl BenchArgs {
    fn subject(&self) -> Subject {
        match (self.synthetic, &self.model) {
            (Some(shape), _) => Subject::Synthetic {
                shape,
                quantization: self.quant,
            },
            (None, Some(model)) => Subject::Named(model.clone()),
            (None, None) => unreachable!("clap asks for one of them"),
        }
    }

    fn wanted(&self) -> Wanted {
        let tokens = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Wanted {
            prompt: self.prompt.map(tokens),
            generate: self.generate.map(tokens),
            parallel: tokens(self.parallel),
        }
    }
}

/// `llmspell bench MODEL`
pub fn measure(app: &App, args: &BenchArgs) -> u8 {
    let models = match app.models(None) {
        Ok(models) => models,
        Err(code) => return code,
    };
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    // A host that has a handler of its own keeps it.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::SeqCst));
    let mut progress = Progress::new(app.json);
    let news = start(models, args.subject(), args.wanted(), interrupted.clone());
    let outcome = follow(&news, &interrupted, &mut progress);
    progress.clear();
    match outcome {
        None => app.fail("interrupted".to_owned(), 130),
        Some(Ok(report)) if app.json => app.show(&format!("{:#}\n", as_json(&report))),
        Some(Ok(report)) => app.show(&table(&report)),
        Some(Err(error)) => app.fail(error.to_string(), exit_code(&error)),
    }
}

/// What the measuring thread tells.
enum News {
    Stage(Stage),
    Done(Box<Result<Report, Error>>),
}

/// Measures on a thread of its own, so that this one can show that time passes.
fn start(
    models: Models,
    subject: Subject,
    wanted: Wanted,
    interrupted: Arc<AtomicBool>,
) -> Receiver<News> {
    let (sender, news) = channel();
    std::thread::spawn(move || {
        let mut observe = |stage| {
            let heard = sender.send(News::Stage(stage)).is_ok();
            match heard && !interrupted.load(Ordering::SeqCst) {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        };
        let done = run(&models, &subject, wanted, &mut observe);
        let _ = sender.send(News::Done(Box::new(done))); // interrupted: nobody waits
    });
    news
}

/// Shows what goes on until it is done; `None` when it was interrupted.
fn follow(
    news: &Receiver<News>,
    interrupted: &AtomicBool,
    progress: &mut Progress,
) -> Option<Result<Report, Error>> {
    let mut stage = None;
    loop {
        match news.recv_timeout(TICK) {
            Ok(News::Stage(next)) => stage = Some(next),
            Ok(News::Done(_)) if interrupted.load(Ordering::SeqCst) => return None,
            Ok(News::Done(result)) => return Some(*result),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("the measuring thread panicked"),
        }
        // A half-made file has to be taken away first.
        let making = matches!(stage, Some(Stage::Making { .. }));
        if interrupted.load(Ordering::SeqCst) && !making {
            return None;
        }
        if let Some(stage) = &stage {
            let (label, done) = shown(stage);
            progress.show(label, done);
        }
    }
}

fn shown(stage: &Stage) -> (&'static str, Option<(u64, u64)>) {
    match stage {
        Stage::Waiting => ("waiting for another llmspell that makes the model", None),
        Stage::Making { written, total } => ("making the model", Some((*written, *total))),
        Stage::Measuring(Measurement::Loading(bytes)) => {
            ("loading", Some((bytes.loaded_bytes, bytes.total_bytes)))
        }
        Stage::Measuring(Measurement::Prefill) => ("prefill", None),
        Stage::Measuring(Measurement::Decode) => ("decode", None),
        Stage::Measuring(Measurement::Together) => ("sequences at once", None),
    }
}

/// Asking for more than the model holds is wrong usage.
fn exit_code(error: &Error) -> u8 {
    match error {
        Error::BenchTooLong { .. } | Error::Name { .. } => 2,
        _ => 1,
    }
}

fn as_json(report: &Report) -> serde_json::Value {
    let (speed, plan) = (&report.speed, &report.speed.plan);
    json!({
        "model": report.model,
        "architecture": report.architecture,
        "quantization": report.quantization,
        "parameters": report.parameters,
        "prompt": plan.prompt,
        "generate": plan.generate,
        "load_ms": milliseconds(speed.load),
        "prefill_tps": speed.prefill_tps(),
        "decode_tps": speed.decode_tps(),
        "first_token_ms": milliseconds(speed.first_token),
        "parallel": plan.parallel,
        "aggregate_tps": speed.aggregate_tps(),
        "peak_rss_bytes": report.peak_rss_bytes,
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn table(report: &Report) -> String {
    let (speed, plan) = (&report.speed, &report.speed.plan);
    let memory = report.peak_rss_bytes.map_or_else(
        || ("unknown".to_owned(), ""),
        |bytes| (format!("{:.1}", bytes as f64 / 1e6), "MB"),
    );
    let number = |value: f64, unit| (format!("{value:.1}"), unit);
    let rows = [
        ("load".to_owned(), number(milliseconds(speed.load), "ms")),
        (
            "prefill".to_owned(),
            number(speed.prefill_tps(), "tokens/s"),
        ),
        (
            "first token".to_owned(),
            number(milliseconds(speed.first_token), "ms"),
        ),
        ("decode".to_owned(), number(speed.decode_tps(), "tokens/s")),
        (
            format!("{} at once", plan.parallel),
            number(speed.aggregate_tps(), "tokens/s"),
        ),
        ("peak memory".to_owned(), memory),
    ];
    let mut out = format!(
        "{}: {}, {}, {:.1} M parameters\nprompt {} tokens, generate {}\n\n",
        report.model,
        report.architecture,
        report.quantization,
        report.parameters as f64 / 1e6,
        plan.prompt,
        plan.generate,
    );
    for (name, (value, unit)) in rows {
        out.push_str(format!("{name:<12} {value:>12} {unit}").trim_end());
        out.push('\n');
    }
    out
}
