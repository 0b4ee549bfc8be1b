//! The sentences of requests. `{0}` and `{1}` are the arguments' places, for values to be
//! filled in later; `{v}` and `{n}` are the verb and the noun.
//! Mostly lists, and so longer than files usually are.

use super::offer::Mood;
use crate::{
    corpus::{
        phrases::{Split, fill, upper_first},
        words::Kind,
    },
    rng::Rng,
};

/// Words around a command.
const COMMANDS: &[&str] = &[
    "You must {r}.",
    "You could {r}.",
    "Will you please {r}?",
    "Please {r} for me.",
    "Please {r} now.",
    "Hello, please {r}.",
    "Good. Now {r}.",
    "First, {r}.",
    "I need to {r}.",
    "I have to {r}.",
    "We should {r}.",
    "It is time to {r}.",
    "Be so kind and {r}.",
    "{r} at once.",
    "{r} again.",
    "{r}.",
    "{r}.",
    "{r}.",
    "{r}",
    "{r}!",
    "Please {r}.",
    "Please {r}",
    "Can you {r}?",
    "Could you {r}?",
    "I want you to {r}.",
    "{r}, please.",
    "{r} please",
    "Hey, {r}.",
    "Would you {r}?",
    "I need you to {r}.",
    "{r} now.",
    "Now {r}.",
    "Can you please {r}?",
    "I would like you to {r}.",
    "OK, {r}.",
    "Quick, {r}!",
    "Just {r}.",
    "So, {r}.",
    "Now please {r}.",
    "Your task: {r}.",
    "Go and {r}.",
    "I ask you to {r}.",
    "You should {r}.",
    "Time to {r}.",
    "{r}, would you?",
    "{r}, thanks.",
    "Next, {r}.",
    "Can you {r} for me?",
    "Could you {r}, please?",
    "Hi! Please {r}.",
    "Would you please {r}?",
    "Can you {r} now?",
    "Let us {r}.",
    "Hello, {r}.",
    "Hi, can you {r}?",
    "Hey, could you {r}?",
    "{r} for me.",
    "{r}, if you can.",
    "Then {r}.",
    "I'd like to {r}.",
    "I want to {r}.",
    "Help me {r}.",
    "Please, {r}.",
    "Good day! {r}.",
    "Hello, can you {r}?",
    "I'd like you to {r}.",
    "Could you please {r}?",
    "Hello! {r}, please.",
    "Will you {r}?",
    "Kindly {r}.",
    "Go ahead and {r}.",
];

/// A command as somebody says it.
pub fn commanded(rng: &mut Rng, split: Split, request: &str) -> String {
    if ["in ", "for ", "from "]
        .iter()
        .any(|word| request.starts_with(word))
    {
        return upper_first(request) + ".";
    }
    let text = fill(split.pick(rng, COMMANDS), &[("r", request)]);
    if rng.chance(0.2) {
        text
    } else {
        upper_first(&text)
    }
}

/// Any request as somebody says it.
pub fn uttered(rng: &mut Rng, split: Split, request: &str, mood: Mood) -> String {
    match mood {
        Mood::Command => commanded(rng, split, request),
        _ if rng.chance(0.25) => request.to_string(),
        _ => upper_first(request),
    }
}

const QUESTIONS: &[&str] = &[
    "what is the {n} {of} {0}?",
    "what is the {n} {of} {0}?",
    "what's the {n} {of} {0}?",
    "do you know the {n} {of} {0}?",
    "can you tell me the {n} {of} {0}?",
    "could you check the {n} {of} {0}?",
    "which {n} is there {of} {0}?",
    "what {n} do we have {of} {0}?",
    "can you find the {n} {of} {0}?",
    "how is the {n} {of} {0}?",
    "do you have the {n} {of} {0}?",
    "what about the {n} {of} {0}?",
    "could you tell me the {n} {of} {0}?",
    "can you get me the {n} {of} {0}?",
];

const INQUIRIES: &[&str] = &[
    "get the {n} {of} {0}",
    "tell me the {n} {of} {0}",
    "find the {n} {of} {0}",
    "show me the {n} {of} {0}",
    "check the {n} {of} {0}",
    "look up the {n} {of} {0}",
    "give me the {n} {of} {0}",
    "find out the {n} {of} {0}",
    "get me the {n} {of} {0}",
];

