//! Taking named fields out of a sentence, as JSON.

use super::{
    phrases::{Split, fill, lower_first, upper_first, word},
    words::{Kind, said},
};
use crate::{dialogue::Dialogue, rng::Rng};
use serde_json::{Map, Value};

/// A field's names, what it is, and ways to say it of somebody or something.
struct Field {
    names: &'static [&'static str],
    kind: Kind,
    said: &'static [&'static str],
}

const fn field(names: &'static [&'static str], kind: Kind, said: &'static [&'static str]) -> Field {
    Field { names, kind, said }
}

/// What is said of a person.
const PERSON: &[Field] = &[
    field(
        &["age"],
        Kind::Few,
        &[
            "is {x} years old",
            "is {x}",
            "turned {x} this year",
            "is aged {x}",
            "is now {x} years old",
        ],
    ),
    field(
        &["city", "home", "town"],
        Kind::Place,
        &[
            "lives in {x}",
            "moved to {x}",
            "has a flat in {x}",
            "stays in {x}",
            "has a house in {x}",
        ],
    ),
    field(
        &["country"],
        Kind::Country,
        &[
            "comes from {x}",
            "was born in {x}",
            "grew up in {x}",
            "is from {x}",
            "was raised in {x}",
        ],
    ),
    field(
        &["job", "work"],
        Kind::Job,
        &[
            "works as a {x}",
            "is a {x}",
            "became a {x}",
            "has a job as a {x}",
            "earns money as a {x}",
        ],
    ),
    field(
        &["animal", "pet"],
        Kind::Animal,
        &[
            "has a {x}",
            "owns a {x}",
            "keeps a {x}",
            "has a pet {x}",
            "loves a {x}",
        ],
    ),
    field(
        &["colour", "color"],
        Kind::Colour,
        &[
            "likes the colour {x}",
            "wears {x}",
            "has a {x} coat",
            "likes {x}",
            "has a {x} hat",
        ],
    ),
    field(
        &["language"],
        Kind::Language,
        &[
            "speaks {x}",
            "learns {x}",
            "teaches {x}",
            "studies {x}",
            "understands {x}",
        ],
    ),
    field(
        &["children"],
        Kind::Few,
        &[
            "has {x} children",
            "is a parent of {x} children",
            "raises {x} children",
            "cares for {x} children",
        ],
    ),
    field(
        &["friend"],
        Kind::Person,
        &[
            "is a friend of {x}",
            "knows {x}",
            "met {x}",
            "plays with {x}",
            "has a friend called {x}",
        ],
    ),
    field(
        &["food", "product", "item"],
        Kind::Thing,
        &[
            "bought a {x}",
            "sells a {x}",
            "needs a {x}",
            "lost a {x}",
            "found a {x}",
        ],
    ),
    field(
        &["day"],
        Kind::Day,
        &[
            "arrives {x}",
            "is free {x}",
            "comes back {x}",
            "leaves {x}",
            "has time {x}",
        ],
    ),
    field(
        &["room"],
        Kind::Room,
        &[
            "is in the {x}",
            "sleeps in the {x}",
            "waits in the {x}",
            "sits in the {x}",
        ],
    ),
    field(
        &["score", "points"],
        Kind::Integer,
        &[
            "has {x} points",
            "got {x} points",
            "scored {x} points",
            "won {x} points",
        ],
    ),
];

/// What is said of a thing.
const THING: &[Field] = &[
    field(
        &["price", "cost"],
        Kind::Decimal,
        &[
            "costs {x} euros",
            "sells for {x} euros",
            "is sold at {x} euros",
            "has a price of {x}",
            "goes for {x} euros",
        ],
    ),
    field(
        &["price", "cost"],
        Kind::Integer,
        &[
            "costs {x} dollars",
            "costs {x}",
            "is worth {x} dollars",
            "sells for {x}",
            "goes for {x} dollars",
        ],
    ),
    field(
        &["weight"],
        Kind::Decimal,
        &[
            "weighs {x} kilos",
            "weighs {x} kg",
            "has a weight of {x} kg",
            "is {x} kg heavy",
        ],
    ),
    field(
        &["colour", "color"],
        Kind::Colour,
        &[
            "is {x}",
            "comes in {x}",
            "has a {x} handle",
            "is painted {x}",
            "was painted {x}",
        ],
    ),
    field(
        &["owner", "person"],
        Kind::Person,
        &[
            "belongs to {x}",
            "is owned by {x}",
            "was made for {x}",
            "is the property of {x}",
        ],
    ),
    field(
        &["city", "place"],
        Kind::Place,
        &[
            "was made in {x}",
            "is sold in {x}",
            "was found in {x}",
            "stands in {x}",
            "was sent to {x}",
        ],
    ),
    field(
        &["room"],
        Kind::Room,
        &[
            "is in the {x}",
            "stands in the {x}",
            "lies in the {x}",
            "was left in the {x}",
        ],
    ),
    field(
        &["count", "number", "stock"],
        Kind::Integer,
        &[
            "was ordered {x} times",
            "was sold {x} times",
            "is in stock {x} times",
            "was bought {x} times",
        ],
    ),
    field(
        &["day"],
        Kind::Day,
        &[
            "arrives {x}",
            "is ready {x}",
            "will be sent {x}",
            "comes {x}",
        ],
    ),
];

