//! The kinds of tools: queries, actions, settings, journeys, …

use super::{
    descriptions::{about, described},
    known,
    offer::{Draft, Mood, Offer},
    pools::{
        ACTIONS, AMOUNTS, GOODS, JOURNEYS, LETTERS, OBJECTS, QUERIES, QUERY_VERBS, SENDING,
        SET_VERBS, SETTINGS, TRAVELLING, Verb,
    },
    requests::{self, invented, many, named_values, one, queried},
};
use crate::{
    corpus::{
        phrases::{Split, fill, word},
        words::Kind,
    },
    rng::Rng,
};

/// Any tool.
pub fn any(rng: &mut Rng, split: Split) -> Offer {
    let make = family(rng, split);
    loop {
        if let Some(offer) = make(rng, split) {
            return opaque(rng, split, offer);
        }
    }
}

/// A kind of tools, by its share. The well-known ones, which have what is left, are trained more often than
/// asked.
fn family(rng: &mut Rng, split: Split) -> fn(&mut Rng, Split) -> Option<Offer> {
    let shares = match split {
        Split::Train => 115,
        Split::HeldOut => 100,
    };
    match rng.below(shares) {
        0..20 => query,
        20..44 => |rng, split| {
            let (verb, object) = (verb(rng), object(rng, split));
            action(rng, split, verb, &object)
        },
        44..54 => setting,
        54..59 => journey,
        59..64 => sending,
        64..69 => amount,
        69..85 => made_up,
        _ => known::offer,
    }
}

/// A tool that shares its verb or its noun with `target` where it can, but not both.
pub fn like(rng: &mut Rng, split: Split, target: &Offer) -> Offer {
    for _ in 0..12 {
        let same_verb = ACTIONS.iter().find(|verb| verb.name == target.does);
        let offer = match same_verb {
            Some(verb) if rng.chance(0.5) => {
                let object = object(rng, split);
                action(rng, split, verb, &object)
            }
            None if target.does == "query" && rng.chance(0.6) => query(rng, split),
            None if target.does == "set" && rng.chance(0.6) => setting(rng, split),
            None if target.does == "use" && rng.chance(0.8) => made_up(rng, split),
            _ => {
                let verb = verb(rng);
                action(rng, split, verb, &target.with)
            }
        };
        match offer {
            Some(offer) if !offer.clashes(target) => return offer,
            _ => {}
        }
    }
    any(rng, split)
}

/// One tool in twelve, in the training one in seven, has a name that says nothing, so that only its
/// description tells.
fn opaque(rng: &mut Rng, split: Split, mut offer: Offer) -> Offer {
    let share = match split {
        Split::Train => 0.14,
        Split::HeldOut => 0.08,
    };
    if offer.does != "use" && !offer.tool.description.is_empty() && rng.chance(share) {
        offer.tool.name = made_up_name(rng, split);
    }
    offer
}

fn verb(rng: &mut Rng) -> &'static Verb {
    &ACTIONS[rng.below(ACTIONS.len())]
}

fn object(rng: &mut Rng, split: Split) -> String {
    match rng.chance(0.35) {
        true => word(rng, split),
        false => rng.pick(OBJECTS).into(),
    }
}

/// `get_weather(city)`, also for a day.
fn query(rng: &mut Rng, split: Split) -> Option<Offer> {
    let (noun, of, kind) = QUERIES[rng.below(QUERIES.len())];
    let noun = match rng.chance(0.3) {
        true => word(rng, split),
        false => noun.to_string(),
    };
    let verb = rng.pick(QUERY_VERBS);
    let mut arguments = vec![(kind.argument(rng, split), kind)];
    let (mut request, mood) = queried(rng, split, &noun, of);
    if kind == Kind::Place && mood != Mood::Fragment && rng.chance(0.2) {
        arguments = meaning(rng, [kind, Kind::Day]);
        request = match request.strip_suffix('?') {
            Some(question) => format!("{question} for {{1}}?"),
            None => format!("{request} for {{1}}"),
        };
    }
    let name: &[&str] = match rng.below(20) {
        0..3 => &[&noun],
        3 => &[&noun, verb],
        _ => &[verb, &noun],
    };
    let description = described(rng, split, "query", &noun, &arguments[0].0);
    let report = Some(format!("The {noun} {of} {{0}}"));
    let draft = Draft {
        name,
        arguments,
        description,
        request: (request, mood),
        topic: ("query", &noun),
        report,
    };
    draft.offer(rng, split)
}

