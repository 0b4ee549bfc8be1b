//! The loop.

use std::sync::{Mutex, mpsc};

use super::super::batch::{Batch, Limits, MOST_LIVE, MOST_WAITING};
use super::super::{Event, Finish, FinishReason, Generation, Request, Sampling};
use super::Fake;
use crate::decoder::PAGE;
use crate::gguf::Writer;
use crate::testing::byte_vocabulary;
use crate::{Error, Source, Threads, Vocabulary};

const CONTEXT: usize = 1000;
const END: u32 = 258;

/// Starts a loop whose model chooses the next token from those before it.
fn start(next: impl Fn(&[u32]) -> u32 + Send + 'static) -> Batch {
    start_with(1_000, next)
}

/// The same with memory for so many pages.
fn start_with(pages: usize, next: impl Fn(&[u32]) -> u32 + Send + 'static) -> Batch {
    start_within(limits(pages), next)
}

/// A loop without limits but the context's and so many pages.
fn limits(pages: usize) -> Limits {
    Limits {
        context_size: CONTEXT,
        pages,
        sequences: MOST_LIVE,
        prompt_tokens: usize::MAX,
        threads: Threads::default(),
    }
}

fn start_within(limits: Limits, next: impl Fn(&[u32]) -> u32 + Send + 'static) -> Batch {
    let writer = byte_vocabulary(Writer::new());
    let vocabulary = Vocabulary::open(Source::Bytes {
        name: "bytes".to_owned(),
        bytes: writer.to_bytes().expect("a vocabulary").leak(),
    });
    let vocabulary = vocabulary.expect("a vocabulary");
    Batch::start("fake", Fake(Mutex::new(next)), vocabulary, limits).expect("a thread")
}

fn admit(batch: &Batch, request: Request) -> Generation {
    batch.admit(request).expect("room in the queue")
}

fn request(prompt: &str) -> Request {
    Request {
        prompt: prompt.bytes().map(u32::from).collect(),
        sampling: Sampling::greedy(),
        max_tokens: None,
        ..Request::default()
    }
}