/// Whole sentences, with the fields they hold.
struct Scene {
    fields: &'static [(&'static str, Kind)],
    said: &'static [&'static str],
}

const SCENES: &[Scene] = &[
    Scene {
        fields: &[
            ("count", Kind::Integer),
            ("product", Kind::Things),
            ("name", Kind::Person),
            ("day", Kind::Day),
        ],
        said: &[
            "The order: {count} {product} for {name}, {day}.",
            "{name} orders {count} {product} for {day}.",
            "Please send {count} {product} to {name} {day}.",
            "{name} wants {count} {product} {day}.",
            "{count} {product} go to {name} {day}.",
            "For {day}: {count} {product}, ordered by {name}.",
        ],
    },
    Scene {
        fields: &[
            ("product", Kind::Things),
            ("count", Kind::Integer),
            ("price", Kind::Decimal),
            ("city", Kind::Place),
        ],
        said: &[
            "We sold {count} {product} in {city} for {price} euros.",
            "{count} {product} for {price} euros, to be sent to {city}.",
            "The shop in {city} has {count} {product} for {price} euros each.",
            "In {city} they bought {count} {product} at {price} euros.",
            "The shop in {city} sold {count} {product} at {price} euros.",
        ],
    },
    Scene {
        fields: &[
            ("from", Kind::Place),
            ("to", Kind::Place),
            ("day", Kind::Day),
            ("price", Kind::Integer),
        ],
        said: &[
            "The train from {from} to {to} leaves {day} and costs {price} euros.",
            "A ticket from {from} to {to} for {day}: {price} euros.",
            "{day} we go from {from} to {to} for {price} euros.",
            "The flight to {to} starts in {from} {day} and costs {price}.",
            "The bus from {from} to {to} costs {price} euros {day}.",
        ],
    },
    Scene {
        fields: &[
            ("sender", Kind::Person),
            ("receiver", Kind::Person),
            ("text", Kind::Text),
            ("day", Kind::Day),
        ],
        said: &[
            "{sender} wrote \"{text}\" to {receiver}, to be read {day}.",
            "A letter from {sender} to {receiver} for {day}: \"{text}\"",
            "{sender} tells {receiver} \"{text}\" {day}.",
            "{receiver} got \"{text}\" from {sender} {day}.",
            "{sender} sends {receiver} the words \"{text}\" {day}.",
        ],
    },
    Scene {
        fields: &[
            ("name", Kind::Person),
            ("animal", Kind::Animal),
            ("colour", Kind::Colour),
            ("age", Kind::Few),
        ],
        said: &[
            "{name} is a {colour} {animal} and {age} years old.",
            "The {colour} {animal} is called {name} and is {age} years old.",
            "Our {animal} {name} is {colour} and {age}.",
            "A {colour} {animal} of {age} years named {name}.",
            "We have a {colour} {animal}, {age} years old, called {name}.",
        ],
    },
];

/// Names of fields that a text spells out.
const KEYS: &[&str] = &[
    "name", "age", "city", "colour", "animal", "job", "count", "product", "price", "day",
    "language", "country", "size", "level", "speed", "title", "status", "owner", "score", "weight",
    "height", "room", "street", "code", "team", "rank", "key", "type", "mode", "user", "year",
    "total", "width", "brand", "model", "port", "host", "shape", "taste", "sound", "depth",
    "power", "leader", "river", "metal", "month", "letter", "number",
];

