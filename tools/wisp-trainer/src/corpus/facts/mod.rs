//! Facts about llmspell, and the phrasings in which they are asked for.

mod api;
mod book;
mod sentence;
mod templates;

use std::sync::LazyLock;

use super::phrases::{Split, fill, typed};
use crate::{dialogue::Dialogue, rng::Rng};
use templates::{ABOUT, ERROR, HOW};

/// One fact and the ways to ask for it.
#[derive(Debug, Default)]
pub struct Fact {
    /// What one can ask "what is ..." about.
    pub names: Vec<String>,
    /// What one can ask "how do I ..." about.
    pub tasks: Vec<String>,
    /// Texts of errors that it cures.
    pub errors: Vec<String>,
    /// Whole questions; the last eighth is kept for the exam.
    pub questions: Vec<String>,
    /// The one answer.
    pub answer: String,
}

impl Fact {
    /// The same fact with the ways to ask of another one too.
    fn asked_as(mut self, other: &Fact) -> Self {
        self.names.extend_from_slice(&other.names);
        self.errors.extend_from_slice(&other.errors);
        self.done_as(other)
    }

    /// The same fact with the tasks and whole questions of another one too.
    fn done_as(mut self, other: &Fact) -> Self {
        self.tasks.extend_from_slice(&other.tasks);
        self.questions.extend_from_slice(&other.questions);
        self
    }

    /// The lists of what is asked about, each with its phrasings.
    fn kinds(&self) -> [(&[String], &'static [&'static str]); 3] {
        [
            (&self.names, ABOUT),
            (&self.tasks, HOW),
            (&self.errors, ERROR),
        ]
    }

    /// A question; a name, task or error is three times as likely as a whole question.
    fn question(&self, rng: &mut Rng, split: Split) -> String {
        let subjects: usize = self.kinds().iter().map(|(items, _)| items.len() * 3).sum();
        let mut drawn = rng.below(subjects + self.questions.len());
        for (items, phrasings) in self.kinds() {
            if drawn < items.len() * 3 {
                return fill(split.pick(rng, phrasings), &[("x", &items[drawn / 3])]);
            }
            drawn -= items.len() * 3;
        }
        let questions = split.part(&self.questions);
        questions[drawn % questions.len()].clone()
    }
}

/// What wisp says of itself and of llmspell, which is asked most.
static ABOUT_US: LazyLock<Vec<Fact>> = LazyLock::new(|| book::read(include_str!("text/about.txt")));

/// Every other fact.
static FACTS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let mut facts = api::facts();
    for text in [
        include_str!("text/commands.txt"),
        include_str!("text/concepts.txt"),
        include_str!("text/errors.txt"),
    ] {
        facts.extend(book::read(text));
    }
    facts
});

/// How much more often than others the first facts are asked.
const OFTEN: usize = 3;

/// One question about one fact.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    let often = ABOUT_US.len() * OFTEN;
    let drawn = rng.below(often + FACTS.len());
    let fact = match drawn.checked_sub(often) {
        None => &ABOUT_US[drawn % ABOUT_US.len()],
        Some(rest) => &FACTS[rest],
    };
    let question = fact.question(rng, split);
    Dialogue::exchange(typed(rng, split, &question), fact.answer.as_str())
}

#[cfg(test)]
mod tests;
