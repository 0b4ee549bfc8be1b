//! Choosing words: what is trained, what is kept for the exam, and the careless ways people type.

use crate::rng::Rng;
use std::sync::LazyLock;

/// Which part of every list of words and phrasings is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// What the model learns from.
    Train,
    /// What it is examined on: phrasings, names and numbers that the training never uses.
    HeldOut,
}

impl Split {
    /// This split's part of a list: the last eighth (at least one item) is held out.
    pub fn part<T>(self, items: &[T]) -> &[T] {
        let kept = items.len().saturating_sub((items.len() / 8).max(1));
        match self {
            _ if items.len() < 3 => items,
            Split::Train => &items[..kept],
            Split::HeldOut => &items[kept..],
        }
    }

    /// One item of this split's part.
    pub fn pick<'a>(self, rng: &mut Rng, items: &'a [&'a str]) -> &'a str {
        rng.pick(self.part(items))
    }
}

/// `text` with each `{name}` replaced.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut text = text.to_string();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// `text` with `{x}` replaced, and an article before it as the value wants it.
pub fn fill_one(text: &str, value: &str) -> String {
    let fitting = format!("{} {{x}}", article(value));
    let text = match text.strip_prefix("a {x}") {
        Some(rest) => format!("{fitting}{rest}"),
        None => text.replace(" a {x}", &format!(" {fitting}")),
    };
    fill(&text, &[("x", value)])
}

/// The question as somebody might type it: lower case, without its mark, or with a word before it.
pub fn typed(rng: &mut Rng, split: Split, question: &str) -> String {
    if split == Split::HeldOut {
        return question.to_string();
    }
    let mut text = question.to_string();
    if rng.chance(0.15) {
        let openers = [
            "Please tell me: ",
            "Hey, ",
            "Quick question: ",
            "Hi! ",
            "So, ",
            "OK, ",
        ];
        text = format!("{}{text}", rng.pick(&openers));
    }
    if rng.chance(0.2) {
        text = lower_first(&text);
    }
    if rng.chance(0.15) {
        text = text.trim_end_matches(['.', '?', '!']).to_string();
    }
    text
}

/// The text with its first letter in lower case, unless it begins with "I", "I'm" or "OK".
pub fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first)
            if !["I ", "I'", "OK"]
                .iter()
                .any(|start| text.starts_with(start)) =>
        {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_string(),
    }
}

/// `a` or `an`, as the word wants it.
pub fn article(word: &str) -> &'static str {
    const CONSONANT: [&str; 7] = ["unif", "uniq", "unit", "univ", "us", "util", "one"];
    let starts = |start: &&str| word.to_lowercase().starts_with(*start);
    if ["hour", "honest"].iter().any(starts) {
        "an"
    } else if CONSONANT.iter().any(starts) || word == "once" {
        "a"
    } else if word.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) {
        "an"
    } else {
        "a"
    }
}

const NAMES: &[&str] = &[
    "Ada", "Ben", "Clara", "David", "Emma", "Frank", "Grace", "Henry", "Iris", "Jack", "Kate",
    "Leo", "Maria", "Noah", "Olivia", "Peter", "Quinn", "Rosa", "Sam", "Tina", "Uma", "Victor",
    "Wendy", "Xander", "Yara", "Zoe", "Anna", "Bob", "Carlos", "Diana", "Eric", "Fiona", "George",
    "Hana", "Ivan", "Julia", "Karl", "Laura", "Max", "Nina", "Oscar", "Paul", "Rita", "Simon",
    "Tom", "Vera", "Walter", "Alice", "Mia", "Lucas", "Sofia", "Amir", "Bella", "Dora", "Felix",
    "Greta", "Hugo", "Ingrid", "Jonas", "Lena", "Mark", "Nora", "Otto", "Petra", "Ralf", "Stella",
    "Theo", "Ursula", "Yusuf", "Alan", "Priya", "Kenji", "Elena", "Marco", "Linda", "Robert",
    "Sarah", "Tariq",
];