/// Everything a generation gives: texts, then how it ended.
fn collect(mut generation: Generation) -> (Vec<String>, Result<FinishReason, Error>) {
    let mut texts = Vec::new();
    loop {
        match generation.blocking_next().expect("a last event") {
            Ok(Event::Text(text)) => texts.push(text),
            Ok(Event::Logprobs(_)) => {}
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
    let (texts, reason) = collect(admit(&batch, request(".")));
    assert_eq!(texts, ["a", "é", "☃"]);
    assert_eq!(reason.expect("no error"), FinishReason::Stop);
}

#[test]
fn an_unfinished_character_at_the_end_is_replaced() {
    let batch = start(|tokens| if tokens.len() == 1 { 0xE2 } else { END });
    assert_eq!(collect(admit(&batch, request("."))).0, ["\u{FFFD}"]);
}

#[test]
fn no_part_of_a_stop_string_is_shown() {
    let batch = start(says("one END two"));
    let stopping = |stop: &str| Request {
        stop: vec![stop.to_owned()],
        ..request(".")
    };
    let (texts, reason) = collect(admit(&batch, stopping("END")));
    assert_eq!(texts.concat(), "one ");
    assert_eq!(reason.expect("no error"), FinishReason::Stop);
    let (texts, _) = collect(admit(&batch, stopping("two!")));
    assert_eq!(texts.concat(), "one END two");
}

#[test]
fn stops_hold_for_characters_of_several_tokens_and_at_any_length() {
    let whole = "one ☃é two ☃☃ three";
    let batch = start(says(whole));
    for stop in ["☃☃", "é two", "ee", "☃☃☃"] {
        let end = whole.find(stop).unwrap_or(whole.len());
        // As many tokens as bytes, and the end.
        for most in 1..=whole.len() + 1 {
            let bytes = &whole.as_bytes()[..most.min(whole.len())];
            let stopped = most >= end + stop.len() && end < whole.len();
            let expect = match stopped {
                true => whole[..end].to_owned(),
                false => String::from_utf8_lossy(bytes).into_owned(),
            };
            let cut = Request {
                max_tokens: Some(most),
                stop: vec![stop.to_owned(), "not in it".to_owned()],
                ..request(".")
            };
            let (texts, _) = collect(admit(&batch, cut));
            assert_eq!(texts.concat(), expect, "{stop} within {most} tokens");
            if stopped {
                assert!(texts.iter().all(|text| !text.contains('\u{FFFD}')));
            }
        }
    }
}

#[test]
fn a_panic_ends_its_sequence_and_no_other() {
    let batch = start(|tokens| match tokens {
        [b, ..] if *b == u32::from(b'!') => panic!("a broken kernel"),
        _ if tokens.len() < 50 => 65,
        _ => END,
    });
    let fine = admit(&batch, request("."));
    let (_, broken) = collect(admit(&batch, request("!")));
    match broken {
        Err(Error::Panicked { reason }) => assert_eq!(reason, "a broken kernel"),
        other => panic!("{other:?}"),
    }
    assert_eq!(collect(fine).0.len(), 49);
    assert!(collect(admit(&batch, request("."))).1.is_ok());
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
    let generation = admit(&batch, request("."));
    assert_eq!(step.recv(), Ok(1));
    drop(generation);
    go.send(()).expect("the loop waits");
    // The next thing computed is another sequence's prompt.
    let other = admit(
        &batch,
        Request {
            max_tokens: Some(1),
            ..request("..")
        },
    );
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
    let long = admit(&batch, request(&"L".repeat(900)));
    let short = admit(&batch, request("s"));
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
    let generation = admit(&batch, request("."));
    drop(batch);
    assert_eq!(collect(generation).0.len(), 99);
    assert_eq!(end.recv(), Ok(()));
}

/// How the generation ended, and what it took.
fn finish(mut generation: Generation) -> Finish {
    loop {
        if let Event::Done(finish) = generation
            .blocking_next()
            .expect("an end")
            .expect("no error")
        {
            return finish;
        }
    }
}

#[test]
fn a_second_turn_computes_only_what_is_new() {
    let batch = start(|tokens| if tokens.len() % 50 == 0 { END } else { 65 });
    let prompt = "x".repeat(140);
    assert_eq!(finish(admit(&batch, request(&prompt))).cached_tokens, 0);
    // The first answer was nine letters; its end was chosen and not computed.
    let next = format!("{prompt}{}", "A".repeat(10));
    assert_eq!(finish(admit(&batch, request(&next))).cached_tokens, 149);
    let other = format!("{}y", "x".repeat(70));
    assert_eq!(finish(admit(&batch, request(&other))).cached_tokens, 70);
    assert_eq!(finish(admit(&batch, request("y"))).cached_tokens, 0);
}

#[test]
fn a_prompt_shared_by_many_is_computed_once() {
    let (steps, step) = mpsc::channel();
    let (go, gate) = mpsc::channel::<()>();
    let batch = start(move |tokens| {
        let _ = steps.send(tokens.len());
        let _ = gate.recv(); // nothing is computed before all prompts are there
        END
    });
    let shared = "x".repeat(500);
    let prompts = (0..40u8).map(|i| format!("{shared}{}", char::from(b'A' + i)));
    let running: Vec<_> = prompts
        .map(|prompt| admit(&batch, request(&prompt)))
        .collect();
    drop(go);
    let computed: usize = running
        .into_iter()
        .map(|it| 501 - finish(it).cached_tokens)
        .sum();
    drop(batch);
    drop(step);
    // 500 once, and of each its last letter and what it shares of a page that was not full.
    assert!(computed <= 500 + 40 * (1 + 500 % PAGE), "{computed}");
}

#[test]
fn sequences_that_do_not_fit_at_once_come_one_after_the_other() {
    // Each ends with 96 tokens, three pages; there is room for four.
    let batch = start_with(4, |tokens| if tokens.len() < 96 { tokens[0] } else { END });
    let prompts = ["a", "b", "c", "d", "e"];
    let running: Vec<_> = prompts.map(|prompt| admit(&batch, request(prompt))).into();
    for (generation, letter) in running.into_iter().zip(prompts) {
        let (texts, reason) = collect(generation);
        assert_eq!(texts.concat(), letter.repeat(95));
        assert_eq!(reason.expect("no error"), FinishReason::Stop);
    }
    // One that can never fit says so, and the loop goes on.
    let (_, reason) = collect(admit(&batch, request(&"x".repeat(300))));
    assert!(
        matches!(reason, Err(Error::CacheFull { capacity: 128, .. })),
        "{reason:?}"
    );
    assert_eq!(collect(admit(&batch, request("z"))).0.len(), 95);
}

#[test]
fn an_answer_ends_where_its_memory_does() {
    let batch = start_with(4, |tokens| tokens[0]);
    let (texts, reason) = collect(admit(&batch, request("a")));
    assert_eq!(reason.expect("no error"), FinishReason::Length);
    // The last token was chosen and needs no room.
    assert_eq!(texts.concat(), "a".repeat(4 * PAGE));
}

#[test]
fn prompts_that_fill_the_memory_together_do_not_wait_for_each_other() {
    // Parts of prompts so small that each turn is one sequence's, and room for one and a half of them.
    for (prompts, letters) in [(2, false), (12, false), (3, true)] {
        let (go, gate) = mpsc::channel::<()>();
        let next = move |tokens: &[u32]| {
            let _ = gate.recv(); // nothing is computed before all prompts are there
            if tokens.len() < 190 { 65 } else { END }
        };
        let limits = Limits {
            prompt_tokens: PAGE / 2,
            ..limits(8)
        };
        let batch = start_within(limits, next);
        let prompt = |at: u8| match letters {
            true => "x".repeat(180),
            false => char::from(b'a' + at).to_string().repeat(180),
        };
        let running = (0..prompts).map(|at| admit(&batch, request(&prompt(at))));
        let running: Vec<_> = running.collect();
        drop(go);
        for generation in running {
            let finish = finish(generation);
            assert_eq!(finish.completion_tokens, 11);
            assert!(letters || finish.cached_tokens == 0, "{finish:?}");
        }
    }
}

/// Any order of arrivals, lengths and cancellations gives what each sequence gives alone.
#[test]
fn what_runs_together_does_not_matter() {
    // The next token depends on every token before it, so a page from a wrong place shows.
    let next = |tokens: &[u32]| {
        let hash = tokens.iter().fold(7u32, |hash, token| {
            hash.wrapping_mul(31).wrapping_add(*token)
        });
        if tokens.len() > 150 {
            END
        } else {
            97 + hash % 26
        }
    };
    let alone = |prompt: &str| {
        let mut tokens: Vec<u32> = prompt.bytes().map(u32::from).collect();
        loop {
            match next(&tokens) {
                END => break,
                token => tokens.push(token),
            }
        }
        let text = tokens[prompt.len()..].iter().map(|t| char::from(*t as u8));
        text.collect::<String>()
    };
    let mut state = 1u64;
    let mut below = move |limit: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % limit
    };
    let batch = start_with(30, next);
    let mut running = Vec::new();
    for _ in 0..300 {
        let prompt: String = "abc".repeat(below(40) + 1) + &"d".repeat(below(3));
        let generation = admit(&batch, request(&prompt));
        match below(5) {
            0 => drop(generation),
            1 => assert_eq!(collect(generation).0.concat(), alone(&prompt)),
            _ => running.push((prompt, generation)),
        }
        if running.len() > 20 {
            let (prompt, generation) = running.remove(below(20));
            assert_eq!(collect(generation).0.concat(), alone(&prompt));
        }
    }
    for (prompt, generation) in running {
        assert_eq!(collect(generation).0.concat(), alone(&prompt));
    }
}

#[test]
fn readers_that_are_behind_hold_up_nobody() {
    // More than may compute at once, each with more to say than is kept for its reader.
    let batch = start(|tokens| if tokens.len() < 300 { tokens[0] } else { END });
    let unread: Vec<_> = (0..100).map(|_| admit(&batch, request("u"))).collect();
    assert_eq!(collect(admit(&batch, request("r"))).0.len(), 299);
    for generation in unread {
        assert_eq!(collect(generation).0.concat(), "u".repeat(299));
    }
}

#[test]
fn the_memory_of_readers_that_are_behind_goes_to_others() {
    // Each needs seven pages of ten.
    let next = |tokens: &[u32]| if tokens.len() < 200 { tokens[0] } else { END };
    let batch = start_with(10, next);
    let unread = [request("a"), request("b")].map(|request| admit(&batch, request));
    for letter in ["c", "d"] {
        assert_eq!(
            collect(admit(&batch, request(letter))).0.concat(),
            letter.repeat(199)
        );
    }
    for (generation, letter) in unread.into_iter().zip(["a", "b"]) {
        assert_eq!(collect(generation).0.concat(), letter.repeat(199));
    }
}

#[test]
fn more_requests_than_the_queue_holds_are_refused() {
    let (go, gate) = mpsc::channel::<()>();
    let batch = start(move |_| {
        let _ = gate.recv();
        END
    });
    let mut accepted = Vec::new();
    let refused = loop {
        match batch.admit(request(".")) {
            Ok(generation) => accepted.push(generation),
            Err(error) => break error,
        }
    };
    assert!(matches!(
        refused,
        Error::QueueFull {
            waiting: MOST_WAITING
        }
    ));
    assert!(accepted.len() >= MOST_WAITING);
    drop(go);
    for generation in accepted {
        assert!(collect(generation).1.is_ok());
    }
    assert!(collect(admit(&batch, request("."))).1.is_ok());
}

#[test]
fn no_more_sequences_are_computed_at_once_than_allowed() {
    let (steps, stepped) = mpsc::channel();
    let (go, gate) = mpsc::channel();
    let two = Limits {
        sequences: 2,
        ..limits(1_000)
    };
    let batch = start_within(two, move |tokens| {
        // The test has seen enough when it hangs up.
        let _ = steps.send(());
        let _ = gate.recv();
        if tokens.len() < 8 { 65 } else { END }
    });
    let running: Vec<_> = (0..5).map(|_| admit(&batch, request("hello"))).collect();
    let mut most = 0;
    for _ in 0..10 {
        stepped.recv().expect("the loop goes on");
        most = most.max(batch.live());
        go.send(()).expect("the loop listens");
    }
    assert_eq!(most, 2);
    drop(go);
    for generation in running {
        assert!(collect(generation).1.is_ok());
    }
}

#[test]
fn a_prompt_is_computed_in_steps_of_the_allowed_size() {
    let (steps, stepped) = mpsc::channel();
    let small = Limits {
        prompt_tokens: 8,
        ..limits(1_000)
    };
    let batch = start_within(small, move |tokens| {
        steps.send(tokens.len()).expect("the test listens");
        END
    });
    let (_, end) = collect(admit(&batch, request(&"x".repeat(30))));
    assert_eq!(end.expect("an answer"), FinishReason::Stop);
    assert_eq!(stepped.try_iter().collect::<Vec<_>>(), [8, 16, 24, 30]);
}
