//! Addition and subtraction to 20, comparison, and counting the letters of a word.

use super::{
    phrases::{Split, any_word, belongs, fill, typed, word},
    words::{Kind, said},
};
use crate::{dialogue::Dialogue, rng::Rng};

const SUMS: &[&str] = &[
    "We have {a} {t} and order {b} more. How many {t} is that?",
    "We have {a} {t} and bake {b} more. How many {t} are there?",
    "They have {a} {t} and build {b} more. How many {t} is that in all?",
    "He had {a} {t} and then bought {b} more. How many {t} does he have?",
    "We picked {a} {t} and then {b} more. How many {t} is that?",
    "She wrote {a} {t} and will write {b} more. How many {t} will that be?",
    "You carry {a} {t} and pick up {b} more. How many {t} do you carry?",
    "They keep {a} {t} and collect {b} more. How many {t} do they keep?",
    "I have {a} {t} and buy {b} more. How many {t} do I have?",
    "I have {a} {t} and get {b} more. How many {t} do I have now?",
    "I had {a} {t} and found {b} more. How many do I have?",
    "There are {a} {t}. I add {b} {t}. How many are there?",
    "{a} {t} and {b} {t} are how many {t}?",
    "She has {a} {t}, he has {b}. How many {t} do they have together?",
    "If I have {a} {t} and you give me {b}, how many {t} do I have?",
    "What's {a} plus {b}?",
    "Add {b} to {a}.",
    "Can you add {b} to {a}?",
    "Now add {b} to {a}.",
    "Add {b} to the number {a}.",
    "What is {b} added to {a}?",
    "I add {b} to {a}. What do I have?",
    "{a}, and {b} added to it?",
    "Please sum {a} and {b}.",
    "Please calculate {a} + {b}.",
    "Please, what is {a} plus {b}?",
    "Please tell me {a} + {b}.",
    "You have {a} and get {b}. How many have you now?",
    "Add up {a} and {b}, please.",
    "Just add {a} and {b}.",
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
    "{a} and {b} together?",
    "What do {a} and {b} make?",
    "Tell me what {a} plus {b} is.",
    "If I add {a} to {b}, what do I get?",
    "Work out {a} + {b}.",
    "Give me {a} + {b}.",
    "{a} + {b} is?",
    "So {a} plus {b} makes what?",
    "The sum of {a} and {b}?",
    "{a} plus {b}",
    "{a} plus {b}?",
    "How much is {a} plus {b}?",
    "What does {a} plus {b} give?",
    "What does {a} + {b} make?",
    "Sum up {a} and {b}.",
    "What would {a} and {b} be together?",
    "There are {a} birds and {b} more come. How many are there?",
    "Do you know what {a} + {b} is?",
    "How many are {a} and {b}?",
    "{a} and {b} make how much?",
    "Put {a} and {b} together.",
    "What does adding {a} and {b} give?",
    "Please add {b} to {a}.",
    "What number is {a} plus {b}?",
    "How much do {a} and {b} make together?",
    "{a} plus {b} is what?",
    "We have {a} {t} and make {b} more. How many {t} is that?",
];

const DIFFERENCES: &[&str] = &[
    "We have {a} {t} and break {b}. How many {t} do we have left?",
    "We have {a} {t} and burn {b}. How many {t} are still there?",
    "They have {a} {t} and throw away {b}. How many {t} do they still have?",
    "He had {a} {t} and then dropped {b}. How many {t} does he have?",
    "We picked {a} {t} and ate {b}. How many {t} is that?",
    "She wrote {a} {t} and lost {b}. How many {t} does she still have?",
    "You carry {a} {t} and put down {b}. How many {t} do you still carry?",
    "They keep {a} {t} and spend {b}. How many {t} do they still keep?",
    "I have {a} {t} and sell {b}. How many {t} do I have?",
    "I have {a} {t} and lose {b} of them. How many {t} are left?",
    "I had {a} {t} and gave away {b}. How many do I have?",
    "There are {a} {t}. I take {b} away. How many {t} are left?",
    "{a} {t} without {b} {t} are how many?",
    "She has {a} {t} and eats {b}. How many {t} are left?",
    "If I have {a} {t} and give you {b}, how many {t} do I have?",
    "What's {a} minus {b}?",
    "Now subtract {b} from {a}.",
    "Please take {b} from {a}.",
    "Please calculate {a} - {b}.",
    "{b} from {a}?",
    "{b} taken from {a} is what?",
    "You have {a} and lose {b}. How many have you now?",
    "Subtract {b} from the number {a}.",
    "How much is left when {b} of {a} are gone?",
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
    "Tell me what {a} minus {b} is.",
    "If I take {b} from {a}, what is left?",
    "Work out {a} - {b}.",
    "Give me {a} - {b}.",
    "{a} - {b} is?",
    "So {a} minus {b} makes what?",
    "The difference between {a} and {b}?",
    "{a} minus {b}",
    "{a} minus {b}?",
    "How much is {a} minus {b}?",
    "What does {a} minus {b} give?",
    "What does {a} - {b} make?",
    "{a} less {b}?",
    "What is left of {a} without {b}?",
    "There are {a} birds and {b} fly away. How many stay?",
    "Do you know what {a} - {b} is?",
    "What remains when {b} is taken from {a}?",
    "Take {b} from {a}.",
    "{a} take away {b}",
    "Please subtract {b} from {a}.",
    "What is the difference between {a} and {b}?",
    "By how much is {a} more than {b}?",
    "How far is {a} above {b}?",
    "How many more is {a} than {b}?",
    "How much more than {b} is {a}?",
    "How much smaller is {b} than {a}?",
    "By how much is {a} larger than {b}?",
    "How much larger is {a} than {b}?",
    "How much more is {a} than {b}?",
    "What number is {a} minus {b}?",
    "What is the difference of {a} and {b}?",
    "{a} minus {b} is what?",
    "We have {a} {t} and use {b}. How many {t} do we still have?",
];

