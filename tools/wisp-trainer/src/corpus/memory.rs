//! Remembering what was said one to three turns before.

use super::{
    mixed_turns,
    phrases::{Split, fill_one, lower_first, name, typed, word},
    words::{ANIMALS, COLOURS, PLACES, number},
};
use crate::{dialogue::Dialogue, rng::Rng};

/// One kind of thing to remember.
struct Slot {
    tell: &'static [&'static str],
    reply: &'static str,
    ask: &'static [&'static str],
    recall: &'static str,
    unknown: &'static str,
    value: fn(&mut Rng, Split) -> String,
}

const SLOTS: &[Slot] = &[
    Slot {
        tell: &[
            "My name is {x}.",
            "I am {x}.",
            "I'm {x}.",
            "Hello, my name is {x}.",
            "Hi, I am {x}.",
            "You can call me {x}.",
            "People call me {x}.",
            "Call me {x}.",
            "Remember that my name is {x}.",
            "My friends call me {x}.",
            "Good day, I am {x}.",
            "This is {x} speaking.",
            "Please call me {x}.",
            "The name I have is {x}.",
            "The people call me {x}.",
            "My friends say {x} to me.",
            "I was named {x}.",
            "The name is {x}.",
        ],
        reply: "Nice to meet you, {x}!",
        ask: &[
            "What is my name?",
            "Who am I?",
            "Do you know my name?",
            "Do you remember my name?",
            "Tell me my name.",
            "What was my name?",
            "Say my name.",
            "What's my name?",
            "What do people call me?",
            "Which name did I tell you?",
            "Can you say my name?",
            "Could you tell me my name?",
            "Do you know what my name is?",
            "How am I called?",
            "Can you tell me who I am?",
            "Can you remember what my name is?",
            "Tell me what I am called.",
            "Would you say my name?",
            "Could you say what I am called?",
            "Can you tell me what my name is?",
        ],
        recall: "Your name is {x}.",
        unknown: "You have not told me your name.",
        value: name,
    },
    Slot {
        tell: &[
            "I live in {x}.",
            "I am from {x}.",
            "My home is in {x}.",
            "My city is {x}.",
            "I come from {x}.",
            "I moved to {x}.",
            "I have a flat in {x}.",
            "I am living in {x}.",
            "My home town is {x}.",
            "We live in {x}.",
            "My flat is in {x}.",
            "My family lives in {x}.",
            "My home, that is {x}.",
            "I was born in {x} and still live there.",
            "My house is in {x}.",
        ],
        reply: "I will remember that you live in {x}.",
        ask: &[
            "Where do I live?",
            "Where am I from?",
            "Name my city.",
            "Name the town I live in.",
            "Name the place where I live.",
            "Which city do I live in?",
            "Do you know where I live?",
            "Where is my home?",
            "Tell me where I live.",
            "What is my city?",
            "Can you tell me where I live?",
            "In which place do I live?",
            "What town am I from?",
            "Where did I say that I live?",
            "In what city is my home?",
            "In which city is my house?",
            "In which town am I living?",
            "The city I live in, what is it?",
            "Which place is my home?",
            "Name the city I live in.",
            "In which city do I live?",
        ],
        recall: "You live in {x}.",
        unknown: "You have not told me where you live.",
        value: |rng, split| {
            if rng.chance(0.3) {
                name(rng, split)
            } else {
                split.pick(rng, PLACES).into()
            }
        },
    },
    Slot {
        tell: &[
            "My favourite colour is {x}.",
            "I like the colour {x}.",
            "My favorite color is {x}.",
            "I love {x}, it is my favourite colour.",
            "Remember that my favourite colour is {x}.",
            "The best colour is {x}, I think.",
            "I like {x} best of all colours.",
            "The colour I love is {x}.",
            "Of all colours I like {x}.",
            "The one colour that I love is {x}.",
            "If you ask me, {x} is the best colour.",
            "The colour of my heart is {x}.",
            "What I like best is the colour {x}.",
            "My best colour is {x}.",
            "Nothing is as good as {x}, of all colours.",
            "The colour that I like best is {x}.",
        ],
        reply: "I will remember that your favourite colour is {x}.",
        ask: &[
            "Name my favourite colour.",
            "What is my favourite colour?",
            "Which colour do I like?",
            "What is my favorite color?",
            "Do you remember my favourite colour?",
            "Tell me my favourite colour.",
            "What colour do I love?",
            "Which colour is my favourite?",
            "Can you tell me my favourite colour?",
            "Which is the colour that I like?",
            "What is the colour I like best?",
            "Which colour did I say I like?",
            "Which colour do I prefer?",
            "What colour is best for me?",
            "Which is my best colour?",
            "Which of all colours do I like?",
            "What was my favourite colour?",
            "Which colour do I like best?",
        ],
        recall: "Your favourite colour is {x}.",
        unknown: "You have not told me your favourite colour.",
        value: |rng, split| known_or_not(rng, split, COLOURS),
    },
    Slot {
        tell: &[
            "My lucky number is {x}.",
            "Remember the number {x}.",
            "The number is {x}.",
            "Please remember {x}.",
            "My number is {x}.",
            "Keep the number {x} in mind.",
            "Do not forget {x}.",
            "Please note the number {x}.",
            "Keep {x} for me.",
            "I choose the number {x}.",
            "Please hold on to {x}.",
            "Keep {x} in your memory.",
            "Note {x}, please.",
            "Please do not forget {x}.",
            "Take note of {x}.",
            "Have {x} in mind.",
            "Please keep {x} in mind.",
        ],
        reply: "I will remember the number {x}.",
        ask: &[
            "What is my number?",
            "Which number did I tell you?",
            "What was the number?",
            "Do you remember the number?",
            "Tell me the number.",
            "What is my lucky number?",
            "What number did I say?",
            "Can you tell me the number?",
            "Which number did you get from me?",
            "What is the number I told you?",
            "Which number should you remember?",
            "What number did I tell you?",
            "What number is mine?",
            "Which number did I give?",
            "What is the number from me?",
            "What number should you know?",
            "What was the number I gave?",
            "What number did I give you?",
        ],
        recall: "The number is {x}.",
        unknown: "You have not told me a number.",
        value: |rng, split| number(rng, split).to_string(),
    },
    Slot {
        tell: &[
            "I have a {x}.",
            "My pet is a {x}.",
            "I own a {x}.",
            "At home I have a {x}.",
            "There is a {x} in my house.",
            "I keep a {x}.",
            "My animal is a {x}.",
            "I live with a {x}.",
            "I have a {x} as a friend.",
            "My pet, a {x}, is well.",
            "I got a {x} for my birthday.",
            "For years I have had a {x}.",
            "I bought a {x} as a present for me.",
            "A {x} lives with me.",
            "I chose a {x} for a pet.",
            "We have a {x} at home.",
            "I got a {x} as a pet.",
        ],
        reply: "I will remember that you have a {x}.",
        ask: &[
            "Do I have a pet, and which?",
            "What pet do I have?",
            "Which animal do I have?",
            "What is my pet?",
            "Do you remember my pet?",
            "What animal is my pet?",
            "Which pet have I got?",
            "Can you tell me which pet I have?",
            "What kind of pet do I have?",
            "Which animal do I own?",
            "Which animal lives with me?",
            "What do I have as a pet?",
            "Which animal did I tell you of?",
            "What animal is it that I have?",
            "Tell me which pet I have.",
            "Name my pet.",
            "Which pet is mine?",
            "What pet did I tell you about?",
            "Which pet do I own?",
        ],
        recall: "You have a {x}.",
        unknown: "You have not told me about a pet.",
        value: |rng, split| known_or_not(rng, split, ANIMALS),
    },
];

