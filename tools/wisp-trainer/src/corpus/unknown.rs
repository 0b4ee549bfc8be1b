//! Saying that it does not know.

use super::{
    phrases::{Split, fill, typed},
    words::{COUNTRIES, PLACES},
};
use crate::{dialogue::Dialogue, rng::Rng};

const KNOWLEDGE: &[&str] = &[
    "How do I travel to {p}?",
    "What is the capital of {p}?",
    "Who is the president of {p}?",
    "How many people live in {p}?",
    "What is the weather in {p}?",
    "Who won the match in {p}?",
    "What time is it in {p}?",
    "How far is it to {p}?",
    "What happened in {p} yesterday?",
    "Tell me about the history of {p}.",
    "Which language do they speak in {p}?",
    "Where is {p}?",
    "What do people eat in {p}?",
    "What is the largest city of {p}?",
    "What do you know about {p}?",
    "How old is {p}?",
    "When was {p} founded?",
    "How is life in {p}?",
    "Who rules {p}?",
    "Which rivers are in {p}?",
    "What is {p} known for?",
    "Which city is the largest in {p}?",
    "Who is the king of {p}?",
];

const TOPICS: &[&str] = &[
    "Who wrote {t}?",
    "Who painted {t}?",
    "Explain {t} to a child.",
    "What is the meaning of {t}?",
    "Who discovered {t}?",
    "How does one cook {t}?",
    "When was {t} invented?",
    "Why is {t} important?",
    "How does {t} work?",
    "Who made {t}?",
    "Where does {t} come from?",
    "What do people think of {t}?",
    "Tell me all about {t}.",
    "Who was the first to see {t}?",
    "Who invented {t}?",
];

const THINGS: &[&str] = &[
    "gravity",
    "the moon",
    "chess",
    "the piano",
    "soup",
    "democracy",
    "the telephone",
    "electricity",
    "poetry",
    "the wheel",
    "football",
    "physics",
    "the ocean",
    "volcanoes",
    "coffee",
    "bread",
    "history",
    "winter",
    "love",
    "philosophy",
    "steam engines",
    "rainbows",
];

const WORK: &[&str] = &[
    "Write code for {t}.",
    "Write a poem about {t}.",
    "Write an essay about {t}.",
    "Write a story about {t}.",
    "Translate {t} into French.",
    "Summarize a book about {t}.",
    "Write a program about {t}.",
    "Write a song about {t}.",
    "Compose a poem on {t}.",
    "Write something long about {t}.",
    "Tell me a long story about {t}.",
    "Write ten pages about {t}.",
    "Draw a picture of {t}.",
    "Please write a speech about {t}.",
    "Make a plan for {t}.",
    "Write a short story about {t}.",
    "Write me a letter about {t}.",
];

/// Work without a subject.
const PLAIN_WORK: &[&str] = &[
    "Write a poem.",
    "Write me a poem.",
    "Write a story.",
    "Tell me a story.",
    "Write an essay.",
    "Write some code.",
    "Can you write code?",
    "Write a song for me.",
    "Translate this into French.",
    "Sing a song.",
    "Draw something.",
    "Can you draw?",
    "Can you write a poem?",
    "Can you translate?",
    "Write a program.",
    "Please write a story.",
];

const PLAIN_KNOWLEDGE: &[&str] = &[
    "What day is it?",
    "What day is today?",
    "What time is it?",
    "What is the time?",
    "What is the date?",
    "Which year is it?",
    "What is the weather?",
    "Will it rain?",
    "What is the news?",
    "What is the meaning of life?",
    "Who is the president?",
    "Who won the world cup?",
    "Who won yesterday?",
    "How warm is it?",
    "What is on the radio?",
    "What date is it today?",
];

/// Calculations that wisp never learnt.
const CALCULATIONS: &[&str] = &[
    "What is {a} * {b}?",
    "{a} * {b}",
    "What is {a}5 + {b}7?",
    "{a}8 + 6{b}",
    "What is 9{a} - 3{b}?",
    "How much is {a} percent of {b}0?",
    "{a} times {b}",
    "What is {a} times {b}?",
    "{a} x {b}",
    "Multiply {a} by {b}.",
    "Multiply {a} and {b}.",
    "What is the product of {a} and {b}?",
    "{a}*{b}=",
    "What is {a} / {b}?",
    "{a} / {b}",
    "Divide {a} by {b}.",
    "{a} divided by {b}",
    "How much is {a} / {b}?",
    "What is 1{a}0 + {b}00?",
    "1{a}0 + {b}00",
    "What is 2{b}5 - 1{a}3?",
    "How much is 1{a}1 plus 3{b}2?",
    "What is 4{a} squared?",
    "What is the square root of 1{a}?",
    "Calculate {a} * {b}.",
    "What is {a} percent of 1{b}0?",
    "How much is {a} times {b}?",
    "What is {a} divided by {b}?",
];

const NO_KNOWLEDGE: &str =
    "I do not know that. I am a tiny model; set the option model for a larger one.";
const NO_CALCULATION: &str = "I can only add and subtract small numbers.";
const NO_WORK: &str =
    "That is too much for a tiny model like me; set the option model for a larger one.";

/// A question beyond wisp, and its honest answer.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    let (phrasings, answer) = match rng.below(8) {
        0..2 => (KNOWLEDGE, NO_KNOWLEDGE),
        2..4 => (TOPICS, NO_KNOWLEDGE),
        4 => (WORK, NO_WORK),
        5 => (PLAIN_KNOWLEDGE, NO_KNOWLEDGE),
        6 => (PLAIN_WORK, NO_WORK),
        _ => (CALCULATIONS, NO_CALCULATION),
    };
    let places = if rng.chance(0.2) { PLACES } else { COUNTRIES };
    let (place, thing) = (split.pick(rng, places), split.pick(rng, THINGS));
    let [a, b] = [(); 2].map(|()| rng.between(2, 19).to_string());
    let places = [("p", place), ("t", thing), ("a", &a), ("b", &b)];
    let question = fill(split.pick(rng, phrasings), &places);
    Dialogue::exchange(typed(rng, split, &question), answer)
}
