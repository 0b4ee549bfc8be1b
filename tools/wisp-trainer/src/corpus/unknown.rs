//! Saying that it does not know.

use super::phrases::{Split, fill, typed};
use crate::{dialogue::Dialogue, rng::Rng};

const KNOWLEDGE: &[&str] = &[
    "How do I travel to {x}?",
    "What is the capital of {x}?",
    "Who is the president of {x}?",
    "How many people live in {x}?",
    "What is the weather in {x}?",
    "Who won the match in {x}?",
    "What time is it in {x}?",
    "How far is it to {x}?",
    "What happened in {x} yesterday?",
    "Tell me about the history of {x}.",
    "Which language do they speak in {x}?",
    "Where is {x}?",
    "What do people eat in {x}?",
    "What is the largest city of {x}?",
    "What do you know about {x}?",
    "How old is {x}?",
    "When was {x} founded?",
    "How is life in {x}?",
    "Who rules {x}?",
    "Which rivers are in {x}?",
    "What is {x} known for?",
    "Which city is the largest in {x}?",
    "Who is the king of {x}?",
];

const PLACES: &[&str] = &[
    "France", "Spain", "Japan", "Brazil", "Canada", "Norway", "Kenya", "India", "Mexico", "Italy",
    "Egypt", "Poland", "Sweden", "Peru", "China", "Germany", "Greece", "Turkey", "Texas", "London",
    "Paris", "Rome", "Portugal", "Austria",
];

const TOPICS: &[&str] = &[
    "Who wrote {x}?",
    "Who painted {x}?",
    "Explain {x} to a child.",
    "What is the meaning of {x}?",
    "Who discovered {x}?",
    "How does one cook {x}?",
    "When was {x} invented?",
    "Why is {x} important?",
    "How does {x} work?",
    "Who made {x}?",
    "Where does {x} come from?",
    "What do people think of {x}?",
    "Tell me all about {x}.",
    "Who was the first to see {x}?",
    "Who invented {x}?",
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
    "Write code for {x}.",
    "Write a poem about {x}.",
    "Write an essay about {x}.",
    "Write a story about {x}.",
    "Translate {x} into French.",
    "Summarize a book about {x}.",
    "Write a program about {x}.",
    "Write a song about {x}.",
    "Compose a poem on {x}.",
    "Write something long about {x}.",
    "Tell me a long story about {x}.",
    "Write ten pages about {x}.",
    "Draw a picture of {x}.",
    "Please write a speech about {x}.",
    "Make a plan for {x}.",
    "Write a short story about {x}.",
    "Write me a letter about {x}.",
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
    "Where am I?",
    "What is on the radio?",
    "What date is it today?",
];

/// Calculations that wisp never learnt.
const CALCULATIONS: &[&str] = &[
    "What is {a} * {b}?",
    "{a} * {b}",
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
    let (phrasings, words, answer) = match rng.below(8) {
        0..2 => (KNOWLEDGE, PLACES, NO_KNOWLEDGE),
        2..4 => (TOPICS, THINGS, NO_KNOWLEDGE),
        4 => (WORK, THINGS, NO_WORK),
        5 => (PLAIN_KNOWLEDGE, THINGS, NO_KNOWLEDGE),
        6 => (PLAIN_WORK, THINGS, NO_WORK),
        _ => (CALCULATIONS, THINGS, NO_CALCULATION),
    };
    let [a, b] = [(); 2].map(|()| rng.between(2, 19).to_string());
    let places = [("x", split.pick(rng, words)), ("a", &a), ("b", &b)];
    let question = fill(split.pick(rng, phrasings), &places);
    Dialogue::exchange(typed(rng, split, &question), answer)
}
