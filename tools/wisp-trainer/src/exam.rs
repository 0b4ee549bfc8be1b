//! The exam, scored skill by skill: phrasings, names and numbers that the training never used, or, to
//! compare, those that it did.

use crate::{
    corpus::{Corpus, SKILLS, Skill, Split},
    dialogue::{Dialogue, Prompt},
    error::Result,
};
use std::{collections::HashSet, fmt};

/// How one skill went.
#[derive(Clone, Debug)]
pub struct Score {
    /// The skill's name.
    pub skill: &'static str,
    /// Questions asked.
    pub asked: usize,
    /// Questions answered rightly.
    pub right: usize,
    /// What went wrong, for reading.
    pub mistakes: Vec<Mistake>,
}

/// One wrong answer.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// The last question.
    pub question: String,
    /// The answer given.
    pub answer: String,
    /// The answer expected.
    pub expected: String,
}

/// All scores; its `Display` is a Markdown table.
#[derive(Clone, Debug)]
pub struct Report(pub Vec<Score>);

/// Answers to prompts, in order.
pub type Answers<'a> = dyn FnMut(&[Prompt]) -> Result<Vec<String>> + 'a;

/// Draws of a skill's questions, after which it is taken to have no others.
const DRAWS: u64 = 20_000;

/// Questions of one skill, no two the same; earlier turns are given as the corpus has them.
pub fn questions<'a>(
    corpus: &'a Corpus,
    skill: &'a Skill,
    split: Split,
) -> impl Iterator<Item = Dialogue> + 'a {
    let mut asked = HashSet::new();
    (0..DRAWS)
        .map(move |index| corpus.exam(skill, split, index))
        .filter(move |dialogue| asked.insert(format!("{:?}", dialogue.prompt())))
}

/// Questions of all skills in turn.
pub fn questions_in_turn(corpus: &Corpus, split: Split) -> impl Iterator<Item = Dialogue> + '_ {
    let mut skills: Vec<_> = SKILLS
        .iter()
        .map(|skill| questions(corpus, skill, split))
        .collect();
    let round = move || {
        let round: Vec<Dialogue> = skills.iter_mut().filter_map(Iterator::next).collect();
        (!round.is_empty()).then_some(round)
    };
    std::iter::from_fn(round).flatten()
}

/// Asks `count` questions of each of the skills, or as many as there are, of those that fit into the
/// context.
pub fn run<'a>(
    corpus: &Corpus,
    skills: impl IntoIterator<Item = &'a Skill>,
    split: Split,
    count: usize,
    fits: impl Fn(Prompt) -> Result<bool>,
    answers: &mut Answers,
) -> Result<Report> {
    let mut scores = Vec::new();
    for skill in skills {
        let mut dialogues = Vec::new();
        for dialogue in questions(corpus, skill, split) {
            if fits(dialogue.prompt())? {
                dialogues.push(dialogue);
            }
            if dialogues.len() == count {
                break;
            }
        }
        let mut score = Score {
            skill: skill.name,
            asked: dialogues.len(),
            right: 0,
            mistakes: Vec::new(),
        };
        for group in dialogues.chunks(16) {
            let prompts: Vec<Prompt> = group.iter().map(Dialogue::prompt).collect();
            for (dialogue, answer) in group.iter().zip(answers(&prompts)?) {
                score.add(dialogue, answer);
            }
        }
        scores.push(score);
    }
    Ok(Report(scores))
}

impl Score {
    fn add(&mut self, dialogue: &Dialogue, answer: String) {
        if dialogue.accepts(&answer) {
            self.right += 1;
            return;
        }
        let text =
            |from_end: usize| dialogue.messages[dialogue.messages.len() - from_end].content();
        self.mistakes.push(Mistake {
            question: text(2),
            answer,
            expected: text(1),
        });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "| skill | asked | right | score |\n|---|---:|---:|---:|")?;
        for Score {
            skill,
            asked,
            right,
            ..
        } in &self.0
        {
            let percent = 100.0 * *right as f64 / (*asked).max(1) as f64;
            writeln!(f, "| {skill} | {asked} | {right} | {percent:.0}% |")?;
        }
        Ok(())
    }
}
