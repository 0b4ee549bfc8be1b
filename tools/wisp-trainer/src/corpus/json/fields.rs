//! What is said of people, things and events, and which fields are in it.

use crate::corpus::words::Kind;

/// A field's names, what it is, and ways to say it of somebody or something.
pub struct Field {
    pub names: &'static [&'static str],
    pub kind: Kind,
    pub said: &'static [&'static str],
}

const fn field(names: &'static [&'static str], kind: Kind, said: &'static [&'static str]) -> Field {
    Field { names, kind, said }
}

/// What is said of a person.
pub const PERSON: &[Field] = &[
    field(
        &["age"],
        Kind::Few,
        &[
            "is {x} years old",
            "is {x}",
            "turned {x} this year",
            "is aged {x}",
            "has reached {x} years",
            "has lived {x} years",
            "celebrates {x} years",
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
            "works in {x}",
            "has a home in {x}",
            "settled in {x}",
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
            "came here from {x}",
            "has family in {x}",
            "left {x}",
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
            "trained as a {x}",
            "makes a living as a {x}",
            "was hired as a {x}",
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
            "lives with a {x}",
            "feeds a {x}",
            "looks after a {x}",
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
            "has {x} shoes",
            "has a {x} car",
            "is dressed in {x}",
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
            "reads {x}",
            "writes {x}",
            "knows some {x}",
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
            "brought up {x} children",
            "is with {x} children",
            "has got {x} children",
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
            "works with {x}",
            "lives near {x}",
            "has known {x} for years",
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
            "sold a {x}",
            "carries a {x}",
            "wants a {x}",
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
            "is here {x}",
            "travels {x}",
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
            "rests in the {x}",
            "works in the {x}",
            "is found in the {x}",
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
            "reached {x} points",
            "ended with {x} points",
            "made {x} points",
            "won {x} points",
        ],
    ),
];

/// What is said of a thing.
pub const THING: &[Field] = &[
    field(
        &["price", "cost"],
        Kind::Decimal,
        &[
            "costs {x} euros",
            "sells for {x} euros",
            "is sold at {x} euros",
            "has a price of {x}",
            "was bought for {x} euros",
            "is priced at {x} euros",
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
            "was bought for {x} dollars",
            "is priced at {x}",
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
            "comes to {x} kg",
            "is as heavy as {x} kg",
            "weighs in at {x} kilos",
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
            "was given to {x}",
            "is for {x}",
            "was lost by {x}",
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
            "comes from {x}",
            "was bought in {x}",
            "lies in {x}",
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
            "rests in the {x}",
            "works in the {x}",
            "is found in the {x}",
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
            "was made {x} times",
            "is there {x} times",
            "was seen {x} times",
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
            "is here {x}",
            "travels {x}",
            "comes {x}",
        ],
    ),
];

/// Whole sentences, with the fields they hold.
pub struct Scene {
    pub fields: &'static [(&'static str, Kind)],
    pub said: &'static [&'static str],
}

pub const SCENES: &[Scene] = &[
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
