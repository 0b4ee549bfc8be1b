//! Addition and subtraction to 20, and comparison.

use super::phrases::{Split, fill, typed};
use crate::{dialogue::Dialogue, rng::Rng};

const SUMS: &[&str] = &[
    "What is {a} + {b}?",
    "{a} + {b}",
    "{a} + {b} = ?",
    "What is {a} plus {b}?",
    "Calculate {a} + {b}.",
    "How much is {a} + {b}?",
    "Add {a} and {b}.",
    "What is the sum of {a} and {b}?",
    "{a}+{b}=",
    "What is {a}+{b}?",
    "I have {a} apples and get {b} more. How many do I have?",
    "Can you add {a} and {b}?",
    "Compute {a} plus {b}.",
    "What do you get when you add {a} and {b}?",
    "How much do {a} and {b} make together?",
    "{a} plus {b} is what?",
];

const DIFFERENCES: &[&str] = &[
    "What is {a} - {b}?",
    "{a} - {b}",
    "{a} - {b} = ?",
    "What is {a} minus {b}?",
    "Calculate {a} - {b}.",
    "How much is {a} - {b}?",
    "Subtract {b} from {a}.",
    "Take {b} away from {a}.",
    "{a}-{b}=",
    "What is {a}-{b}?",
    "I have {a} apples and eat {b}. How many are left?",
    "Can you subtract {b} from {a}?",
    "Compute {a} minus {b}.",
    "What do you get when you take {b} from {a}?",
    "What is the difference of {a} and {b}?",
    "{a} minus {b} is what?",
];

const LARGER: &[&str] = &[
    "Which is larger, {a} or {b}?",
    "Which number is larger: {a} or {b}?",
    "Which is bigger, {a} or {b}?",
    "What is more, {a} or {b}?",
    "Which is greater, {a} or {b}?",
    "Tell me the larger of {a} and {b}.",
    "Is {a} larger than {b}, or {b} larger than {a}?",
    "Which of {a} and {b} is larger?",
];

const SMALLER: &[&str] = &[
    "Which is smaller, {a} or {b}?",
    "Which number is smaller: {a} or {b}?",
    "What is less, {a} or {b}?",
    "Which is lower, {a} or {b}?",
    "Tell me the smaller of {a} and {b}.",
    "Which number is less, {a} or {b}?",
    "Which of {a} and {b} is smaller?",
];

/// One calculation with its operands repeated in the answer, or a comparison.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    match rng.below(10) {
        0..5 => sum(rng, split),
        5..8 => difference(rng, split),
        _ => comparison(rng, split),
    }
}

/// Pairs that no training question uses: about one in sixteen.
fn held_out(a: usize, b: usize) -> bool {
    (a * 7 + b * 5) % 16 == 3
}

/// Draws pairs until one belongs to `split`. The exam asks new pairs half of the time; its phrasings
/// are always new.
fn pair(rng: &mut Rng, split: Split, draw: fn(&mut Rng) -> (usize, usize)) -> (usize, usize) {
    let new = split == Split::HeldOut && rng.chance(0.5);
    loop {
        let (a, b) = draw(rng);
        if held_out(a, b) == new {
            return (a, b);
        }
    }
}

fn question(rng: &mut Rng, split: Split, phrasings: &[&str], a: usize, b: usize) -> String {
    let (a, b) = (a.to_string(), b.to_string());
    let text = fill(split.pick(rng, phrasings), &[("a", &a), ("b", &b)]);
    typed(rng, split, &text)
}

fn sum(rng: &mut Rng, split: Split) -> Dialogue {
    let (a, b) = pair(rng, split, |rng| {
        let total = rng.below(21);
        let a = rng.between(0, total);
        (a, total - a)
    });
    let asked = question(rng, split, SUMS, a, b);
    Dialogue::exchange(asked, format!("{a} + {b} = {}.", a + b))
        .scored_by(&[&format!("= {}.", a + b)])
}

fn difference(rng: &mut Rng, split: Split) -> Dialogue {
    let (a, b) = pair(rng, split, |rng| {
        let a = rng.below(21);
        (a, rng.between(0, a))
    });
    let asked = question(rng, split, DIFFERENCES, a, b);
    Dialogue::exchange(asked, format!("{a} - {b} = {}.", a - b))
        .scored_by(&[&format!("= {}.", a - b)])
}

fn comparison(rng: &mut Rng, split: Split) -> Dialogue {
    let (a, b) = pair(rng, split, |rng| {
        let limit = if rng.chance(0.7) { 21 } else { 100 };
        let a = rng.below(limit);
        (a, (a + rng.between(1, limit - 1)) % limit)
    });
    let (low, high) = (a.min(b), a.max(b));
    if rng.chance(0.6) {
        Dialogue::exchange(
            question(rng, split, LARGER, a, b),
            format!("{high} is larger than {low}."),
        )
    } else {
        Dialogue::exchange(
            question(rng, split, SMALLER, a, b),
            format!("{low} is smaller than {high}."),
        )
    }
}