const FRAGMENTS: &[&str] = &[
    "{n} {of} {0}",
    "{n} {of} {0}?",
    "the {n} {of} {0}, please",
    "I need the {n} {of} {0}.",
    "I want to know the {n} {of} {0}.",
    "{0} {n}",
    "{0}: {n}?",
    "{n}: {0}",
    "the {n} {of} {0}?",
];

/// A request to be told something.
pub fn queried(rng: &mut Rng, split: Split, noun: &str, of: &str) -> (String, Mood) {
    let (texts, mood) = match rng.below(10) {
        0..5 => (QUESTIONS, Mood::Question),
        5..8 => (INQUIRIES, Mood::Command),
        _ => (FRAGMENTS, Mood::Fragment),
    };
    (
        fill(split.pick(rng, texts), &[("n", noun), ("of", of)]),
        mood,
    )
}

/// Ways to say which one is meant.
fn which(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Integer => &[
            "{v} {n} {0}",
            "{v} {n} {0}",
            "{v} {n} number {0}",
            "{v} the {n} number {0}",
            "{v} the {n} with number {0}",
            "{v} the {n} {0}",
            "{v} {n} no. {0}",
            "{v} number {0} of the {n}s",
        ],
        Kind::Colour => &[
            "{v} the {0} {n}",
            "{v} the {0} {n}",
            "{v} a {0} {n}",
            "{v} the {n} that is {0}",
            "{v} my {0} {n}",
            "{v} the {n} in {0}",
            "{v} only the {0} {n}",
            "{v} our {0} {n}",
        ],
        Kind::Person => &[
            "{v} the {n} for {0}",
            "{v} the {n} of {0}",
            "{v} {0}'s {n}",
            "{v} a {n} for {0}",
            "{v} the {n} that belongs to {0}",
            "for {0}, {v} the {n}",
            "{v} the {n} with {0}",
            "{v} {n} for {0}",
        ],
        Kind::Room => &[
            "{v} the {n} in the {0}",
            "{v} the {0} {n}",
            "in the {0}, {v} the {n}",
            "{v} the {n} of the {0}",
            "go to the {0} and {v} the {n}",
            "{v} the {n} from the {0}",
            "{v} a {n} in the {0}",
            "{v} the {n} inside the {0}",
        ],
        Kind::Place => &[
            "{v} the {n} in {0}",
            "in {0}, {v} the {n}",
            "{v} the {n} of {0}",
            "{v} the {n} at {0}",
            "{v} the {0} {n}",
            "{v} a {n} in {0}",
            "{v} the {n} near {0}",
            "{v} our {n} in {0}",
        ],
        Kind::Text => &[
            "{v} the {n} \"{0}\"",
            "{v} \"{0}\" as {n}",
            "{v} the {n} called \"{0}\"",
            "{v} {n}: {0}",
            "{v} the {n}: {0}",
            "{v} the {n} '{0}'",
            "{v} the {n} named \"{0}\"",
            "{v} a {n} called \"{0}\"",
        ],
        _ => &[
            "{v} the {n} {0}",
            "{v} {n} {0}",
            "{v} the {n} with the {0}",
            "{v} the {n} called {0}",
            "{v} the {0} {n}",
            "{v} the {n} named {0}",
            "{v} a {n} with {0}",
            "{v} the {n} for the {0}",
        ],
    }
}

/// A command with one value.
pub fn one(rng: &mut Rng, split: Split, kind: Kind, verb: &str, noun: &str) -> String {
    fill(split.pick(rng, which(kind)), &[("v", verb), ("n", noun)])
}

/// A command with a number or colour, and where or whose it is.
pub fn many(
    rng: &mut Rng,
    split: Split,
    first: Kind,
    second: Kind,
    verb: &str,
    noun: &str,
) -> String {
    let ties: &[&str] = match second {
        Kind::Room => &["{r} in the {1}", "in the {1}, {r}", "{r} of the {1}"],
        Kind::Place => &["{r} in {1}", "in {1}, {r}", "{r} at {1}"],
        _ => &["{r} for {1}", "for {1}, {r}", "{r} of {1}"],
    };
    let request = one(rng, split, first, verb, noun);
    fill(split.pick(rng, ties), &[("r", &request)])
}

