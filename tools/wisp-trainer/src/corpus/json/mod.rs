//! Taking named fields out of a sentence, as JSON.

mod fields;

use super::{
    phrases::{Split, fill, fill_one, lower_first, upper_first, word},
    words::{Kind, said},
};
use crate::{dialogue::Dialogue, rng::Rng};
use fields::{Field, PERSON, SCENES, Scene, THING};
use serde_json::{Map, Value};

/// Names of fields that a text spells out.
const KEYS: &[&str] = &[
    "name", "age", "city", "colour", "animal", "job", "count", "product", "price", "day",
    "language", "country", "size", "level", "speed", "title", "status", "owner", "score", "weight",
    "height", "room", "street", "code", "team", "rank", "key", "type", "mode", "user", "year",
    "total", "width", "brand", "model", "port", "host", "shape", "taste", "sound", "depth",
    "power", "leader", "river", "metal", "month", "letter", "number",
];

const SPELT: &[&str] = &[
    "{k} here: {x}",
    "for {k} we take {x}",
    "the {k} you have is {x}",
    "the {k} I see is {x}",
    "the {k} they gave is {x}",
    "the {k} in it is {x}",
    "the {k} here is {x}",
    "the {k} that counts is {x}",
    "the {k} has been {x}",
    "the {k} will be {x}",
    "the {k} must be {x}",
    "that {k} of {x}",
    "one {k} of {x}",
    "the {k} of {x}",
    "his {k} of {x}",
    "{x} is our {k}",
    "{x} was its {k}",
    "{x} is what the {k} is",
    "{x}, the {k}",
    "{x} ({k})",
    "{k} ({x})",
    "{k} [{x}]",
    "\"{k}\": {x}",
    "a {k}, which is {x}",
    "a {k} that is {x}",
    "the {k}, now {x}",
    "as {k} it has {x}",
    "as its {k} it has {x}",
    "there is a {k}, {x}",
    "we know the {k}: {x}",
    "we have {x} as {k}",
    "I see {x} for the {k}",
    "they say the {k} is {x}",
    "{k} => {x}",
    "{k} :: {x}",
    "{k} ~ {x}",
    "{k} set to {x}",
    "{k} stays {x}",
    "{k} became {x}",
    "somebody put {x} as {k}",
    "its {k} was {x}",
    "what {k}? {x}",
    "{k}... {x}",
    "no {k} but {x}",
    "{k}: {x}",
    "{k} = {x}",
    "{k} is {x}",
    "the {k} is {x}",
    "{k} {x}",
    "its {k} is {x}",
    "{k}={x}",
    "the {k} was {x}",
    "the {k}: {x}",
    "{k} was {x}",
    "{k} equals {x}",
    "{k} -> {x}",
    "has {k} {x}",
    "with {k} {x}",
    "the {k} of it is {x}",
    "a {k}: {x}",
    "{x} is the {k}",
    "{x} as the {k}",
    "one {k}, {x}",
    "our {k} is {x}",
    "{x} for the {k}",
    "a {k} of {x}",
    "this {k} of {x}",
    "the {k} we have is {x}",
];

const JOINED: &[&str] = &[
    ", ",
    " and ",
    "; ",
    " & ",
    ", then ",
    " or ",
    ", plus ",
    " // ",
    ", but ",
    " ... ",
    ", ",
    ", ",
    "; ",
    " and ",
    ", and ",
    ". ",
    "\n",
    " | ",
    " / ",
    " * ",
    ", also ",
    " + ",
    " as well as ",
    " - ",
];

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

/// A text and the fields in it.
struct Text {
    fields: Vec<(String, Value)>,
    text: String,
}

/// A text with what is wanted of it, sometimes twice, one time in seven in the system prompt.
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
        Split::Train => [0, 1, 2, 3][rng.below(4)], // a text takes longer to read than to ask again
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

