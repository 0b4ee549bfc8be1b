//! Tools as programs often offer them, with requests of their own: one list, longer than files usually are.

use super::offer::{Draft, Mood, Offer};
use crate::{
    corpus::{phrases::Split, words::Kind},
    rng::Rng,
};

/// One such tool.
struct Known {
    about: &'static str,
    names: &'static [&'static str],
    arguments: &'static [(&'static [&'static str], Kind)],
    descriptions: &'static [&'static str],
    requests: &'static [&'static str],
    report: Option<&'static str>,
}

const KNOWN: &[Known] = &[
    Known {
        about: "weather",
        names: &[
            "get_weather",
            "weather",
            "current_weather",
            "weather_report",
            "check_weather",
        ],
        arguments: &[(&["city", "place", "location", "town"], Kind::Place)],
        descriptions: &[
            "Current weather in a city.",
            "Get the weather.",
            "Weather report",
            "Tells how the weather is.",
        ],
        requests: &[
            "how is the weather in {0}?",
            "what is the weather in {0}?",
            "what's the weather like in {0}?",
            "is it raining in {0}?",
            "do I need an umbrella in {0}?",
            "is it warm in {0}?",
            "what weather do they have in {0}?",
            "how will the weather be in {0}?",
        ],
        report: Some("The weather in {0}"),
    },
    Known {
        about: "time",
        names: &["get_time", "clock", "current_time", "time", "time_in"],
        arguments: &[(&["city", "place", "zone", "location"], Kind::Place)],
        descriptions: &[
            "Current time in a city.",
            "Get the time.",
            "The time of a place",
            "Tells the time there.",
        ],
        requests: &[
            "what time is it in {0}?",
            "how late is it in {0}?",
            "what is the time in {0}?",
            "tell me the time in {0}",
            "which time is it now in {0}?",
            "what hour is it in {0}?",
            "show the time in {0}",
            "what time do they have in {0}?",
        ],
        report: Some("The time in {0}"),
    },
    Known {
        about: "time",
        names: &["now", "get_time", "get_date", "today", "clock"],
        arguments: &[],
        descriptions: &[
            "Current date and time.",
            "The time now.",
            "Today's date",
            "Tells date and time.",
        ],
        requests: &[
            "what time is it?",
            "what time is it now?",
            "how late is it?",
            "tell me the time",
            "what day is it today?",
            "what is the date today?",
            "which day is today?",
            "do you have the time?",
        ],
        report: None,
    },
    Known {
        about: "sum",
        names: &["add", "sum", "plus", "add_numbers", "calculate_sum"],
        arguments: &[
            (&["a", "x", "first", "left"], Kind::Integer),
            (&["b", "y", "second", "right"], Kind::Integer),
        ],
        descriptions: &[
            "Adds two numbers.",
            "Add a and b",
            "The sum of two numbers.",
            "Sum",
        ],
        requests: &[
            "add {0} and {1}",
            "what is {0} + {1}?",
            "what is {0} plus {1}?",
            "calculate {0} + {1}",
            "what is the sum of {0} and {1}?",
            "how much is {0} + {1}?",
            "sum up {0} and {1}",
            "add {0} to {1}",
        ],
        report: None,
    },
    Known {
        about: "product",
        names: &["multiply", "times", "product", "multiply_numbers", "mul"],
        arguments: &[
            (&["a", "x", "first", "left"], Kind::Integer),
            (&["b", "y", "second", "right"], Kind::Integer),
        ],
        descriptions: &[
            "Multiplies two numbers.",
            "Multiply a by b",
            "The product of two numbers.",
            "Product",
        ],
        requests: &[
            "multiply {0} by {1}",
            "what is {0} * {1}?",
            "what is {0} times {1}?",
            "calculate {0} times {1}",
            "how much is {0} x {1}?",
            "multiply {0} and {1}",
            "what is the product of {0} and {1}?",
            "compute {0} * {1}",
        ],
        report: None,
    },
    Known {
        about: "dice",
        names: &["roll_dice", "roll", "dice", "roll_die", "throw_dice"],
        arguments: &[(&["sides", "faces", "n", "max"], Kind::Integer)],
        descriptions: &[
            "Rolls a die.",
            "Roll dice",
            "Throws a die with some sides.",
            "A random roll.",
        ],
        requests: &[
            "roll a die with {0} sides",
            "roll a d{0}",
            "throw a die with {0} sides",
            "roll the dice, {0} sides",
            "roll a {0}-sided die",
            "roll one die of {0} sides",
            "give me a roll of a d{0}",
            "roll a die that has {0} sides",
        ],
        report: None,
    },
    Known {
        about: "random",
        names: &[
            "random_number",
            "random",
            "pick_number",
            "random_int",
            "draw_number",
        ],
        arguments: &[
            (&["min", "low", "from", "a"], Kind::Integer),
            (&["max", "high", "to", "b"], Kind::Integer),
        ],
        descriptions: &[
            "A random number.",
            "Picks a number between two others.",
            "Random number",
            "Draws a number.",
        ],
        requests: &[
            "give me a random number between {0} and {1}",
            "pick a number between {0} and {1}",
            "a random number from {0} to {1}",
            "choose a number from {0} to {1}",
            "draw a number between {0} and {1}",
            "tell me a random number from {0} to {1}",
            "pick a random number from {0} to {1}",
            "choose a random number between {0} and {1}",
        ],
        report: None,
    },
    Known {
        about: "translation",
        names: &[
            "translate",
            "translate_text",
            "translator",
            "to_language",
            "translation",
        ],
        arguments: &[
            (&["text", "word", "phrase", "sentence"], Kind::Text),
            (&["language", "to", "target", "into"], Kind::Language),
        ],
        descriptions: &[
            "Translates a text.",
            "Translate into a language",
            "Translation of words.",
            "Says it in a language.",
        ],
        requests: &[
            "translate \"{0}\" into {1}",
            "translate {0} into {1}",
            "what is \"{0}\" in {1}?",
            "how do you say \"{0}\" in {1}?",
            "say \"{0}\" in {1}",
            "translate \"{0}\" to {1}",
            "translate into {1}: {0}",
            "put \"{0}\" into {1}",
        ],
        report: None,
    },
    Known {
        about: "web",
        names: &["search", "web_search", "search_web", "find", "lookup"],
        arguments: &[(&["query", "text", "q", "term"], Kind::Text)],
        descriptions: &[
            "Searches the web.",
            "Search for a text",
            "Finds pages about something.",
            "Looks things up.",
        ],
        requests: &[
            "search for {0}",
            "search the web for {0}",
            "look up {0}",
            "find pages about {0}",
            "search \"{0}\"",
            "do a search for \"{0}\"",
            "find {0} on the web",
            "search for \"{0}\"",
        ],
        report: None,
    },
    Known {
        about: "timer",
        names: &["set_timer", "timer", "start_timer", "countdown", "wait"],
        arguments: &[(&["minutes", "seconds", "time", "duration"], Kind::Integer)],
        descriptions: &[
            "Sets a timer.",
            "Start a countdown",
            "Rings after some time.",
            "A timer.",
        ],
        requests: &[
            "set a timer for {0} minutes",
            "set a timer to {0} seconds",
            "start a timer of {0} minutes",
            "timer for {0} minutes",
            "set the timer to {0}",
            "start a countdown of {0}",
            "wake me in {0} minutes",
            "set a timer of {0} seconds",
        ],
        report: None,
    },
    Known {
        about: "reminder",
        names: &[
            "remind",
            "set_reminder",
            "add_reminder",
            "remind_me",
            "reminder",
        ],
        arguments: &[
            (&["text", "what", "task", "note"], Kind::Text),
            (&["day", "when", "date", "on"], Kind::Day),
        ],
        descriptions: &[
            "Sets a reminder.",
            "Remind of something",
            "Reminds of a task on a day.",
            "A reminder.",
        ],
        requests: &[
            "remind me: {0}, {1}",
            "remind me of \"{0}\" {1}",
            "set a reminder for {1}: {0}",
            "{1}, remind me of \"{0}\"",
            "add a reminder \"{0}\" for {1}",
            "remind me {1}: {0}",
            "I need a reminder for {1}: {0}",
            "set a reminder \"{0}\" for {1}",
        ],
        report: None,
    },
    Known {
        about: "note",
        names: &["take_note", "note", "add_note", "write_note", "save_note"],
        arguments: &[(&["text", "note", "content", "body"], Kind::Text)],
        descriptions: &[
            "Writes a note.",
            "Save a note",
            "Takes down a text.",
            "Notes",
        ],
        requests: &[
            "take a note: {0}",
            "note down \"{0}\"",
            "write down: {0}",
            "make a note that says {0}",
            "add a note: {0}",
            "note: {0}",
            "save the note \"{0}\"",
            "write a note: {0}",
        ],
        report: None,
    },
    Known {
        about: "file",
        names: &["read_file", "open_file", "cat", "file_read", "load_text"],
        arguments: &[(&["path", "file", "name", "filename"], Kind::Thing)],
        descriptions: &[
            "Reads a file.",
            "Read a text file",
            "The content of a file.",
            "Opens a file by its name.",
        ],
        requests: &[
            "read the file {0}",
            "read {0}.txt",
            "what is in the file {0}?",
            "show me the file {0}",
            "read file {0}",
            "what does the file {0} say?",
            "show the content of the file {0}",
            "read the file called {0}",
        ],
        report: None,
    },
    Known {
        about: "song",
        names: &["play_music", "play_song", "music", "play", "jukebox"],
        arguments: &[(&["title", "song", "name", "artist"], Kind::Text)],
        descriptions: &[
            "Plays music.",
            "Play a song",
            "Plays a song by its title.",
            "Music",
        ],
        requests: &[
            "play {0}",
            "play some {0}",
            "play me {0}",
            "play the song {0}",
            "play \"{0}\"",
            "put on the song \"{0}\"",
            "I want to hear {0}",
            "play some music: {0}",
            "let me hear \"{0}\"",
            "play the song \"{0}\"",
        ],
        report: None,
    },
    Known {
        about: "step",
        names: &["walk", "move", "go", "step", "go_to"],
        arguments: &[
            (&["direction", "where", "dir", "way"], Kind::Thing),
            (&["steps", "distance", "n", "count"], Kind::Integer),
        ],
        descriptions: &[
            "Moves the player.",
            "Walk some steps",
            "Walks towards a thing.",
            "Go somewhere.",
        ],
        requests: &[
            "walk {1} steps to the {0}",
            "go {1} steps towards the {0}",
            "move {1} steps to the {0}",
            "take {1} steps to the {0}",
            "walk to the {0}, {1} steps",
            "go to the {0}, {1} steps",
            "make {1} steps towards the {0}",
            "walk {1} steps towards the {0}",
        ],
        report: None,
    },
    Known {
        about: "item",
        names: &["give", "give_item", "hand_over", "offer", "give_to"],
        arguments: &[
            (&["item", "thing", "object", "what"], Kind::Thing),
            (&["to", "person", "player", "who"], Kind::Person),
        ],
        descriptions: &[
            "Gives an item to a person.",
            "Give something away",
            "Hands a thing over.",
            "Give",
        ],
        requests: &[
            "give the {0} to {1}",
            "give {1} the {0}",
            "hand {1} the {0}",
            "hand the {0} over to {1}",
            "offer the {0} to {1}",
            "give a {0} to {1}",
            "pass the {0} to {1}",
            "give {1} a {0}",
        ],
        report: None,
    },
    Known {
        about: "money",
        names: &[
            "convert",
            "convert_money",
            "exchange",
            "to_currency",
            "conversion",
        ],
        arguments: &[
            (&["amount", "value", "sum", "x"], Kind::Decimal),
            (&["country", "to", "target", "land"], Kind::Country),
        ],
        descriptions: &[
            "Converts money.",
            "Convert an amount",
            "Changes money for a country.",
            "Money of a country",
        ],
        requests: &[
            "convert {0} to the money of {1}",
            "how much is {0} in {1}?",
            "change {0} into the money of {1}",
            "convert {0} for {1}",
            "exchange {0} for the money of {1}",
            "what is {0} worth in {1}?",
            "how much money is {0} in {1}?",
            "convert {0} into the money of {1}",
        ],
        report: None,
    },
    Known {
        about: "phone",
        names: &["call_contact", "phone", "call", "dial", "ring_up"],
        arguments: &[(&["name", "person", "contact", "who"], Kind::Person)],
        descriptions: &[
            "Calls somebody.",
            "Make a phone call",
            "Phones a person.",
            "Phone call",
        ],
        requests: &[
            "call {0}",
            "phone {0}",
            "give {0} a call",
            "call {0} on the phone",
            "make a call to {0}",
            "I want to talk to {0}",
            "dial {0}",
            "make a phone call to {0}",
        ],
        report: None,
    },
];

/// One of them.
pub fn offer(rng: &mut Rng, split: Split) -> Option<Offer> {
    let known = &KNOWN[rng.below(KNOWN.len())];
    let arguments = known
        .arguments
        .iter()
        .map(|(names, kind)| (rng.pick(names).to_string(), *kind))
        .collect();
    let request = split.pick(rng, known.requests);
    let mood = if request.ends_with('?') {
        Mood::Question
    } else {
        Mood::Command
    };
    let draft = Draft {
        name: &[rng.pick(known.names)],
        arguments,
        description: if rng.chance(0.08) {
            String::new()
        } else {
            rng.pick(known.descriptions).into()
        },
        request: (request.into(), mood),
        topic: ("known", known.about),
        report: known.report.map(String::from),
    };
    draft.offer(rng, split)
}