const SPELT: &[&str] = &[
    "{k}: {x}",
    "{k} = {x}",
    "{k} is {x}",
    "the {k} is {x}",
    "{k} {x}",
    "its {k} is {x}",
    "{k}={x}",
    "the {k} was {x}",
    "my {k} is {x}",
    "the {k}: {x}",
    "a {k} of {x}",
];

const JOINED: &[&str] = &[
    ", ", ", ", "; ", " and ", ", and ", ". ", "\n", " | ", " - ",
];

/// Instructions, with `{f}` for the fields and `{t}` for the text.
const INSTRUCTIONS: &[&str] = &[
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
    "Extract the fields {f} as JSON: {t}",
    "Text: {t}\nExtract {f} as JSON.",
    "Return {f} from this text as JSON: {t}",
];

const SYSTEM: &[&str] = &[
    "Answer with JSON: fields {f}.",
    "Extract {f} as JSON.",
    "Return JSON with {f}.",
    "You answer with JSON that has the fields {f}.",
    "Reply with a JSON object that has the fields {f}.",
    "Answer only with JSON. Fields: {f}.",
    "Write {f} as JSON.",
    "JSON fields: {f}",
    "Read each text and return {f} as JSON.",
    "Answer with JSON that has {f}.",
];

/// A text and the fields in it.
struct Text {
    fields: Vec<(String, Value)>,
    text: String,
}

/// A text with what is wanted of it, one time in seven in the system prompt.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    let mut text = text(rng, split);
    let wanted = wanted(rng, &mut text);
    let names = listed(rng, &wanted);
    let answer = answer(&wanted);
    if rng.chance(0.15) {
        let system = fill(split.pick(rng, SYSTEM), &[("f", &names)]);
        return Dialogue::exchange(text.text, answer).under(system);
    }
    let instruction = split.pick(rng, INSTRUCTIONS);
    let instruction = if rng.chance(0.15) {
        lower_first(instruction)
    } else {
        instruction.to_string()
    };
    Dialogue::exchange(
        fill(&instruction, &[("f", &names), ("t", &text.text)]),
        answer,
    )
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

fn text(rng: &mut Rng, split: Split) -> Text {
    match rng.below(100) {
        0..40 => clauses(rng, split, PERSON, &["name", "person", "who"], Kind::Person),
        40..55 => clauses(
            rng,
            split,
            THING,
            &["product", "item", "thing"],
            Kind::Thing,
        ),
        55..72 => scene(rng, split),
        _ => spelt(rng, split),
    }
}

/// "Ada is 30 years old, lives in Rome and has a dog."
fn clauses(rng: &mut Rng, split: Split, fields: &[Field], subject: &[&str], kind: Kind) -> Text {
    let who = kind.value(rng, split);
    let mut found = vec![(rng.pick(subject).to_string(), who.clone())];
    let mut clauses = Vec::new();
    let count = rng.between(2, 4);
    while clauses.len() < count {
        let field = &fields[rng.below(fields.len())];
        if found
            .iter()
            .any(|(name, _)| field.names.contains(&name.as_str()))
        {
            continue;
        }
        let value = field.kind.value(rng, split);
        clauses.push(fill(split.pick(rng, field.said), &[("x", &said(&value))]));
        found.push((rng.pick(field.names).to_string(), value));
    }
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

fn scene(rng: &mut Rng, split: Split) -> Text {
    let scene = &SCENES[rng.below(SCENES.len())];
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

/// "The zorp is 7 and the mip is red.": fields of any name, in any spelling.
fn spelt(rng: &mut Rng, split: Split) -> Text {
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
    let (form, joint) = (split.pick(rng, SPELT), split.pick(rng, JOINED));
    let mut fields: Vec<(String, Value)> = Vec::new();
    let count = rng.between(3, 5);
    while fields.len() < count {
        let name = if rng.chance(0.4) {
            word(rng, split)
        } else {
            split.pick(rng, KEYS).into()
        };
        if fields.iter().all(|(other, _)| *other != name) {
            fields.push((name, kinds[rng.below(kinds.len())].value(rng, split)));
        }
    }
    let parts: Vec<String> = fields
        .iter()
        .map(|(name, value)| fill(form, &[("k", name), ("x", &said(value))]))
        .collect();
    let text = parts.join(joint);
    Text {
        fields,
        text: if rng.chance(0.5) {
            upper_first(&text) + "."
        } else {
            text
        },
    }
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
