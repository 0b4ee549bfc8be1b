//! The loop with models made of closures.

use std::sync::mpsc;

use super::batch::{Batch, LanguageModel};
use super::{Event, FinishReason, Generation, Request, Sampling};
use crate::gguf::Writer;
use crate::testing::byte_vocabulary;
use crate::{Error, Source, Vocabulary};

const CONTEXT: usize = 1000;
const END: u32 = 258;

/// Its state is every token computed so far.
struct Fake<F>(F);

impl<F: Fn(&[u32]) -> u32 + Send + 'static> LanguageModel for Fake<F> {
    type State = Vec<u32>;

    fn state(&self) -> Vec<u32> {
        Vec::new()
    }

    fn forward(&self, tokens: &[u32], state: &mut Vec<u32>) -> Result<Vec<f32>, Error> {
        state.extend(tokens);
        let mut logits = vec![0.0; 259];
        logits[(self.0)(state) as usize] = 1.0;
        Ok(logits)
    }
}

/// Starts a loop whose model chooses the next token from those before it.
fn start(next: impl Fn(&[u32]) -> u32 + Send + 'static) -> Batch {
    let writer = byte_vocabulary(Writer::new());
    let vocabulary = Vocabulary::open(Source::Bytes {
        name: "bytes".to_owned(),
        bytes: writer.to_bytes().expect("a vocabulary").leak(),
    });
    let vocabulary = vocabulary.expect("a vocabulary");
    Batch::start("fake", Fake(next), vocabulary, CONTEXT).expect("a thread")
}

fn request(prompt: &str) -> Request {
    Request {
        prompt: prompt.bytes().map(u32::from).collect(),
        sampling: Sampling::greedy(),
        max_tokens: None,
        stop: Vec::new(),
    }
}

/// Everything a generation gives: texts, then how it ended.
fn collect(mut generation: Generation) -> (Vec<String>, Result<FinishReason, Error>) {
    let mut texts = Vec::new();
    loop {
        match generation.blocking_next().expect("a last event") {
            Ok(Event::Text(text)) => texts.push(text),
            Ok(Event::Done(finish)) => return (texts, Ok(finish.reason)),
            Err(error) => return (texts, Err(error)),
        }
    }
}

/// A model that says `text` after a one-token prompt, byte by byte, and ends.
fn says(text: &'static str) -> impl Fn(&[u32]) -> u32 + Send + 'static {
    move |tokens| {
        text.as_bytes()
            .get(tokens.len() - 1)
            .map_or(END, |&byte| byte.into())
    }
}

#[test]
fn characters_arrive_whole_and_the_end_token_is_no_text() {
    let batch = start(says("aé☃"));
    let (texts, reason) = collect(batch.admit(request(".")));
    assert_eq!(texts, ["a", "é", "☃"]);
    assert_eq!(reason.expect("no error"), FinishReason::Stop);
}

#[test]
fn an_unfinished_character_at_the_end_is_replaced() {
    let batch = start(|tokens| if tokens.len() == 1 { 0xE2 } else { END });
    assert_eq!(collect(batch.admit(request("."))).0, ["\u{FFFD}"]);
}

#[test]
fn no_part_of_a_stop_string_is_shown() {
    let batch = start(says("one END two"));
    let stopping = |stop: &str| Request {
        stop: vec![stop.to_owned()],
        ..request(".")
    };
    let (texts, reason) = collect(batch.admit(stopping("END")));
    assert_eq!(texts.concat(), "one ");
    assert_eq!(reason.expect("no error"), FinishReason::Stop);
    let (texts, _) = collect(batch.admit(stopping("two!")));
    assert_eq!(texts.concat(), "one END two");
}

#[test]
fn a_panic_ends_its_sequence_and_no_other() {
    let batch = start(|tokens| match tokens {
        [b, ..] if *b == u32::from(b'!') => panic!("a broken kernel"),
        _ if tokens.len() < 50 => 65,
        _ => END,
    });
    let fine = batch.admit(request("."));
    let (_, broken) = collect(batch.admit(request("!")));
    match broken {
        Err(Error::Panicked { reason }) => assert_eq!(reason, "a broken kernel"),
        other => panic!("{other:?}"),
    }
    assert_eq!(collect(fine).0.len(), 49);
    assert!(collect(batch.admit(request("."))).1.is_ok());
}

#[test]
fn a_dropped_generation_is_computed_no_further() {
    let (steps, step) = mpsc::channel();
    let (go, gate) = mpsc::channel::<()>();
    let batch = start(move |tokens| {
        let _ = steps.send(tokens.len());
        let _ = gate.recv();
        65
    });
    let generation = batch.admit(request("."));
    assert_eq!(step.recv(), Ok(1));
    drop(generation);
    go.send(()).expect("the loop waits");
    // The next thing computed is another sequence's prompt.
    let other = batch.admit(Request {
        max_tokens: Some(1),
        ..request("..")
    });
    assert_eq!(step.recv(), Ok(2));
    drop(go);
    assert_eq!(collect(other).0, ["A"]);
}

#[test]
fn a_long_prompt_does_not_hold_up_the_others() {
    let (steps, step) = mpsc::channel();
    let (go, gate) = mpsc::channel::<()>();
    let batch = start(move |tokens| {
        let _ = steps.send((tokens[0], tokens.len()));
        // Nothing is computed before both prompts are there.
        let _ = gate.recv();
        if tokens.len() < 4 { 65 } else { END }
    });
    let long = batch.admit(request(&"L".repeat(900)));
    let short = batch.admit(request("s"));
    drop(go);
    assert_eq!(collect(short).0.len(), 3);
    assert!(collect(long).1.is_ok());
    drop(batch);
    let order: Vec<_> = step.iter().collect();
    let place = |wanted| order.iter().position(|step| *step == wanted);
    let short_done = place((u32::from(b's'), 4)).expect("it ran");
    let long_prefilled = place((u32::from(b'L'), 900)).expect("it ran");
    assert!(short_done < long_prefilled, "{order:?}");
}

#[test]
fn the_thread_ends_with_its_model_and_its_last_sequence() {
    struct OnDrop(mpsc::Sender<()>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let (ended, end) = mpsc::channel();
    let held = OnDrop(ended);
    let batch = start(move |tokens| {
        let _ = &held;
        if tokens.len() < 100 { 65 } else { END }
    });
    let generation = batch.admit(request("."));
    drop(batch);
    assert_eq!(collect(generation).0.len(), 99);
    assert_eq!(end.recv(), Ok(()));
}
