//! The corpus: an endless seeded stream of dialogues, made by skills. A new skill is one file here and
//! one line in [`SKILLS`].

mod arithmetic;
mod facts;
mod follow;
mod json;
mod memory;
mod persona;
mod phrases;
mod small_talk;
mod tools;
mod unknown;
mod words;

use crate::{dialogue::Dialogue, rng::Rng};
pub use phrases::Split;

/// One thing that the model learns and is scored on.
pub struct Skill {
    /// Its name in the table of scores.
    pub name: &'static str,
    /// Its share of the corpus, relative to the others.
    pub weight: usize,
    /// True when its conversations may stand in the middle of another.
    pub mixes: bool,
    /// Makes one conversation.
    pub make: fn(&mut Rng, Split) -> Dialogue,
}

/// Every skill.
pub const SKILLS: &[Skill] = &[
    Skill {
        name: "facts",
        weight: 80,
        mixes: true,
        make: facts::make,
    },
    Skill {
        name: "arithmetic",
        weight: 50,
        mixes: true,
        make: arithmetic::make,
    },
    Skill {
        name: "memory",
        weight: 26,
        mixes: false,
        make: memory::make,
    },
    Skill {
        name: "persona",
        weight: 18,
        mixes: false,
        make: persona::make,
    },
    Skill {
        name: "small talk",
        weight: 13,
        mixes: true,
        make: small_talk::make,
    },
    Skill {
        name: "following",
        weight: 24,
        mixes: true,
        make: follow::make,
    },
    Skill {
        name: "not knowing",
        weight: 9,
        mixes: true,
        make: unknown::make,
    },
    Skill {
        name: "tools",
        weight: 80,
        mixes: false,
        make: tools::make,
    },
    Skill {
        name: "JSON",
        weight: 64,
        mixes: true,
        make: json::make,
    },
];

/// System prompts that change nothing about the answer.
const PLAIN_SYSTEM: &[&str] = &[
    "You are a helpful assistant.",
    "You are helpful.",
    "Be brief.",
    "Answer in one sentence.",
    "You are a friendly assistant.",
    "Answer briefly and kindly.",
    "You are wisp.",
    "Help the user.",
    "You answer questions about llmspell.",
    "Be concise.",
];

/// So many dialogues are more and more seldom nothing but words to be repeated: copying is what
/// remembering, tools and JSON are built on, and a model learns it soonest alone.
pub const FIRST_LESSON: u64 = 24_000;

/// The corpus of one seed.
pub struct Corpus {
    seed: u64,
}

impl Corpus {
    /// The same seed always gives the same dialogues.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Dialogue number `index`, from a skill drawn by weight.
    pub fn dialogue(&self, split: Split, index: u64) -> Dialogue {
        let mut rng = Rng::new(self.seed, index);
        if rng.chance(FIRST_LESSON.saturating_sub(index) as f64 / FIRST_LESSON as f64) {
            return follow::repeat(&mut rng, split);
        }
        let mut dialogue = (draw(&mut rng, |_| true).make)(&mut rng, split);
        if rng.chance(0.2) {
            dialogue = mixed_turns(&mut rng, split).then_after(dialogue);
        }
        if !dialogue.has_system() && rng.chance(0.2) {
            dialogue = dialogue.under(rng.pick(PLAIN_SYSTEM));
        }
        dialogue
    }

    /// Exam question `index` of one skill.
    pub fn exam(&self, skill: &Skill, split: Split, index: u64) -> Dialogue {
        (skill.make)(&mut Rng::new(self.seed ^ 0xE7A3, index), split)
    }

    /// Everything said, called and listed in `count` training dialogues after the first lesson, to learn a
    /// vocabulary from.
    pub fn texts(&self, count: u64) -> Vec<String> {
        let dialogues =
            (FIRST_LESSON..FIRST_LESSON + count).map(|index| self.dialogue(Split::Train, index));
        dialogues.flat_map(|dialogue| dialogue.texts()).collect()
    }

    /// Messages of skills whose words are never to be copied, `count` of each.
    pub fn fixed_texts(&self, count: u64) -> Vec<String> {
        let fixed = ["facts", "small talk", "not knowing"];
        let skills = SKILLS.iter().filter(|skill| fixed.contains(&skill.name));
        skills
            .flat_map(|skill| (0..count).map(|index| self.exam(skill, Split::Train, index)))
            .flat_map(|dialogue| dialogue.messages)
            .map(|message| message.text)
            .collect()
    }
}

impl Dialogue {
    /// `next` after this conversation, unless `next` brings its own system prompt.
    fn then_after(self, next: Dialogue) -> Dialogue {
        if next.has_system() {
            next
        } else {
            self.then(next)
        }
    }
}

