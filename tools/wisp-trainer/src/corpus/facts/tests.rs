use std::collections::{HashMap, HashSet};

use super::*;
use crate::{corpus::SKILLS, dialogue::Role};

fn facts() -> impl Iterator<Item = &'static Fact> {
    ABOUT_US.iter().chain(FACTS.iter())
}

/// Every question that `split` can draw for a fact.
fn expansions(fact: &Fact, split: Split) -> HashSet<String> {
    let mut all: HashSet<String> = split.part(&fact.questions).iter().cloned().collect();
    for (items, phrasings) in fact.kinds() {
        for phrasing in split.part(phrasings) {
            all.extend(items.iter().map(|item| fill(phrasing, &[("x", item)])));
        }
    }
    all
}

/// The question without what careless typing changes.
fn key(question: &str) -> String {
    let text = question.to_lowercase();
    text.trim_end_matches(['.', '?', '!', ' ']).to_owned()
}

#[test]
fn there_are_many_facts_each_asked_in_many_ways() {
    assert!(facts().count() >= 170, "{}", facts().count());
    for fact in facts() {
        let ways = expansions(fact, Split::Train).len();
        assert!(ways >= 12, "{ways}: {}", fact.answer);
        let held_out = expansions(fact, Split::HeldOut).len();
        assert!(held_out >= 1, "{}", fact.answer);
        // A list of one or two would be both trained and examined.
        assert!(!matches!(fact.questions.len(), 1 | 2), "{}", fact.answer);
    }
}

#[test]
fn phrasings_are_many() {
    for phrasings in [ABOUT, HOW, ERROR] {
        assert!(Split::Train.part(phrasings).len() >= 30);
        assert!(phrasings.iter().all(|phrasing| phrasing.contains("{x}")));
    }
}

#[test]
fn an_answer_is_one_short_sentence_of_one_fact() {
    let mut seen = HashSet::new();
    for Fact { answer, .. } in facts() {
        assert!(sentence::fits(answer), "{answer}");
        assert!(answer.ends_with('.') && !answer.contains(". "), "{answer}");
        assert!(seen.insert(answer), "{answer}");
    }
}

#[test]
fn no_question_belongs_to_two_facts() {
    let mut owners: HashMap<String, &str> = HashMap::new();
    for fact in facts() {
        for split in [Split::Train, Split::HeldOut] {
            for question in expansions(fact, split) {
                let owner = owners.entry(key(&question)).or_insert(&fact.answer);
                assert_eq!(*owner, fact.answer, "{question}");
            }
        }
    }
}

#[test]
fn no_held_out_question_is_trained_with_other_letters_or_marks() {
    for fact in facts() {
        let trained: HashSet<_> = expansions(fact, Split::Train)
            .iter()
            .map(|q| key(q))
            .collect();
        for question in expansions(fact, Split::HeldOut) {
            assert!(!trained.contains(&key(&question)), "{question}");
        }
    }
}

#[test]
fn every_command_in_the_documents_has_a_fact() {
    let documents = [
        include_str!("../../../../../README.md"),
        include_str!("../../../../../docs/guide.md"),
        include_str!("../../../../../docs/user-guide/models.md"),
        include_str!("../../../../../docs/user-guide/ollama.md"),
        include_str!("../../../../../docs/user-guide/configuration.md"),
    ];
    let names: Vec<&String> = facts().flat_map(|fact| &fact.names).collect();
    let mut found = 0;
    for command in documents.iter().flat_map(|text| commands(text)) {
        found += 1;
        assert!(
            names.iter().any(|name| name.starts_with(&command)),
            "{command}"
        );
    }
    assert!(found >= 20, "{found}");
}

/// `llmspell WORD`, or `llmspell GROUP WORD`, where a line of code begins with it.
fn commands(document: &str) -> Vec<String> {
    // Every other part is code: of the document between fences, of its text between marks.
    let parts = document.split("```").enumerate();
    let code = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split('`').skip(1).step_by(2).collect::<Vec<_>>(),
        _ => part.lines().collect(),
    });
    let commands = code.filter_map(|code| code.strip_prefix("llmspell "));
    let is_word = |word: &&str| {
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        word.starts_with(|first: char| first.is_ascii_lowercase()) && word.bytes().all(letters)
    };
    let words = commands.filter_map(|rest| {
        let mut words = rest.split_ascii_whitespace().take_while(is_word);
        match words.next()? {
            group @ ("model" | "config") => Some(format!("llmspell {group} {}", words.next()?)),
            word => Some(format!("llmspell {word}")),
        }
    });
    words.collect()
}

#[test]
fn no_other_skill_trains_a_held_out_question_or_answers_one_otherwise() {
    let mut answers: HashMap<String, (&str, Split)> = HashMap::new();
    for fact in facts() {
        for split in [Split::Train, Split::HeldOut] {
            let all = expansions(fact, split).into_iter();
            answers.extend(all.map(|q| (key(&q), (fact.answer.as_str(), split))));
        }
    }
    for skill in SKILLS.iter().filter(|skill| skill.name != "facts") {
        for index in 0..4_000 {
            let dialogue = (skill.make)(&mut Rng::new(5, index), Split::Train);
            let system = usize::from(dialogue.has_system());
            for turn in dialogue.messages.windows(2) {
                if turn[0].role != Role::User {
                    continue;
                }
                let Some((answer, split)) = answers.get(&key(&turn[0].text)) else {
                    continue;
                };
                assert_eq!(*split, Split::Train, "{}", turn[0].text);
                assert!(system == 1 || turn[1].text == *answer, "{turn:?}");
            }
        }
    }
}
