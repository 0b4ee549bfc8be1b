//! The facts that are written by hand: text files of paragraphs, each a head and ways to ask for it.
//!
//! ```text
//! # A comment.
//!
//! The answer, or the name of something in the script API.
//! what: what one can ask "what is ..." about | another name for it
//! how: what one can ask "how do I ..." about
//! error: the text of an error
//! ask: A whole question? | Another one?
//! ```
//!
//! A kind may take several lines. The last whole question is kept for the exam.

use super::Fact;

/// The paragraphs of one file, in order; the head of each is its answer.
pub fn read(text: &'static str) -> Vec<Fact> {
    let paragraphs = text.split("\n\n").map(str::trim);
    let paragraphs = paragraphs.filter(|p| !p.is_empty() && !p.starts_with('#'));
    paragraphs.map(paragraph).collect()
}

fn paragraph(text: &'static str) -> Fact {
    let (head, ways) = text.split_once('\n').unwrap_or((text, ""));
    let mut fact = Fact {
        answer: head.into(),
        ..Fact::default()
    };
    for line in ways.lines() {
        let (kind, items) = line.split_once(": ").unwrap_or((line, ""));
        let list = match kind {
            "what" => &mut fact.names,
            "how" => &mut fact.tasks,
            "error" => &mut fact.errors,
            "ask" => &mut fact.questions,
            _ => panic!("the facts about llmspell have a line of no known kind: {line}"),
        };
        list.extend(items.split(" | ").map(|item| item.trim().to_owned()));
    }
    fact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_an_answer_and_ways_to_ask_for_it() {
        let facts = read(
            "# Fruit.\n\nRed.\nwhat: an apple | apples\nask: Why? | How?\nask: When?\n\nBlue.\n",
        );
        assert_eq!(facts.len(), 2);
        assert_eq!(facts[0].answer, "Red.");
        assert_eq!(facts[0].names, ["an apple", "apples"]);
        assert_eq!(facts[0].questions, ["Why?", "How?", "When?"]);
        assert_eq!(facts[1].answer, "Blue.");
    }
}
