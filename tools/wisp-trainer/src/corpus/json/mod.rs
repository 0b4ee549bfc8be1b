//! Taking named fields out of a sentence, as JSON.

mod fields;
mod texts;

use super::phrases::{Split, fill, lower_first};
use crate::{dialogue::Dialogue, rng::Rng};
use serde_json::{Map, Value};
use texts::{Subject, Text};

/// Instructions, with `{f}` for the fields and `{t}` for the text.
const INSTRUCTIONS: &[&str] = &[
    "As JSON, please: {f}. {t}",
    "Take {f} out of this as JSON: {t}",
    "Pull {f} from the text as JSON. {t}",
    "{t} Which are {f}? Use JSON.",
    "{t} Reply with JSON: {f}.",
    "Show {f} as JSON: {t}",
    "Show me {f} from this as JSON: {t}",
    "Show me the fields {f} as JSON: {t}",
    "Read: {t}\nThen write {f} as JSON.",
    "Read this: {t} Now give {f} as JSON.",
    "Read this text and answer with {f} in JSON: {t}",
    "Text: {t}\nGet {f} as JSON.",
    "Text: {t} Find {f}, as JSON.",
    "Please return {f} as JSON. Text: {t}",
    "Please give me JSON with {f}. {t}",
    "Extract {f} from \"{t}\" as JSON.",
    "Extract these fields as JSON, {f}: {t}",
    "Fields {f} as JSON: {t}",
    "Return JSON.\nFields: {f}\nText: {t}",
    "JSON, fields {f}, from: {t}",
    "Can you give me {f} as JSON? {t}",
    "Could you extract {f} as JSON? {t}",
    "List {f} as JSON: {t}",
    "Convert to JSON with the fields {f}: {t}",
    "Extract {f} as JSON: {t}",
    "Extract {f} as JSON.\n{t}",
    "Give me JSON with the fields {f}. Text: {t}",
    "From this text return {f} as JSON: {t}",
    "{t}\nExtract {f} as JSON.",
    "{t} Give me {f} as JSON.",
    "Return JSON with {f}: {t}",
    "Answer with JSON, fields {f}: {t}",
    "Write {f} as a JSON object: {t}",
    "Read the text and return {f} as JSON. {t}",
    "JSON with {f}: {t}",
    "What are {f} in this sentence? Answer in JSON. {t}",
    "{t}\nReturn a JSON object with the fields {f}.",
    "Get {f} from \"{t}\" as JSON.",
    "Find {f} in the text and write JSON. Text: {t}",
    "Turn this into JSON with {f}: {t}",
    "I need {f} as JSON from this: {t}",
    "Please answer with JSON only, with the fields {f}: {t}",
    "Text: {t}\nJSON fields: {f}",
    "{t} Now write {f} as JSON.",
    "Make a JSON object of {f}: {t}",
    "Extract the fields {f}: {t}",
    "Fields: {f}. Text: {t}",
    "Text: {t}\nReturn {f} as JSON.",
    "Text: {t} Give me JSON with {f}.",
    "From \"{t}\" get {f} as JSON.",
    "Return the fields {f} as JSON. {t}",
    "{t}\n\nWrite JSON with the fields {f}.",
    "Give {f} as JSON: {t}",
    "Here is a text: {t}\nAs JSON, what are {f}?",
    "I want {f} as JSON. Text: {t}",
    "Collect {f} as JSON from this text: {t}",
    "As JSON, extract {f} from this: {t}",
    "Parse this into JSON with {f}: {t}",
    "Please extract {f} as JSON: {t}",
    "Extract the fields {f} as JSON: {t}",
    "Text: {t}\nExtract {f} as JSON.",
    "Return {f} from this text as JSON: {t}",
    "Read this and write {f} as JSON: {t}",
    "Show me {f} as a JSON object: {t}",
];

const SYSTEM: &[&str] = &[
    "You find {f} and reply in JSON.",
    "Take {f} out of the text and write JSON.",
    "Look for {f} and return a JSON object.",
    "You read texts, find {f} and return JSON.",
    "Pick {f} from each text and reply as JSON.",
    "Get {f} and put them in JSON.",
    "You collect {f} and say them in JSON.",
    "Return {f}, and nothing else, as JSON.",
    "Extract {f} from each text, as JSON.",
    "Give {f} as JSON for every text.",
    "Always answer with JSON that has the fields {f}.",
    "The user writes texts. Return {f} as JSON.",
    "Find {f} in what the user says, and answer in JSON.",
    "You turn sentences into JSON with the fields {f}.",
    "Output JSON with {f}.",
    "Answer with JSON: fields {f}.",
    "Extract {f} as JSON.",
    "Return JSON with {f}.",
    "You answer with JSON that has the fields {f}.",
    "Reply with a JSON object that has the fields {f}.",
    "Answer only with JSON. Fields: {f}.",
    "Write {f} as JSON.",
    "JSON fields: {f}",
    "Read each text and return {f} as JSON.",
    "Fields {f}, as JSON.",
    "Turn every text into JSON with {f}.",
    "For each text answer with JSON: {f}.",
    "From what the user writes extract {f} as JSON.",
    "You extract {f} and answer with JSON.",
    "Answer with JSON that has {f}.",
    "You note {f} and write JSON.",
    "Reply with JSON that shows {f}.",
];

