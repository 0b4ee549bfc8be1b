//! How much a long prompt slows down those who are generating: the time between a running stream's tokens
//! before a prompt of 2,000 tokens is admitted, and while it is computed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use llmspell_benches::models::{finish, load, request, tokens};
use llmspell_benches::{head, row};
use llmspell_inference::{Event, Model};

const PROMPT: usize = 2000;
/// Tokens of each stream before the prompt comes.
const BEFORE: usize = 40;

fn main() {
    head(&[
        "model, streams",
        "before: median, 95 %, most, ms",
        "meanwhile: median, 95 %, most, ms",
        "median",
        "prompt, s",
    ]);
    for (shape, streams) in [
        ("llama-25m", 1),
        ("llama-25m", 4),
        ("llama-25m", 16),
        ("tinyllama-1.1b", 4),
        ("tinyllama-1.1b", 16),
    ] {
        measure(shape, streams);
    }
}

fn measure(shape: &str, streams: usize) {
    let model = load(shape);
    let done = AtomicBool::new(false);
    let (arrivals, admitted, first_token) = std::thread::scope(|scope| {
        let (ready, started) = std::sync::mpsc::channel();
        let stream = |number| {
            let (model, done, ready) = (&model, &done, ready.clone());
            let started = move || ready.send(()).expect("somebody waits for it");
            scope.spawn(move || listen(model, number, done, started))
        };
        let readers: Vec<_> = (0..streams).map(stream).collect();
        for _ in 0..streams {
            started.recv().expect("each stream gets so far");
        }
        let admitted = Instant::now();
        finish(
            model
                .generate(request(tokens(99, PROMPT), 1))
                .expect("it is valid"),
        );
        let first_token = Instant::now();
        done.store(true, Ordering::SeqCst);
        let arrivals = readers
            .into_iter()
            .map(|reader| reader.join().expect("it reads"));
        (arrivals.collect::<Vec<_>>(), admitted, first_token)
    });
    let gaps = |from: Option<Instant>, to: Instant| {
        let inside = |pair: &&[Instant]| from.is_none_or(|from| pair[0] >= from) && pair[1] <= to;
        let gap = |pair: &[Instant]| (pair[1] - pair[0]).as_secs_f64() * 1e3;
        let mut gaps: Vec<f64> = arrivals
            .iter()
            .flat_map(|times| times[BEFORE / 2..].windows(2).filter(inside).map(gap))
            .collect();
        gaps.sort_by(f64::total_cmp);
        gaps
    };
    let before = gaps(None, admitted);
    let meanwhile = gaps(Some(admitted), first_token);
    row(&[
        &format!("{shape}, {streams}"),
        &spread(&before),
        &spread(&meanwhile),
        &format!("{:.1}x", at(&meanwhile, 0.5) / at(&before, 0.5)),
        &format!("{:.1}", (first_token - admitted).as_secs_f64()),
    ]);
}

/// When the tokens of one stream arrive. A token that leaves no text would count as a longer gap; those
/// are 131 of 32,000, and the most likely ones repeat themselves.
fn listen(model: &Model, number: usize, done: &AtomicBool, started: impl Fn()) -> Vec<Instant> {
    let room = model.context_size() - 8;
    let mut generation = model
        .generate(request(tokens(number, 8), room))
        .expect("the request is valid");
    let mut arrivals = Vec::new();
    while !done.load(Ordering::SeqCst) {
        match generation.blocking_next().expect("it goes on") {
            Ok(Event::Text(_)) => arrivals.push(Instant::now()),
            other => panic!("a stream ended before the prompt was computed: {other:?}"),
        }
        if arrivals.len() == BEFORE {
            started();
        }
    }
    arrivals
}

fn spread(sorted: &[f64]) -> String {
    let [median, most, all] = [0.5, 0.95, 1.0].map(|part| at(sorted, part));
    format!("{median:.1}, {most:.1}, {all:.1}")
}

/// The value that this part of all does not exceed.
fn at(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().checked_sub(1).expect("there were gaps");
    sorted[(last as f64 * part).round() as usize]
}
