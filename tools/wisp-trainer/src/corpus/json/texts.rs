//! Texts with fields in them.

use super::fields::{Field, PERSON, SCENES, Scene, THING};
use crate::{
    corpus::{
        phrases::{Split, fill, fill_one, upper_first, word},
        words::{Kind, said},
    },
    rng::Rng,
};
use serde_json::Value;

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

/// A text and the fields in it.
pub struct Text {
    /// Names and values, in the order of the text or shuffled.
    pub fields: Vec<(String, Value)>,
    /// What is read.
    pub text: String,
}

/// What a text is about: as often as wanted, another one with the same fields.
pub enum Subject {
    /// What is said of a person or a thing.
    Clauses {
        kind: Kind,
        /// The name of the field for who or what it is.
        name: &'static str,
        /// What is said, and the name of its field.
        fields: Vec<(&'static Field, &'static str)>,
    },
    /// Something that happens.
    Scene(&'static Scene),
    /// Fields of these names, in any spelling.
    Spelt(Vec<String>),
}

impl Subject {
    /// Any subject.
    pub fn new(rng: &mut Rng, split: Split) -> Self {
        match rng.below(100) {
            0..40 => clauses(rng, Kind::Person, &["name", "person", "who"], PERSON),
            40..55 => clauses(rng, Kind::Thing, &["product", "item", "thing"], THING),
            55..72 => Self::Scene(&SCENES[rng.below(SCENES.len())]),
            _ => Self::Spelt(names(rng, split)),
        }
    }

    /// A text about it.
    pub fn text(&self, rng: &mut Rng, split: Split) -> Text {
        match self {
            Self::Clauses { kind, name, fields } => described(rng, split, *kind, name, fields),
            Self::Scene(scene) => happening(rng, split, scene),
            Self::Spelt(names) => spelt(rng, split, names),
        }
    }
}

/// Two to four things that are said of somebody or something.
fn clauses(
    rng: &mut Rng,
    kind: Kind,
    subject: &[&'static str],
    fields: &'static [Field],
) -> Subject {
    let name = subject[rng.below(subject.len())];
    let mut chosen: Vec<(&Field, &str)> = Vec::new();
    let count = rng.between(2, 4);
    while chosen.len() < count {
        let field = &fields[rng.below(fields.len())];
        let taken = |name: &str| field.names.contains(&name);
        if !taken(name) && !chosen.iter().any(|(_, name)| taken(name)) {
            chosen.push((field, field.names[rng.below(field.names.len())]));
        }
    }
    Subject::Clauses {
        kind,
        name,
        fields: chosen,
    }
}

/// "Ada is 30 years old, lives in Rome and has a dog."
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

fn happening(rng: &mut Rng, split: Split, scene: &Scene) -> Text {
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

/// A spelling that nobody uses, such as "vun {x} over {k}", for the training alone: from it a model learns to
/// read off a text how fields are spelt there.
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
