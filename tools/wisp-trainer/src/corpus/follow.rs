//! Simple instructions: say something, count, greet in a number of words.

use super::{
    phrases::{Split, fill, name, typed, word},
    words::number,
};
use crate::{dialogue::Dialogue, rng::Rng};

const SAY: &[&str] = &[
    "Say {x}.",
    "Say \"{x}\".",
    "Repeat: {x}",
    "Repeat after me: {x}",
    "Please say {x}.",
    "Just say {x}.",
    "Say the word {x}.",
    "Echo {x}",
    "Answer with the word {x}.",
    "Now say {x}.",
    "Say this: {x}",
    "Say {x} again.",
    "Tell me {x}.",
    "The word is {x}. Say it.",
    "Can you say {x}?",
    "Could you repeat {x}?",
    "Repeat {x}",
    "Write {x}.",
    "Say the words {x}.",
    "Please say: {x}",
    "Say after me: {x}",
    "Please repeat {x}.",
    "Repeat the word {x}.",
];

const WORDS: &[&str] = &[
    "yes", "no", "banana", "hello", "tree", "river", "ready", "stone", "done", "light", "apple",
    "cloud", "moon", "ping", "pong", "window", "table", "green", "seven", "fire", "water", "night",
    "music", "bread", "paper", "garden", "dragon", "castle", "orange", "silver", "forest",
    "winter",
];

const GREET: &[&str] = &[
    "Say hello in {n} words.",
    "Say hello in {n} words.",
    "Greet me in {n} words.",
    "Say hello in exactly {n} words.",
    "Give me a greeting of {n} words.",
    "Write a greeting in {n} words.",
    "Say hi in {n} words.",
    "Greet me with {n} words.",
    "Say hello with {n} words.",
    "Use {n} words to greet me.",
    "A greeting in {n} words, please.",
    "Please greet me in {n} words.",
    "Say a greeting with {n} words.",
];

const GREETINGS: &[(&str, &str)] = &[
    ("two", "Hello there!"),
    ("three", "Hello, my friend!"),
    ("four", "Hello, nice meeting you!"),
    ("five", "Hello there, my dear friend!"),
    ("six", "Hello there, how are you today?"),
];

const COUNT: &[&str] = &[
    "Count from {a} to {b}.",
    "Count {a} to {b}.",
    "Please count from {a} to {b}.",
    "Can you count from {a} to {b}?",
    "Give me the numbers from {a} to {b}.",
    "Count up from {a} to {b}.",
    "Write the numbers from {a} to {b}.",
    "Say the numbers {a} to {b}.",
    "The numbers from {a} to {b}, please.",
    "List the numbers from {a} to {b}.",
];

const COUNT_UP: &[&str] = &[
    "Count to {b}.",
    "Please count to {b}.",
    "Can you count to {b}?",
    "Count from 1 up to {b}.",
    "Count until {b}.",
    "Could you count to {b}?",
    "Count up to {b}.",
];

const HELLO_TO: &[&str] = &[
    "Say hello to {x}.",
    "Greet {x}.",
    "Please greet {x}.",
    "Say hi to {x}.",
    "Now greet {x}.",
    "Give {x} a greeting.",
    "Write a hello for {x}.",
    "Write {x} a greeting.",
    "Please write a greeting to {x}.",
    "Write a few kind words to greet {x}.",
    "Can you say hello to {x}?",
    "Say good day to {x}.",
    "This is {x}. Say hello.",
    "Write a greeting for {x}.",
];

/// One instruction and what it asks for.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    let (question, answer) = match rng.below(10) {
        0..4 => say(rng, split),
        4..6 => greet(rng, split),
        6..8 => count(rng, split),
        _ => hello_to(rng, split),
    };
    Dialogue::exchange(typed(rng, split, &question), answer)
}

/// Nothing but words to be said again.
pub fn repeat(rng: &mut Rng, split: Split) -> Dialogue {
    let (question, answer) = say(rng, split);
    Dialogue::exchange(typed(rng, split, &question), answer)
}

/// One to eight words, to be said again.
fn say(rng: &mut Rng, split: Split) -> (String, String) {
    let one = |rng: &mut Rng| match rng.below(10) {
        0..2 => split.pick(rng, WORDS).to_string(),
        2..4 => name(rng, split),
        4..5 => number(rng, split).to_string(),
        _ => word(rng, split),
    };
    let count = if rng.chance(0.4) {
        1
    } else {
        rng.between(2, 8)
    };
    let words: Vec<String> = (0..count).map(|_| one(rng)).collect();
    let said = words.join(" ");
    (fill(split.pick(rng, SAY), &[("x", &said)]), said)
}

fn greet(rng: &mut Rng, split: Split) -> (String, String) {
    let (number, greeting) = GREETINGS[rng.below(GREETINGS.len())];
    let digit = rng
        .chance(0.3)
        .then(|| greeting.split(' ').count().to_string());
    let asked = fill(
        split.pick(rng, GREET),
        &[("n", digit.as_deref().unwrap_or(number))],
    );
    (asked, greeting.to_string())
}

fn count(rng: &mut Rng, split: Split) -> (String, String) {
    let from = if rng.chance(0.5) {
        1
    } else {
        rng.between(2, 9)
    };
    let to = from + rng.between(2, 7);
    let phrasings = if from == 1 && rng.chance(0.5) {
        COUNT_UP
    } else {
        COUNT
    };
    let (a, b) = (from.to_string(), to.to_string());
    let numbers: Vec<String> = (from..=to).map(|number| number.to_string()).collect();
    (
        fill(split.pick(rng, phrasings), &[("a", &a), ("b", &b)]),
        numbers.join(", "),
    )
}

fn hello_to(rng: &mut Rng, split: Split) -> (String, String) {
    let name = name(rng, split);
    (
        fill(split.pick(rng, HELLO_TO), &[("x", &name)]),
        format!("Hello, {name}!"),
    )
}