fn draw(rng: &mut Rng, wanted: fn(&Skill) -> bool) -> &'static Skill {
    let total = SKILLS
        .iter()
        .filter(|skill| wanted(skill))
        .map(|skill| skill.weight)
        .sum();
    let mut left = rng.below(total);
    let mut skills = SKILLS.iter().filter(|skill| wanted(skill));
    loop {
        let skill = skills
            .next()
            .expect("the weights sum up to more than was drawn");
        if left < skill.weight {
            return skill;
        }
        left -= skill.weight;
    }
}

/// One to three turns of other skills, to stand before or inside a conversation.
fn mixed_turns(rng: &mut Rng, split: Split) -> Dialogue {
    turns(rng, split, |skill| skill.mixes)
}

/// One to three turns that a character, too, answers as wisp does.
fn tasks(rng: &mut Rng, split: Split) -> Dialogue {
    turns(rng, split, |skill| {
        ["arithmetic", "JSON"].contains(&skill.name)
    })
}

fn turns(rng: &mut Rng, split: Split, wanted: fn(&Skill) -> bool) -> Dialogue {
    let mut dialogue = Dialogue::default();
    for _ in 0..rng.between(1, 3) {
        dialogue = dialogue.then(one_turn(rng, split, wanted));
    }
    dialogue
}

/// A conversation of a skill that mixes, without a system prompt.
fn mixed_turn(rng: &mut Rng, split: Split) -> Dialogue {
    one_turn(rng, split, |skill| skill.mixes)
}

fn one_turn(rng: &mut Rng, split: Split, wanted: fn(&Skill) -> bool) -> Dialogue {
    loop {
        let dialogue = (draw(rng, wanted).make)(rng, split);
        if !dialogue.has_system() {
            return dialogue;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::{Message, Role};
    use serde_json::{Map, Value};
    use std::collections::HashSet;

    #[test]
    fn the_same_seed_gives_the_same_corpus() {
        let (a, b, other) = (Corpus::new(1), Corpus::new(1), Corpus::new(2));
        let all = |corpus: &Corpus| -> Vec<_> {
            (FIRST_LESSON..FIRST_LESSON + 300)
                .map(|index| corpus.dialogue(Split::Train, index))
                .collect()
        };
        assert_eq!(all(&a), all(&b));
        assert_ne!(all(&a), all(&other));
    }

    /// True when `next` may be said after `message`.
    fn follows(message: &Message, next: &Message) -> bool {
        match (message.role, next.role) {
            (Role::System, Role::User) | (Role::User, Role::Assistant) => true,
            (Role::Assistant, Role::User) => true,
            (Role::Assistant, Role::Tool) => !message.calls.is_empty(),
            (Role::Tool, Role::Tool | Role::Assistant) => true,
            _ => false,
        }
    }

    #[test]
    fn dialogues_alternate_and_end_with_an_answer_that_their_keys_accept() {
        let corpus = Corpus::new(3);
        for skill in SKILLS {
            for index in 0..300 {
                let dialogue = corpus.exam(skill, Split::HeldOut, index);
                for pair in dialogue.messages.windows(2) {
                    assert!(follows(&pair[0], &pair[1]), "{pair:?}");
                }
                for message in &dialogue.messages {
                    assert_ne!(message.calls.is_empty(), message.text.is_empty());
                    let object = serde_json::from_str::<Map<String, Value>>(&message.text).is_ok();
                    assert!(
                        message.role != Role::Assistant || object || !message.text.contains('{'),
                        "{message:?}"
                    );
                }
                let last = &dialogue.messages.last().unwrap().content();
                assert!(
                    dialogue.accepts(last),
                    "{}: {last} / {:?}",
                    skill.name,
                    dialogue.keys
                );
            }
        }
    }

    #[test]
    fn held_out_questions_are_not_trained() {
        // What careless typing changes is no difference.
        let key = |text: &str| {
            text.to_lowercase()
                .trim_end_matches(['.', '?', '!'])
                .to_owned()
        };
        let asked = |dialogue: Dialogue| -> Vec<String> {
            let messages = dialogue.messages.into_iter();
            let asked = messages.filter(|message| message.role == Role::User);
            asked.map(|message| key(&message.text)).collect()
        };
        for skill in SKILLS {
            let make = |split, index| asked((skill.make)(&mut Rng::new(4, index), split));
            let exam = (0..200).filter_map(|index| make(Split::HeldOut, index).pop());
            let exam: HashSet<String> = exam.collect();
            for text in (0..4_000).flat_map(|index| make(Split::Train, index)) {
                assert!(!exam.contains(&text), "{}: {text}", skill.name);
            }
        }
    }
}
