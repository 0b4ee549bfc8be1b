//! Facts about llmspell: the list is data, the phrasings around it are here.

mod about;
mod api;
mod commands;
mod concepts;

use super::phrases::{Split, fill, typed};
use crate::{dialogue::Dialogue, rng::Rng};

/// One fact and the ways to ask for it.
pub struct Fact {
    /// What one can ask "what is …" about.
    pub names: &'static [&'static str],
    /// What one can ask "how do I …" about.
    pub tasks: &'static [&'static str],
    /// Whole questions; the last one is kept for the exam.
    pub questions: &'static [&'static str],
    /// The one answer.
    pub answer: &'static str,
}

/// Every fact, by subject.
const FACTS: &[&[Fact]] = &[about::FACTS, commands::FACTS, api::FACTS, concepts::FACTS];

fn facts() -> impl Iterator<Item = &'static Fact> {
    FACTS.iter().copied().flatten()
}

const ABOUT: &[&str] = &[
    "What is {x}?",
    "What is {x}?",
    "Tell me about {x}.",
    "Explain {x}.",
    "What does {x} do?",
    "What does {x} mean?",
    "What can you tell me about {x}?",
    "Can you explain {x}?",
    "Describe {x}.",
    "What is {x} for?",
    "How does {x} work?",
    "I want to know about {x}.",
    "Do you know {x}?",
    "{x}?",
    "Explain {x} to me in one sentence.",
    "Could you tell me what {x} is?",
    "What's {x}?",
    "I have never heard of {x}. What is it?",
];

const HOW: &[&str] = &[
    "How do I {x}?",
    "How do I {x}?",
    "How can I {x}?",
    "How to {x}?",
    "I want to {x}.",
    "I would like to {x}.",
    "What is the command to {x}?",
    "Show me how to {x}.",
    "Can you tell me how to {x}?",
    "What do I do to {x}?",
    "How does one {x}?",
    "Is there a way to {x}?",
    "Can I {x}?",
    "I need to {x}.",
    "What should I type to {x}?",
    "Please show me how I can {x}.",
    "Tell me how to {x}.",
    "What is the way to {x}?",
];

/// One question about one fact.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    let drawn = rng.below(facts().count());
    let fact = facts()
        .nth(drawn)
        .expect("the number was drawn below the count");
    let question = ask(rng, split, fact);
    Dialogue::exchange(typed(rng, split, &question), fact.answer)
}

/// A question in one of the fact's three kinds, each as likely as it has ways to be asked.
fn ask(rng: &mut Rng, split: Split, fact: &Fact) -> String {
    let (names, tasks) = (fact.names.len() * 3, fact.tasks.len() * 3);
    let drawn = rng.below(names + tasks + fact.questions.len());
    if drawn < names {
        fill(split.pick(rng, ABOUT), &[("x", rng.pick(fact.names))])
    } else if drawn < names + tasks {
        fill(split.pick(rng, HOW), &[("x", rng.pick(fact.tasks))])
    } else {
        split.pick(rng, fact.questions).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_can_be_asked_in_many_ways_and_answered_in_few_words() {
        assert!(facts().count() >= 60, "{}", facts().count());
        for fact in facts() {
            let ways = fact.names.len() * 17 + fact.tasks.len() * 17 + fact.questions.len();
            assert!(ways >= 4, "{}", fact.answer);
            assert!(!matches!(fact.questions.len(), 1 | 2), "{}", fact.answer);
            assert!(fact.answer.len() < 200, "{}", fact.answer);
        }
    }
}
