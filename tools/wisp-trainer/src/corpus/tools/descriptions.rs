//! What tools say about themselves. `{v}` and `{n}` are the verb and the noun, `{x}` is an argument.

use crate::{
    corpus::phrases::{Split, article, fill, upper_first, word},
    rng::Rng,
};

const TOLD: &[&str] = &[
    "{V} any {n}.",
    "{V} {a} {n} by {x}.",
    "Will {v} the {n}.",
    "It can {v} the {n}.",
    "A tool to {v} the {n}.",
    "A tool to {v} {a} {n}",
    "Use this to {v} the {n}.",
    "{Vs} {a} {n}.",
    "{Vs} the {n}.",
    "{Vs} {a} {n}",
    "{V} {a} {n}.",
    "{V} the {n}",
    "{V} the {n} by {x}",
    "{Vs} {n}s.",
    "{Vs} {a} {n} by {x}.",
    "To {v} the {n}.",
    "Use it to {v} {a} {n}.",
    "{Vs} one {n}.",
    "Can {v} {a} {n}.",
    "For the {n}: {v} it.",
    "{Vs} any {n}.",
    "{V} one {n}.",
    "{Vs} this {n}.",
];

const TELLS: &[&str] = &[
    "Get the {n}",
    "Get the {n} of {a} {x}.",
    "Finds the {n}.",
    "Use it to get the {n}.",
    "Tells the {n} of {a} {x}.",
    "Gives the {n}.",
    "A tool to get the {n}.",
    "Find the {n} of {a} {x}",
    "Gets the {n}.",
    "Gets the {n} of {a} {x}.",
    "Current {n} of {a} {x}.",
    "The {n} of {a} {x}",
    "The {n}.",
    "Tells the {n}.",
    "Get the {n} by {x}",
    "Shows the {n} for {a} {x}.",
    "Finds the {n} of {a} {x}.",
    "{N} by {x}",
    "{N} for {a} {x}.",
    "Looks up the {n}.",
    "Returns the {n}.",
    "Reads the {n} for {a} {x}.",
    "Knows the {n}.",
    "Returns the {n} of {a} {x}.",
];

/// What a tool says about itself; one in twelve says nothing.
pub fn described(rng: &mut Rng, split: Split, verb: &str, noun: &str, argument: &str) -> String {
    if rng.chance(0.08) {
        return String::new();
    }
    let argument = if argument.len() < 3 { "name" } else { argument };
    let told = if verb == "query" { TELLS } else { TOLD };
    let (verb, does) = (verb.replace('_', " "), third_person(verb));
    let text = split.pick(rng, told);
    let follows = if text.contains("{a} {n}") {
        noun
    } else {
        argument
    };
    fill(
        text,
        &[
            ("Vs", &upper_first(&does)),
            ("V", &upper_first(&verb)),
            ("v", &verb),
            ("N", &upper_first(noun)),
            ("n", noun),
            ("a", article(follows)),
            ("x", argument),
        ],
    )
}

/// `turn_on` as "turns on".
fn third_person(verb: &str) -> String {
    let (first, rest) = verb.split_once('_').unwrap_or((verb, ""));
    let ended = match first {
        _ if first.ends_with(['s', 'x', 'h']) => format!("{first}es"),
        "copy" | "empty" | "query" => format!("{}ies", &first[..first.len() - 1]),
        _ => format!("{first}s"),
    };
    format!("{ended} {rest}").trim_end().to_string()
}

const ABOUT: &[&str] = &[
    "Runs {t}.",
    "The {t} tool.",
    "Does {t} with {a} {x}.",
    "{T} for {a} {x}.",
    "Makes {a} {x} {w}.",
    "Does {w} things.",
    "Something with {a} {x}.",
    "{T}.",
    "Starts {t} for {a} {x}.",
    "Needs {a} {x}.",
    "{T} with {a} {x}.",
    "Works on {a} {x}.",
];

/// What a tool with a made-up name says about itself, if anything.
pub fn about(rng: &mut Rng, split: Split, tool: &str, argument: &str) -> String {
    if rng.chance(0.2) {
        return String::new();
    }
    let argument = if argument.len() < 3 {
        "number"
    } else {
        argument
    };
    let other = word(rng, split);
    fill(
        split.pick(rng, ABOUT),
        &[
            ("t", tool),
            ("T", &upper_first(tool)),
            ("w", &other),
            ("a", article(argument)),
            ("x", argument),
        ],
    )
}