const NAMED: &[&str] = &[
    "giving {0} as {a}",
    "with {0} for {a}",
    "taking {0} as {a}",
    "using {a} {0}",
    "{a}: {0}",
    "{a}={0}",
    "for {a} {0}",
    "with {a} {0}",
    "with {a} {0}",
    "with {a}={0}",
    "with {a} = {0}",
    "with {a}: {0}",
    "({a}: {0})",
    "({a}={0})",
    "using {0} as {a}",
    "where {a} is {0}",
    "and set {a} to {0}",
    "with {a} set to {0}",
    "having {a} {0}",
    "with {a} of {0}",
    "by {a}={0}",
    "with {0} as {a}",
];

const NAMED_TWICE: &[&str] = &[
    "giving {0} as {a} and {1} as {b}",
    "with {0} for {a} and {1} for {b}",
    "with {0} as {a}, {1} as {b}",
    "taking {0} as {a} and {1} as {b}",
    "using {a} {0} and {b} {1}",
    "with {a} = {0} and {b} = {1}",
    "with {a}: {0} and {b}: {1}",
    "{a}: {0}, {b}: {1}",
    "for {a} {0} and {b} {1}",
    "with {a} {0} and {b} {1}",
    "with {a}={0} and {b}={1}",
    "with {a} = {0}, {b} = {1}",
    "with {a}: {0}, {b}: {1}",
    "{a} {0}, {b} {1}",
    "({a}: {0}, {b}: {1})",
    "({a}={0}, {b}={1})",
    "using {0} as {a} and {1} as {b}",
    "where {a} is {0} and {b} is {1}",
    "with {a} {0}, {b} {1}",
    "with {a} set to {0} and {b} set to {1}",
    "{a}={0} {b}={1}",
    "with {a}={0}, {b}={1}",
    "with {0} as {a} and {1} as {b}",
];

/// A command that names its arguments, in either order.
pub fn named_values(
    rng: &mut Rng,
    split: Split,
    opening: &str,
    arguments: &[(String, Kind)],
) -> String {
    let name = |index: usize| arguments[index].0.replace('_', " ");
    let tail = match arguments.len() {
        1 => fill(split.pick(rng, NAMED), &[("a", &name(0))]),
        _ if rng.chance(0.6) => fill(
            split.pick(rng, NAMED_TWICE),
            &[("a", &name(0)), ("b", &name(1))],
        ),
        _ => {
            let text = split.pick(rng, NAMED_TWICE);
            let crossed = [
                ("a", name(1)),
                ("b", name(0)),
                ("0", "{one}".into()),
                ("1", "{0}".into()),
            ];
            let places: Vec<(&str, &str)> = crossed
                .iter()
                .map(|(place, text)| (*place, text.as_str()))
                .collect();
            fill(&fill(text, &places), &[("one", "{1}")])
        }
    };
    format!("{opening}{tail}")
}

/// "set the volume to 7"
pub fn set(rng: &mut Rng, split: Split, noun: &str) -> String {
    let texts = [
        "set the {n} to {0}",
        "set the {n} to {0}",
        "set {n} to {0}",
        "change the {n} to {0}",
        "put the {n} to {0}",
        "make the {n} {0}",
        "adjust the {n} to {0}",
        "use {0} as the {n}",
        "turn the {n} to {0}",
        "bring the {n} to {0}",
        "change {n} to {0}",
    ];
    fill(split.pick(rng, &texts), &[("n", noun)])
}

/// "set the volume in the kitchen to 7"
pub fn set_in(rng: &mut Rng, split: Split, noun: &str) -> String {
    let texts = [
        "set the {n} in the {1} to {0}",
        "set the {n} of the {1} to {0}",
        "set the {1} {n} to {0}",
        "in the {1}, set the {n} to {0}",
        "change the {n} in the {1} to {0}",
        "set the {n} to {0} in the {1}",
        "make the {n} of the {1} {0}",
        "adjust the {1} {n} to {0}",
        "change the {1} {n} to {0}",
    ];
    fill(split.pick(rng, &texts), &[("n", noun)])
}

/// "book a train from Rome to Paris"
pub fn from_to(rng: &mut Rng, split: Split, verb: &str, noun: &str) -> String {
    let texts = [
        "{v} a {n} from {0} to {1}",
        "{v} a {n} from {0} to {1}",
        "{v} the {n} from {0} to {1}",
        "{v} a {n} to {1} from {0}",
        "{v} the {n} to {1} from {0}",
        "{v} me a {n} from {0} to {1}",
        "from {0} to {1}, {v} a {n}",
        "{v} my {n} from {0} to {1}",
        "{v} a {n} starting in {0} and ending in {1}",
        "{v} my {n} to {1} from {0}",
    ];
    fill(split.pick(rng, &texts), &[("v", verb), ("n", noun)])
}

