//! What prefix sharing saves, told by how long the first token takes: of a second turn, of a fork, and of
//! many sequences with one system prompt. The counterpart of each has as many tokens, all of its own.

use std::time::{Duration, Instant};

use llmspell_benches::models::{finish, load, request, tokens};
use llmspell_benches::{head, row};
use llmspell_inference::Model;

/// What a turn adds to the history.
const TURN: usize = 32;
const SEQUENCES: usize = 64;
const SYSTEM: usize = 1000;

fn main() {
    let model = load("tinyllama-1.1b");
    let mut number = 0;
    let mut fresh = |length| {
        number += 1;
        tokens(number, length)
    };
    first_token(&model, vec![fresh(8)]);
    head(&["until the first token, ms", "shared", "of its own"]);
    for length in [400, 1000] {
        let history = fresh(length);
        first_token(&model, vec![history.clone()]);
        let turn = |words: Vec<u32>| [history.clone(), words].concat();
        let second = first_token(&model, vec![turn(fresh(TURN))]);
        let other = first_token(&model, vec![fresh(length + TURN)]);
        print(&format!("second turn after {length} tokens"), second, other);
        let both = first_token(&model, vec![turn(fresh(TURN)), turn(fresh(TURN))]);
        let others = vec![fresh(length + TURN), fresh(length + TURN)];
        let others = first_token(&model, others);
        print(&format!("two forks after {length} tokens"), both, others);
    }
    let model = load("llama-25m");
    first_token(&model, vec![fresh(8)]);
    let system = fresh(SYSTEM);
    let users = (0..SEQUENCES).map(|_| [system.clone(), fresh(TURN)].concat());
    let shared = first_token(&model, users.collect());
    let strangers = (0..SEQUENCES).map(|_| fresh(SYSTEM + TURN));
    let strangers = first_token(&model, strangers.collect());
    let name = format!("{SEQUENCES} sequences, a system prompt of {SYSTEM} tokens (llama-25m)");
    print(&name, shared, strangers);
}

fn print(what: &str, shared: Duration, own: Duration) {
    let ms = |time: Duration| format!("{:.0}", time.as_secs_f64() * 1e3);
    row(&[what, &ms(shared), &ms(own)]);
}

/// Until all prompts, given at once, have their first token.
fn first_token(model: &Model, prompts: Vec<Vec<u32>>) -> Duration {
    let started = Instant::now();
    let requests = prompts.into_iter().map(|prompt| request(prompt, 1));
    let generations: Vec<_> = requests
        .map(|request| model.generate(request).expect("the request is valid"))
        .collect();
    generations.into_iter().for_each(finish);
    started.elapsed()
}