/// One of the words, or one that is made up, so that it must be read and not guessed.
fn known_or_not(rng: &mut Rng, split: Split, words: &[&str]) -> String {
    match rng.chance(0.6) {
        true => split.pick(rng, words).to_string(),
        false => word(rng, split),
    }
}

/// One to three things told, two of them perhaps at once, other turns between, then questions about them. One time in ten the last
/// question is about something never told, and sometimes nothing was told at all.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    let mut slots: Vec<usize> = (0..SLOTS.len()).collect();
    rng.shuffle(&mut slots);
    if rng.chance(0.06) {
        return never_told(rng, split, Dialogue::default(), &SLOTS[slots[0]]);
    }
    let told = rng.between(1, 3);
    let mut dialogue = Dialogue::default();
    let mut answers = Vec::new();
    while answers.len() < told {
        let at_once = if rng.chance(0.15) { 2 } else { 1 };
        let (mut tells, mut replies) = (Vec::new(), Vec::new());
        for slot in slots[answers.len()..told].iter().take(at_once) {
            let slot = &SLOTS[*slot];
            let value = (slot.value)(rng, split);
            tells.push(fill_one(split.pick(rng, slot.tell), &value));
            replies.push(fill_one(slot.reply, &value));
            answers.push((slot, value));
        }
        let tell = together(&tells);
        dialogue = dialogue.turn(typed(rng, split, &tell), replies.join(" "));
        if rng.chance(0.25) {
            dialogue = dialogue.then(mixed_turns(rng, split));
        }
    }
    let questions = if rng.chance(0.3) { answers.len() } else { 1 };
    rng.shuffle(&mut answers);
    for (slot, value) in &answers[..questions] {
        dialogue = recall(rng, split, dialogue, slot, value);
    }
    if rng.chance(0.1) {
        dialogue = never_told(rng, split, dialogue, &SLOTS[slots[told]]);
    }
    dialogue
}

/// What is told in one message: "My name is Ada and I live in Rome."
fn together(tells: &[String]) -> String {
    match tells {
        [first, second] if second.starts_with("I ") || second.starts_with("My ") => {
            let first = first.trim_end_matches('.');
            format!("{first} and {}", lower_first(second))
        }
        _ => tells.join(" "),
    }
}

fn recall(rng: &mut Rng, split: Split, before: Dialogue, slot: &Slot, value: &str) -> Dialogue {
    let ask = split.pick(rng, slot.ask);
    let answer = fill_one(slot.recall, value);
    before.turn(typed(rng, split, ask), answer)
}

fn never_told(rng: &mut Rng, split: Split, before: Dialogue, slot: &Slot) -> Dialogue {
    let ask = split.pick(rng, slot.ask);
    before.turn(typed(rng, split, ask), slot.unknown)
}