/// "send Ada the message good night"
pub fn sent(rng: &mut Rng, split: Split, verb: &str, noun: &str) -> String {
    let texts = [
        "{v} {0} the {n} \"{1}\"",
        "{v} the {n} \"{1}\" to {0}",
        "{v} \"{1}\" to {0}",
        "{v} a {n} to {0}: {1}",
        "{v} {0} a {n}: {1}",
        "{v} {0} a {n} that says \"{1}\"",
        "{v} a {n} to {0} saying {1}",
        "{v} {0} the {n} {1}",
        "{v} a {n} with \"{1}\" to {0}",
        "{v} the {n} '{1}' to {0}",
        "{v} {0} this {n}: {1}",
        "{v} a {n} to {0} saying \"{1}\"",
    ];
    fill(split.pick(rng, &texts), &[("v", verb), ("n", noun)])
}

/// "order 3 lamps"
pub fn counted(rng: &mut Rng, split: Split, verb: &str) -> String {
    let texts = [
        "{v} {0} {1}",
        "{v} {0} {1}",
        "{v} {0} of the {1}",
        "{v} {0} new {1}",
        "{v} me {0} {1}",
        "{v} exactly {0} {1}",
        "{v} {1}, {0} of them",
        "{v} {0} more {1}",
        "{v} {0} of our {1}",
        "{v} us {0} {1}",
    ];
    fill(split.pick(rng, &texts), &[("v", verb)])
}

const USES: &[&str] = &[
    "use {t}",
    "call {t}",
    "run {t}",
    "start {t}",
    "use the tool {t}",
    "execute {t}",
    "do {t}",
    "use the {t} tool",
    "invoke {t}",
    "perform {t}",
    "make use of {t}",
    "run the {t} tool",
    "start the tool {t}",
    "call the tool {t}",
];

const ON: &[&str] = &[
    "use {t} with {0}",
    "use {t} on {0}",
    "call {t} with {0}",
    "call {t} on {0}",
    "run {t} with {0}",
    "{t} {0}",
    "{t} {0}",
    "apply {t} to {0}",
    "do {t} with {0}",
    "use {t} for {0}",
    "{t} the {0}",
    "use the tool {t} with {0}",
    "let {t} work on {0}",
    "try {t} with {0}",
    "perform {t} on {0}",
    "{t}: {0}",
    "give {0} to {t}",
    "use {t} for the {0}",
    "start {t} on {0}",
    "start {t} with {0}",
    "execute {t} on {0}",
    "run {t} on {0}",
    "run the tool {t} with {0}",
];

const ON_TWO: &[&str] = &[
    "start {t} on {0} and {1}",
    "use the {t} tool with {0} and {1}",
    "do {t} with {0} and {1}",
    "call {t} for {0} and {1}",
    "try {t} on {0} and {1}",
    "start {t} with {0} and {1}",
    "use {t} with {0} and {1}",
    "call {t} with {0} and {1}",
    "run {t} with {0} and {1}",
    "{t} {0} {1}",
    "{t} {0} and {1}",
    "use {t} on {0} and {1}",
    "call {t} with {0}, {1}",
    "apply {t} to {0} and {1}",
    "{t} with {0} and {1}",
    "use the tool {t} with {0} and {1}",
    "let {t} work on {0} and {1}",
    "{t}: {0}, {1}",
    "execute {t} on {0} and {1}",
    "use {t} for {0} and {1}",
    "run {t} on {0} and {1}",
];

/// A request for a tool by its name.
pub fn invented(
    rng: &mut Rng,
    split: Split,
    tool: &str,
    arguments: &[(String, Kind)],
) -> (String, Mood) {
    let opening = |rng: &mut Rng| fill(split.pick(rng, USES), &[("t", tool)]);
    let request = match arguments.len() {
        0 => opening(rng),
        1 if rng.chance(0.75) => fill(split.pick(rng, ON), &[("t", tool)]),
        2 if rng.chance(0.4) => fill(split.pick(rng, ON_TWO), &[("t", tool)]),
        _ => {
            let opening = opening(rng) + " ";
            named_values(rng, split, &opening, arguments)
        }
    };
    (request, Mood::Command)
}