/// Further instructions for the same text.
const AGAIN: &[&str] = &[
    "Now show me {f}.",
    "Next, {f}.",
    "Then give me {f}, please.",
    "And now {f}, please.",
    "And the fields {f}?",
    "Please also extract {f}.",
    "Now only {f}.",
    "This time {f}.",
    "And give me {f}, as JSON.",
    "The fields {f} now.",
    "OK, now {f} as JSON.",
    "Good. Now {f}.",
    "Now {f}.",
    "Now extract {f}.",
    "And {f}?",
    "Now give me {f} as JSON.",
    "The same with {f}.",
    "Now return {f}.",
    "Also {f} as JSON, please.",
    "Now the fields {f}.",
    "And now {f}.",
    "Then {f}.",
    "Give me {f} too.",
    "What about {f}?",
    "Again, with {f}.",
    "Now I need {f} as JSON.",
    "And now give me {f}.",
    "Now {f}, please.",
];

/// A text with what is wanted of it, often with more that is wanted of it afterwards; one time in seven the
/// system prompt says what is wanted.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    if rng.chance(0.15) {
        return by_system(rng, split);
    }
    let mut text = Subject::new(rng, split).text(rng, split);
    let wanted = wanted(rng, &mut text);
    let names = listed(rng, &wanted);
    let answer = answer(&wanted);
    let instruction = split.pick(rng, INSTRUCTIONS);
    let instruction = if rng.chance(0.15) {
        lower_first(instruction)
    } else {
        instruction.to_string()
    };
    let question = fill(&instruction, &[("f", &names), ("t", &text.text)]);
    let again = match split {
        Split::Train => rng.below(4), // a text takes longer to read than to ask again
        Split::HeldOut => usize::from(rng.chance(0.35)),
    };
    (0..again).fold(Dialogue::exchange(question, answer), |dialogue, _| {
        other_fields(rng, split, dialogue, &mut text)
    })
}

/// What is wanted stands in the system prompt, of one text or, half of the time, of two or three.
fn by_system(rng: &mut Rng, split: Split) -> Dialogue {
    let subject = Subject::new(rng, split);
    let mut text = subject.text(rng, split);
    let wanted = wanted(rng, &mut text);
    let names = listed(rng, &wanted);
    let system = fill(split.pick(rng, SYSTEM), &[("f", &names)]);
    let mut dialogue = Dialogue::exchange(text.text, answer(&wanted));
    for _ in 0..[0, 0, 1, 2][rng.below(4)] {
        let Text { fields, text } = subject.text(rng, split);
        let same = |(name, _): &(String, Value)| {
            let field = fields.iter().find(|(other, _)| other == name);
            field
                .expect("a text of the same subject has the same fields")
                .clone()
        };
        let again: Vec<(String, Value)> = wanted.iter().map(same).collect();
        dialogue = dialogue.turn(text, answer(&again));
    }
    dialogue.under(system)
}

/// Asks for other fields of the same text.
fn other_fields(rng: &mut Rng, split: Split, before: Dialogue, text: &mut Text) -> Dialogue {
    let wanted = wanted(rng, text);
    let names = listed(rng, &wanted);
    let question = fill(split.pick(rng, AGAIN), &[("f", &names)]);
    before.turn(question, answer(&wanted))
}

/// Two or three of the text's fields, in any order.
fn wanted(rng: &mut Rng, text: &mut Text) -> Vec<(String, Value)> {
    rng.shuffle(&mut text.fields);
    let count = if rng.chance(0.6) { 2 } else { 3 };
    text.fields.iter().take(count).cloned().collect()
}

fn answer(wanted: &[(String, Value)]) -> String {
    let object: Map<String, Value> = wanted.iter().cloned().collect();
    Value::from(object).to_string()
}

/// "name and age", "name, age and city", "{name, age}", …
fn listed(rng: &mut Rng, wanted: &[(String, Value)]) -> String {
    let quote = if rng.chance(0.12) { "\"" } else { "" };
    let names: Vec<String> = wanted
        .iter()
        .map(|(name, _)| format!("{quote}{name}{quote}"))
        .collect();
    let (last, first) = names.split_last().expect("two fields at least are wanted");
    match rng.below(10) {
        0..6 => format!("{} and {last}", first.join(", ")),
        6..8 => names.join(", "),
        8 => format!("{{{}}}", names.join(", ")),
        _ => names.join(" and "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::words::said;

    /// The answers of a dialogue, each with what names its fields and the text that it is about.
    fn answers(dialogue: &Dialogue) -> Vec<(String, String, &str)> {
        let system = dialogue.has_system();
        let messages = &dialogue.messages[usize::from(system)..];
        let turns = messages.chunks(2).map(|turn| {
            let (asked, answer) = (&turn[0].text, turn[1].text.as_str());
            match system {
                true => (dialogue.messages[0].text.clone(), asked.clone(), answer),
                false => (asked.clone(), messages[0].text.clone(), answer),
            }
        });
        turns.collect()
    }

    #[test]
    fn every_field_is_named_and_stands_in_the_text() {
        for index in 0..2_000 {
            let dialogue = make(&mut Rng::new(7, index), Split::Train);
            for (named, text, answer) in answers(&dialogue) {
                let object: Map<String, Value> = serde_json::from_str(answer).unwrap();
                assert!((2..=3).contains(&object.len()), "{answer}");
                for (name, value) in &object {
                    let stands = named.contains(name) && text.contains(&said(value));
                    assert!(stands, "{named} / {text} / {answer}");
                }
                let unfilled = ["{x}", "{t}", "{f}", "{k}"];
                let left = unfilled.iter().any(|place| text.contains(place));
                assert!(!left && !answer.contains(": "), "{text}");
            }
        }
    }
}
