//! What tools give back, and how it is told.

use super::{
    Tools, among_others, anew, ask, at_once, both, families::any, offer::Offer, pair, several,
};
use crate::{
    corpus::{
        phrases::{Split, fill, name, word},
        words::{Kind, number, said},
    },
    dialogue::Dialogue,
    rng::Rng,
};
use serde_json::{Map, Value};

/// What came back: as the tool wrote it, and as it is told.
struct Outcome {
    raw: String,
    told: String,
    failed: bool,
}

impl Outcome {
    fn plain(text: impl Into<String>) -> Self {
        let raw = text.into();
        Self {
            told: raw.clone(),
            raw,
            failed: false,
        }
    }
}

const STATES: &[&str] = &[
    "sunny",
    "cloudy",
    "rain",
    "snow",
    "open",
    "closed",
    "empty",
    "full",
    "on",
    "off",
    "red",
    "blue",
    "cold",
    "warm",
    "hot",
    "late",
    "early",
    "ready",
    "broken",
    "new",
    "old",
    "high",
    "low",
    "free",
    "busy",
    "sold out",
    "on time",
    "not found",
    "in stock",
    "windy",
];

const UNITS: &[&str] = &[
    "degrees", "euros", "km", "minutes", "percent", "kg", "points", "metres", "dollars",
];

const PARTS: &[&str] = &[
    "temperature",
    "sky",
    "price",
    "count",
    "name",
    "state",
    "colour",
    "city",
    "time",
    "size",
    "level",
    "id",
    "total",
    "speed",
    "wind",
    "age",
    "day",
];

const FAILURES: &[&str] = &[
    "not found",
    "no such name",
    "timeout",
    "not allowed",
    "no connection",
    "out of order",
    "it is locked",
    "wrong number",
    "too large",
    "busy",
    "file not found",
];

/// A few words or a number.
fn short(rng: &mut Rng, split: Split) -> Value {
    match rng.below(6) {
        0 => number(rng, split).into(),
        1 => format!("{} {}", number(rng, split), rng.pick(UNITS)).into(),
        2 => format!("{}, {}", rng.pick(STATES), number(rng, split)).into(),
        3 => name(rng, split).into(),
        4 => Kind::Decimal.value(rng, split),
        _ if rng.chance(0.3) => word(rng, split).into(),
        _ => rng.pick(STATES).into(),
    }
}

/// `{"temperature":21,"sky":"sunny"}`, told as "temperature 21, sky sunny".
fn object(rng: &mut Rng, split: Split) -> Outcome {
    let mut fields = Map::new();
    for _ in 0..rng.between(1, 2) {
        fields.insert(split.pick(rng, PARTS).into(), short(rng, split));
    }
    let parts: Vec<String> = fields
        .iter()
        .map(|(key, value)| format!("{key} {}", said(value)))
        .collect();
    Outcome {
        raw: Value::from(fields).to_string(),
        told: parts.join(", "),
        failed: false,
    }
}

/// A known reason, or one with words that must be read.
fn failure(rng: &mut Rng, split: Split) -> String {
    let (a, b) = (word(rng, split), word(rng, split));
    match rng.below(9) {
        0..4 => split.pick(rng, FAILURES).into(),
        4 => format!("{a} not found"),
        5 => format!("no {a}"),
        6 => format!("{a} is {b}"),
        7 => format!("no such {a}"),
        _ => format!("{a} {b}"),
    }
}

fn outcome(rng: &mut Rng, split: Split) -> Outcome {
    match rng.below(100) {
        0..18 => object(rng, split),
        18..26 => {
            let reason = failure(rng, split);
            Outcome {
                raw: format!("Error: {reason}"),
                told: reason,
                failed: true,
            }
        }
        26..32 => Outcome::plain(rng.pick(&["ok", "done", "OK"])),
        _ => Outcome::plain(said(&short(rng, split))),
    }
}

/// One sentence about one result.
fn sentence(offer: &Offer, value: Option<&Value>, outcome: &Outcome) -> String {
    match (&offer.report, value) {
        _ if outcome.failed => format!("That failed: {}.", outcome.told),
        _ if ["ok", "done", "OK"].contains(&outcome.told.as_str()) => "Done.".into(),
        (Some(report), Some(value)) => format!(
            "{}: {}.",
            fill(report, &[("0", &said(value))]),
            outcome.told
        ),
        _ => format!("Result: {}.", outcome.told),
    }
}

/// A conversation whose last answer tells results; sometimes the tool is then called once more.
pub fn told(rng: &mut Rng, split: Split) -> Dialogue {
    match rng.below(10) {
        0 => all_told(rng, split),
        1 => both_told(rng, split),
        _ => one_told(rng, split),
    }
}

const AGAIN: &[&str] = &[
    "And then {x}?",
    "Next is {x}.",
    "Also {x}.",
    "And {x}, please.",
    "The same with {x}, please.",
    "Please do it for {x}.",
    "Do the same for {x}.",
    "Now do it with {x}.",
    "Do it again for {x}.",
    "I also want it for {x}.",
    "And {x}?",
    "What about {x}?",
    "And what about {x}?",
    "Now {x}.",
    "The same for {x}.",
    "And for {x}?",
    "Now the same with {x}.",
    "And now {x}?",
    "Now for {x}.",
    "Then {x}, please.",
    "Also for {x}.",
    "{x} as well, please.",
    "Again with {x}.",
    "Once more, but with {x}.",
    "How about {x}?",
    "Do it for {x} too.",
];

fn one_told(rng: &mut Rng, split: Split) -> Dialogue {
    let offer = any(rng, split);
    let values = offer.values(rng, split);
    let list = among_others(rng, split, &[&offer]);
    let outcome = outcome(rng, split);
    let answer = sentence(&offer, values.first(), &outcome);
    let dialogue = Dialogue::default()
        .calling(ask(rng, split, &offer, &values), vec![offer.call(&values)])
        .result(&outcome.raw)
        .answer(&answer);
    let dialogue = match rng.below(10) {
        0..2 if offer.kinds.len() == 1 => again(rng, split, dialogue, &offer),
        2..5 => anew(rng, split, dialogue, &list),
        _ => dialogue,
    };
    dialogue.offered(list)
}

/// "And Rome?": the same tool with another value.
fn again(rng: &mut Rng, split: Split, before: Dialogue, offer: &Offer) -> Dialogue {
    let values = offer.values(rng, split);
    let asked = fill(split.pick(rng, AGAIN), &[("x", &said(&values[0]))]);
    before.calling(asked, vec![offer.call(&values)])
}

/// "Oslo: rain. Rome: sunny."
fn all_told(rng: &mut Rng, split: Split) -> Dialogue {
    let (offer, values) = several(rng, split);
    let list = among_others(rng, split, &[&offer]);
    let mut dialogue = at_once(rng, split, Dialogue::default(), &offer, &values);
    let mut parts = Vec::new();
    for value in &values {
        let result = said(&short(rng, split));
        parts.push(format!("{}: {result}.", said(value)));
        dialogue = dialogue.result(result);
    }
    dialogue.answer(parts.join(" ")).offered(list)
}

/// "Results: rain and 42."
fn both_told(rng: &mut Rng, split: Split) -> Dialogue {
    let pair = pair(rng, split);
    let list = among_others(rng, split, &[&pair[0].0, &pair[1].0]);
    let dialogue = both(rng, split, Dialogue::default(), &pair);
    let results = [0, 1].map(|_| said(&short(rng, split)));
    dialogue
        .result(&results[0])
        .result(&results[1])
        .answer(format!("Results: {} and {}.", results[0], results[1]))
        .offered(list)
}