/// `open_door(number)`, with no argument, one, or two that the request names.
fn action(rng: &mut Rng, split: Split, verb: &Verb, noun: &str) -> Option<Offer> {
    let kinds = [
        Kind::Integer,
        Kind::Integer,
        Kind::Colour,
        Kind::Person,
        Kind::Room,
        Kind::Place,
        Kind::Thing,
        Kind::Text,
    ];
    let kind = kinds[rng.below(kinds.len())];
    let spoken = match verb.also.is_empty() || rng.chance(0.75) {
        true => verb.name.replace('_', " "),
        false => rng.pick(verb.also).to_string(),
    };
    let (arguments, request) = match rng.below(100) {
        0..10 => (vec![], format!("{spoken} the {noun}")),
        10..72 => {
            let request = one(rng, split, kind, &spoken, noun);
            (vec![(kind.argument(rng, split), kind)], request)
        }
        72..84 => two_places(rng, split, &spoken, noun),
        _ => {
            let arguments = named_arguments(rng, split);
            let opening = format!("{spoken} the {noun} ");
            let request = named_values(rng, split, &opening, &arguments);
            (arguments, request)
        }
    };
    let hint = arguments.first().map_or("", |(name, _)| name);
    let draft = Draft {
        name: if rng.chance(0.1) {
            &[noun, verb.name]
        } else {
            &[verb.name, noun]
        },
        description: described(rng, split, verb.name, noun, hint),
        arguments,
        request: (request, Mood::Command),
        topic: (verb.name, noun),
        report: None,
    };
    draft.offer(rng, split)
}

/// Two arguments whose names say which value is whose.
fn meaning(rng: &mut Rng, kinds: [Kind; 2]) -> Vec<(String, Kind)> {
    kinds.map(|kind| (kind.meaningful(rng), kind)).into()
}

/// A number or colour and a room or person, each told by the words around it.
fn two_places(
    rng: &mut Rng,
    split: Split,
    verb: &str,
    noun: &str,
) -> (Vec<(String, Kind)>, String) {
    let which = if rng.chance(0.5) {
        Kind::Integer
    } else {
        Kind::Colour
    };
    let place = [Kind::Room, Kind::Place, Kind::Person][rng.below(3)];
    let mut arguments = meaning(rng, [which, place]);
    let mut request = many(rng, split, which, place, verb, noun);
    if rng.chance(0.4) {
        arguments.swap(0, 1);
        request = swapped(&request);
    }
    (arguments, request)
}

fn swapped(request: &str) -> String {
    fill(request, &[("0", "{first}"), ("1", "{0}"), ("first", "{1}")])
}

/// One or two arguments of any kinds.
fn named_arguments(rng: &mut Rng, split: Split) -> Vec<(String, Kind)> {
    let kinds = [
        Kind::Person,
        Kind::Place,
        Kind::Room,
        Kind::Colour,
        Kind::Thing,
        Kind::Integer,
        Kind::Integer,
        Kind::Decimal,
        Kind::Boolean,
        Kind::Day,
        Kind::Language,
        Kind::Animal,
    ];
    let count = if rng.chance(0.7) { 2 } else { 1 };
    (0..count)
        .map(|_| {
            let kind = kinds[rng.below(kinds.len())];
            (kind.argument(rng, split), kind)
        })
        .collect()
}

/// `set_volume(level)`, also of a room.
fn setting(rng: &mut Rng, split: Split) -> Option<Offer> {
    let (noun, kind) = SETTINGS[rng.below(SETTINGS.len())];
    let noun = match rng.chance(0.3) {
        true => word(rng, split),
        false => noun.to_string(),
    };
    let verb = rng.pick(SET_VERBS);
    let mut arguments = vec![(kind.argument(rng, split), kind)];
    let mut request = requests::set(rng, split, &noun);
    if rng.chance(0.35) {
        arguments = meaning(rng, [kind, Kind::Room]);
        request = requests::set_in(rng, split, &noun);
        if rng.chance(0.5) {
            arguments.swap(0, 1);
            request = swapped(&request);
        }
    }
    let draft = Draft {
        name: &[verb, &noun],
        description: described(rng, split, verb, &noun, &arguments[0].0),
        arguments,
        request: (request, Mood::Command),
        topic: ("set", &noun),
        report: None,
    };
    draft.offer(rng, split)
}

