//! Choosing words: what is trained, what is kept for the exam, and the careless ways people type.

use crate::rng::Rng;

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

/// The text with its first letter in lower case, unless it is "I".
pub fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !text.starts_with("I ") => first.to_lowercase().chain(letters).collect(),
        _ => text.to_string(),
    }
}

/// `a` or `an`, as the word wants it.
pub fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) {
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

const STARTS: &[&str] = &[
    "Ba", "Bel", "Bro", "Cor", "Da", "Del", "Dra", "El", "Fa", "Fen", "Ga", "Gor", "Ha", "Il",
    "Jo", "Ka", "Kel", "La", "Lor", "Ma", "Mel", "Mor", "Na", "Ner", "Or", "Pa", "Per", "Ra", "Ro",
    "Sa", "Sel", "Ta", "Tor", "Ul", "Va", "Vel", "Wil", "Xa", "Yo", "Za", "Zel", "Thu", "Qui",
    "Ed",
];

const ENDS: &[&str] = &[
    "bin", "da", "dor", "fa", "gan", "gor", "ka", "kin", "la", "lan", "lia", "lin", "mar", "mia",
    "mon", "na", "nar", "nia", "nor", "ra", "rak", "ric", "rin", "ros", "sha", "son", "ta", "tan",
    "ther", "tor", "via", "vin", "wen", "wyn", "xa", "zar", "zia", "do", "mo", "len", "bert",
    "mund",
];

/// A person's name: a known one, or one that is made up so that names must be read, not guessed.
pub fn name(rng: &mut Rng, split: Split) -> String {
    if rng.chance(0.5) {
        return split.pick(rng, NAMES).to_string();
    }
    let (start, end) = (rng.pick(STARTS), split.pick(rng, ENDS));
    let middle = if rng.chance(0.3) {
        rng.pick(&["ri", "lo", "na", "ve", "du", "mi"])
    } else {
        ""
    };
    format!("{start}{middle}{end}")
}