const OPENINGS: &[&str] = &[
    "b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m",
    "n", "p", "pr", "qu", "r", "s", "sh", "sk", "st", "t", "th", "tr", "v", "w", "x", "y", "z",
    "bl", "cr", "gl", "sl", "sp", "str", "sw", "tw", "wh",
];

const VOWELS: &[&str] = &[
    "a", "e", "i", "o", "u", "a", "e", "i", "o", "u", "ai", "ee", "ia", "oo",
];

const CLOSINGS: &[&str] = &[
    "", "", "", "", "", "b", "d", "f", "g", "k", "l", "ll", "m", "n", "nd", "p", "r", "rt", "s",
    "t", "x", "z", "ck", "ft", "mp", "ng", "q", "sh", "st", "v", "y",
];

/// Common English words.
fn english() -> &'static [&'static str] {
    static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let lines = include_str!("english.txt").lines();
        let words = lines.filter(|line| !line.starts_with('#'));
        words.flat_map(str::split_whitespace).collect()
    });
    &WORDS
}

/// A word in lower case that must be read and not guessed: half of the time an English one, else made up.
pub fn word(rng: &mut Rng, split: Split) -> String {
    if rng.chance(0.5) {
        return made_up(rng, split);
    }
    loop {
        let word = any_word(rng);
        if belongs(split, word) {
            return word.into();
        }
    }
}

/// A common English word of either split.
pub fn any_word(rng: &mut Rng) -> &'static str {
    rng.pick(english())
}

/// One to three syllables out of some ten thousand.
fn made_up(rng: &mut Rng, split: Split) -> String {
    loop {
        let mut word = String::new();
        for _ in 0..[1, 2, 2, 2, 3][rng.below(5)] {
            word += rng.pick(OPENINGS);
            word += rng.pick(VOWELS);
            word += rng.pick(CLOSINGS);
        }
        if word.len() > 2 && belongs(split, &word) {
            return word;
        }
    }
}

/// A person's name: a known one, or one that is made up.
pub fn name(rng: &mut Rng, split: Split) -> String {
    if rng.chance(0.4) {
        return split.pick(rng, NAMES).to_string();
    }
    upper_first(&match rng.chance(0.7) {
        true => made_up(rng, split),
        false => word(rng, split),
    })
}

/// True when words like this are `split`'s: one in eight, by its letters, is held out whole, so that
/// every combination of letters is trained and still no word of the exam.
pub fn belongs(split: Split, word: &str) -> bool {
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }); // FNV-1a, whose bits the last letters reach only in part
    let is_held_out = Rng::new(hash, 0).bits().is_multiple_of(8);
    is_held_out == (split == Split::HeldOut)
}

/// The text with its first letter in upper case.
pub fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share of the words that are held out.
    fn held_out<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> f64 {
        let words: Vec<T> = words.into_iter().collect();
        let held_out = words
            .iter()
            .filter(|word| belongs(Split::HeldOut, word.as_ref()));
        held_out.count() as f64 / words.len() as f64
    }

    #[test]
    fn about_one_in_eight_is_held_out_however_long_and_whatever_its_letters() {
        let numbers = |range: std::ops::Range<u32>| held_out(range.map(|n| n.to_string()));
        for share in [
            numbers(10..100),
            numbers(100..1_000),
            numbers(1_000..10_000),
        ] {
            assert!((0.05..0.2).contains(&share), "{share}");
        }
        let english =
            |wanted: &dyn Fn(&str) -> bool| held_out(english().iter().filter(|word| wanted(word)));
        for length in 3..9 {
            let share = english(&|word| word.len() == length);
            assert!((0.05..0.2).contains(&share), "{length} letters: {share}");
        }
        for letter in "abcdefghilmnoprstuw".chars() {
            let share = english(&|word| word.starts_with(letter));
            assert!((0.04..0.25).contains(&share), "{letter} first: {share}");
        }
        for letter in "degklmnrsty".chars() {
            let share = english(&|word| word.ends_with(letter));
            assert!((0.04..0.25).contains(&share), "{letter} last: {share}");
        }
    }
}