/// `book_train(from, to)`.
fn journey(rng: &mut Rng, split: Split) -> Option<Offer> {
    let (verb, noun) = (rng.pick(TRAVELLING), rng.pick(JOURNEYS));
    let names = [
        ("from", "to"),
        ("from", "to"),
        ("start", "end"),
        ("origin", "destination"),
        ("a", "b"),
    ];
    let (from, to) = names[rng.below(names.len())];
    let draft = Draft {
        name: &[verb, noun],
        arguments: vec![(from.into(), Kind::Place), (to.into(), Kind::Place)],
        description: described(rng, split, verb, noun, "city"),
        request: (requests::from_to(rng, split, verb, noun), Mood::Command),
        topic: (verb, noun),
        report: None,
    };
    draft.offer(rng, split)
}

/// `send_message(to, text)`.
fn sending(rng: &mut Rng, split: Split) -> Option<Offer> {
    let (verb, noun) = (rng.pick(SENDING), rng.pick(LETTERS));
    let to = rng.pick(&[
        "to",
        "to",
        "person",
        "name",
        "recipient",
        "user",
        "who",
        "friend",
    ]);
    let mut arguments = vec![
        (to.to_string(), Kind::Person),
        (Kind::Text.meaningful(rng), Kind::Text),
    ];
    let mut request = requests::sent(rng, split, verb, noun);
    if rng.chance(0.4) {
        arguments.swap(0, 1);
        request = swapped(&request);
    }
    let draft = Draft {
        name: &[verb, noun],
        arguments,
        description: described(rng, split, verb, noun, "person"),
        request: (request, Mood::Command),
        topic: (verb, noun),
        report: None,
    };
    draft.offer(rng, split)
}

/// `order_goods(item, count)`.
fn amount(rng: &mut Rng, split: Split) -> Option<Offer> {
    let (verb, noun) = (rng.pick(AMOUNTS), rng.pick(GOODS));
    let count = rng.pick(&[
        "count", "number", "amount", "n", "quantity", "many", "pieces", "total",
    ]);
    let mut arguments = vec![
        (count.to_string(), Kind::Integer),
        (Kind::Things.meaningful(rng), Kind::Things),
    ];
    let mut request = requests::counted(rng, split, verb);
    if rng.chance(0.6) {
        arguments.swap(0, 1);
        request = swapped(&request);
    }
    let draft = Draft {
        name: &[verb, noun],
        arguments,
        description: described(rng, split, verb, noun, "item"),
        request: (request, Mood::Command),
        topic: (verb, "goods"),
        report: None,
    };
    draft.offer(rng, split)
}

/// `zorble(n)`: nothing but its name is known.
fn made_up(rng: &mut Rng, split: Split) -> Option<Offer> {
    let name = made_up_name(rng, split);
    let arguments = match rng.chance(0.05) {
        true => Vec::new(),
        false => named_arguments(rng, split),
    };
    let spoken = if rng.chance(0.3) {
        name.replace('_', " ")
    } else {
        name.clone()
    };
    let (request, mood) = invented(rng, split, &spoken, &arguments);
    let draft = Draft {
        name: &[&name],
        description: about(
            rng,
            split,
            &spoken,
            arguments.first().map_or("", |(name, _)| name),
        ),
        arguments,
        request: (request, mood),
        topic: ("use", &name),
        report: None,
    };
    draft.offer(rng, split)
}

/// `zorble`, `mip_talu`
pub fn made_up_name(rng: &mut Rng, split: Split) -> String {
    let first = word(rng, split);
    match rng.below(10) {
        0..6 => first,
        6..9 => format!("{first}_{}", word(rng, split)),
        _ => format!("{first}{}", rng.between(1, 9)),
    }
}