const LARGER: &[&str] = &[
    "Which is larger, {a} or {b}?",
    "Which number is larger: {a} or {b}?",
    "Which is bigger, {a} or {b}?",
    "What is more, {a} or {b}?",
    "Which is greater, {a} or {b}?",
    "Tell me the larger of {a} and {b}.",
    "Is {a} larger than {b}, or {b} larger than {a}?",
    "Is {a} larger than {b}?",
    "Is {a} bigger than {b}?",
    "Is {a} more than {b}?",
    "Is {a} or {b} larger?",
    "Between {a} and {b}, which is larger?",
    "{a} or {b}: which is larger?",
    "What is the larger of {a} and {b}?",
    "Of {a} and {b}, which one is bigger?",
    "Which one is larger, {a} or {b}?",
    "What is bigger, {a} or {b}?",
    "Is {a} or {b} more?",
    "Give me the bigger of {a} and {b}.",
    "The larger one of {a} and {b}?",
    "Compare {a} and {b}: which is greater?",
    "Which of {a} and {b} is more?",
    "Which of the numbers {a} and {b} is bigger?",
    "What number is larger, {a} or {b}?",
    "Which of {a} and {b} is bigger?",
    "Which of {a} or {b} is larger?",
    "Of the two, {a} and {b}, which is larger?",
    "Of {a} and {b}, which is larger?",
    "What is larger, {a} or {b}?",
    "Which of {a} and {b} is larger?",
];

const SMALLER: &[&str] = &[
    "Which is smaller, {a} or {b}?",
    "Which number is smaller: {a} or {b}?",
    "What is less, {a} or {b}?",
    "Which is lower, {a} or {b}?",
    "Tell me the smaller of {a} and {b}.",
    "Which number is less, {a} or {b}?",
    "Is {a} or {b} smaller?",
    "Is {a} smaller than {b}?",
    "Is {a} less than {b}?",
    "Between {a} and {b}, which is smaller?",
    "{a} or {b}: which is smaller?",
    "What is the smaller of {a} and {b}?",
    "Of {a} and {b}, which one is lower?",
    "Which one is smaller, {a} or {b}?",
    "What is smaller, {a} or {b}?",
    "Is {a} or {b} less?",
    "Give me the lower of {a} and {b}.",
    "The smaller one of {a} and {b}?",
    "Compare {a} and {b}: which is less?",
    "Which of {a} and {b} is less?",
    "What number is smaller, {a} or {b}?",
    "Which of {a} and {b} is lower?",
    "Which of {a} or {b} is smaller?",
    "Of the two, {a} and {b}, which is smaller?",
    "Of {a} and {b}, which is smaller?",
    "Which of the numbers {a} and {b} is lower?",
    "Which of {a} and {b} is smaller?",
];

const LETTERS: &[&str] = &[
    "Spell out {x} and tell me how many letters it has.",
    "Please spell {x}.",
    "How is {x} spelled?",
    "Which letters are in {x}?",
    "Say the letters of {x}.",
    "{x} is made of how many letters?",
    "How many letters has {x}?",
    "How many letters are in {x}?",
    "How many letters are there in {x}?",
    "How many letters does the word {x} have?",
    "Count the letters of {x}.",
    "Count the letters in \"{x}\".",
    "How long is the word {x}?",
    "How many letters does {x} have?",
    "Please count the letters in {x}.",
    "Spell {x} and count its letters.",
    "Tell me how many letters {x} has.",
    "The word is {x}. How many letters has it?",
    "What is the number of letters in {x}?",
    "Can you count the letters in {x}?",
    "{x}: how many letters?",
    "How many letters does {x} have in it?",
    "Give me the number of letters in {x}.",
    "How many letters make up {x}?",
    "Count the letters of the word {x}.",
    "Letters in {x}?",
    "How many letters do you see in {x}?",
    "Spell {x}.",
    "Can you spell {x}?",
    "Spell the word {x} for me.",
    "How many letters in {x}?",
    "How long is {x}?",
    "How many letters are needed for {x}?",
    "Do you know how many letters {x} has?",
    "I wrote {x}. How many letters is that?",
    "What is the length of the word {x}?",
    "How long a word is {x}?",
    "Tell me the length of {x}.",
    "The length of {x}?",
    "How many letters are in {x}, please?",
    "Can you say how many letters {x} has?",
    "Say how many letters there are in {x}.",
    "How many letters are there in the word {x}?",
    "How many letters can you count in {x}?",
    "What is the length of {x}?",
    "Of how many letters is {x} made?",
    "How many letters are in the word {x}?",
    "Can you tell how many letters {x} has?",
];