/// What a text is about: as often as wanted, another one with the same fields.
enum Subject {
    /// What is said of a person or a thing: the subject's kind and the name of its field, and the others.
    Clauses(Kind, &'static str, Vec<(&'static Field, &'static str)>),
    Scene(&'static Scene),
    /// Fields of these names, in any spelling.
    Spelt(Vec<String>),
}

impl Subject {
    fn new(rng: &mut Rng, split: Split) -> Self {
        match rng.below(100) {
            0..40 => clauses(rng, Kind::Person, &["name", "person", "who"], PERSON),
            40..55 => clauses(rng, Kind::Thing, &["product", "item", "thing"], THING),
            55..72 => Self::Scene(&SCENES[rng.below(SCENES.len())]),
            _ => Self::Spelt(names(rng, split)),
        }
    }

    fn text(&self, rng: &mut Rng, split: Split) -> Text {
        match self {
            Self::Clauses(kind, name, fields) => described(rng, split, *kind, name, fields),
            Self::Scene(shown) => scene(rng, split, shown),
            Self::Spelt(names) => spelt(rng, split, names),
        }
    }
}

/// "Ada is 30 years old, lives in Rome and has a dog."
fn clauses(
    rng: &mut Rng,
    kind: Kind,
    subject: &[&'static str],
    fields: &'static [Field],
) -> Subject {
    let subject = subject[rng.below(subject.len())];
    let mut chosen: Vec<(&Field, &str)> = Vec::new();
    let count = rng.between(2, 4);
    while chosen.len() < count {
        let field = &fields[rng.below(fields.len())];
        let taken = |name: &str| field.names.contains(&name);
        if !taken(subject) && !chosen.iter().any(|(_, name)| taken(name)) {
            chosen.push((field, field.names[rng.below(field.names.len())]));
        }
    }
    Subject::Clauses(kind, subject, chosen)
}

fn described(
    rng: &mut Rng,
    split: Split,
    kind: Kind,
    name: &str,
    fields: &[(&Field, &str)],
) -> Text {
    let who = kind.value(rng, split);
    let mut found = vec![(name.to_string(), who.clone())];
    let mut clauses = Vec::new();
    for (field, name) in fields {
        let value = field.kind.value(rng, split);
        clauses.push(fill_one(split.pick(rng, field.said), &said(&value)));
        found.push((name.to_string(), value));
    }
    rng.shuffle(&mut clauses);
    let subject = match kind {
        Kind::Person => said(&who),
        _ => format!("The {}", said(&who)),
    };
    Text {
        fields: found,
        text: sentence(rng, &subject, &clauses),
    }
}

/// The clauses as one sentence or two.
fn sentence(rng: &mut Rng, subject: &str, clauses: &[String]) -> String {
    let (last, first) = clauses
        .split_last()
        .expect("there are two clauses at least");
    match rng.below(4) {
        0 => format!("{subject} {}. {subject} {last}.", first.join(" and ")),
        1 => format!("{subject} {} and also {last}.", first.join(", ")),
        _ => format!("{subject} {} and {last}.", first.join(", ")),
    }
}

fn scene(rng: &mut Rng, split: Split, scene: &Scene) -> Text {
    let mut text = split.pick(rng, scene.said).to_string();
    let mut fields: Vec<(String, Value)> = Vec::new();
    for (name, kind) in scene.fields {
        let mut value = kind.value(rng, split);
        while fields.iter().any(|(_, other)| *other == value) {
            value = kind.value(rng, split);
        }
        text = fill(&text, &[(name, &said(&value))]);
        fields.push((name.to_string(), value));
    }
    Text { fields, text }
}

/// A spelling that nobody uses, such as "vun {x} over {k}": from it a model learns to read off a text how
/// fields are spelt there.
fn odd_form(rng: &mut Rng) -> String {
    let [before, between, more] = [(); 3].map(|()| word(rng, Split::Train));
    match rng.below(8) {
        0..2 => format!("{{k}} {between} {{x}}"),
        2..5 => format!("{{x}} {between} {{k}}"),
        5 => format!("{before} {{k}} {between} {{x}}"),
        6 => format!("{before} {{x}} {between} {{k}}"),
        _ => format!("{{x}} {between} {more} {{k}}"),
    }
}

/// What nobody puts between fields, or any of the usual.
fn odd_joint(rng: &mut Rng) -> String {
    match rng.below(3) {
        0 => format!(" {} ", word(rng, Split::Train)),
        1 => format!(", {} ", word(rng, Split::Train)),
        _ => Split::Train.pick(rng, JOINED).to_string(),
    }
}

/// "The zorp is 7 and the mip is red.": fields of any name, in any spelling.
fn spelt(rng: &mut Rng, split: Split, names: &[String]) -> Text {
    let kinds = [
        Kind::Person,
        Kind::Place,
        Kind::Thing,
        Kind::Thing,
        Kind::Colour,
        Kind::Integer,
        Kind::Integer,
        Kind::Decimal,
        Kind::Animal,
        Kind::Day,
    ];
    let (form, joint) = match split == Split::Train && rng.chance(0.4) {
        true => (odd_form(rng), odd_joint(rng)),
        false => (
            split.pick(rng, SPELT).to_string(),
            split.pick(rng, JOINED).to_string(),
        ),
    };
    let mut value = || kinds[rng.below(kinds.len())].value(rng, split);
    let fields: Vec<(String, Value)> = names.iter().map(|name| (name.clone(), value())).collect();
    let parts: Vec<String> = fields
        .iter()
        .map(|(name, value)| fill(&form, &[("k", name), ("x", &said(value))]))
        .collect();
    let text = parts.join(&joint);
    Text {
        fields,
        text: if rng.chance(0.5) && !form.starts_with("{x}") {
            upper_first(&text) + "."
        } else {
            text
        },
    }
}

/// Three to five names of fields.
fn names(rng: &mut Rng, split: Split) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let count = rng.between(3, 5);
    while names.len() < count {
        let name = if rng.chance(0.6) {
            word(rng, split)
        } else {
            split.pick(rng, KEYS).into()
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_named_and_stands_in_the_text() {
        for index in 0..2_000 {
            let dialogue = make(&mut Rng::new(7, index), Split::Train);
            let given: Vec<&str> = dialogue
                .prompt()
                .messages
                .iter()
                .map(|m| m.text.as_str())
                .collect();
            let (given, answer) = (given.join("\n"), &dialogue.messages.last().unwrap().text);
            let object: Map<String, Value> = serde_json::from_str(answer).unwrap();
            assert!((2..=3).contains(&object.len()), "{answer}");
            for (name, value) in &object {
                assert!(
                    given.contains(name) && given.contains(&said(value)),
                    "{given} / {answer}"
                );
            }
            assert!(
                !answer.contains(": ") && !given.contains("{x}") && !given.contains("{t}"),
                "{given}"
            );
        }
    }
}
