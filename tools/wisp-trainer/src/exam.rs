//! The exam, scored skill by skill: phrasings, names and numbers that the training never used, or, to
//! compare, those that it did.

use crate::{
    corpus::{Corpus, Skill, Split},
    dialogue::{Dialogue, Prompt},
    error::Result,
};
use std::fmt;

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

/// Asks `count` questions of each of the skills, of those that fit into the context; earlier turns are
/// given as the corpus has them.
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
        let mut questions = (0..).map(|index| corpus.exam(skill, split, index));
        while dialogues.len() < count {
            let dialogue = questions.next().expect("there is always another question");
            if fits(dialogue.prompt())? {
                dialogues.push(dialogue);
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
            let percent = 100.0 * *right as f64 / *asked as f64;
            writeln!(f, "| {skill} | {asked} | {right} | {percent:.0}% |")?;
        }
        Ok(())
    }
}