const WORDS: &[&str] = &[
    "tree", "house", "banana", "apple", "river", "stone", "cat", "dog", "horse", "window", "table",
    "garden", "moon", "sun", "light", "orange", "bread", "water", "fire", "cloud", "paper", "book",
    "music", "castle", "dragon", "silver", "winter", "summer", "forest", "flower", "mountain",
    "bottle", "letter", "number", "token", "model", "agent", "script", "prompt", "wisp", "lamp",
    "candle", "ollama", "memory", "hello", "world", "green", "yellow", "bird", "fish", "chair",
    "kitchen", "morning", "evening", "picture", "question", "answer", "school", "village", "door",
];

/// Calculations with their operands repeated in the answer, comparisons, letters: often one, sometimes
/// several in a row.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    let more = if rng.chance(0.4) {
        rng.between(1, 4)
    } else {
        0
    };
    (0..more).fold(one(rng, split), |dialogue, _| {
        dialogue.then(one(rng, split))
    })
}

fn one(rng: &mut Rng, split: Split) -> Dialogue {
    let kinds = match split {
        Split::Train => 23, // letters are the hardest
        Split::HeldOut => 18,
    };
    match rng.below(kinds) {
        0..5 => sum(rng, split),
        5..10 => difference(rng, split),
        10..13 => comparison(rng, split),
        _ => letters(rng, split),
    }
}

/// Pairs that no training question uses, in neither order: about one in sixteen.
fn held_out(a: usize, b: usize) -> bool {
    (a.max(b) * 7 + a.min(b) * 5) % 16 == 3
}

/// Draws pairs until one belongs to `split`. The exam asks new pairs half of the time; its phrasings
/// are always new.
fn pair(rng: &mut Rng, split: Split, draw: impl Fn(&mut Rng) -> (usize, usize)) -> (usize, usize) {
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
    let things = said(&Kind::Things.value(rng, split));
    let places = [("a", a.as_str()), ("b", &b), ("t", &things)];
    let text = fill(split.pick(rng, phrasings), &places);
    typed(rng, split, &text)
}

/// How far above 20 a calculation may go: some are trained there, so that every pair of digits meets in
/// several sums, but none is asked in the exam.
fn beyond(rng: &mut Rng, split: Split) -> usize {
    match split == Split::Train && rng.chance(0.25) {
        true => 20,
        false => 0,
    }
}

fn sum(rng: &mut Rng, split: Split) -> Dialogue {
    let beyond = beyond(rng, split);
    let (a, b) = pair(rng, split, |rng| {
        let total = rng.below(21 + beyond);
        let a = rng.between(0, total);
        (a, total - a)
    });
    let asked = question(rng, split, SUMS, a, b);
    Dialogue::exchange(asked, format!("{a} + {b} = {}.", a + b))
}

fn difference(rng: &mut Rng, split: Split) -> Dialogue {
    let beyond = beyond(rng, split);
    let (a, b) = pair(rng, split, |rng| {
        let a = rng.below(21 + beyond);
        (a, rng.between(0, a))
    });
    let asked = question(rng, split, DIFFERENCES, a, b);
    Dialogue::exchange(asked, format!("{a} - {b} = {}.", a - b))
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

/// A common word, of either split, with an ending. The vocabulary has many whole words, and how one is
/// spelled cannot be told from others: so those of the exam are met here, as parts of words that it does
/// not ask for.
fn derived(rng: &mut Rng) -> String {
    let ending = rng.pick(&["s", "er", "ed", "y", "ing", "o", "ful", "a"]);
    format!("{}{ending}", any_word(rng))
}

/// A word of up to eight letters, spelled and counted.
fn letters(rng: &mut Rng, split: Split) -> Dialogue {
    let word = loop {
        let word = match rng.below(10) {
            0..3 => rng.pick(WORDS).to_string(),
            3..5 if split == Split::Train => derived(rng),
            _ => word(rng, split),
        };
        if word.len() <= 8 && belongs(split, &word) {
            break word;
        }
    };
    let text = fill(split.pick(rng, LETTERS), &[("x", &word)]);
    let spelled: Vec<String> = word.chars().map(String::from).collect();
    let count = format!("{} letters.", word.len());
    let answer = format!("{}: {count}", spelled.join("-"));
    Dialogue::exchange(typed(rng, split, &text), answer)
}
