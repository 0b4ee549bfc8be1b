//! The words that tools are named and described with.

use crate::corpus::words::Kind;

/// What a tool does.
pub struct Verb {
    /// As it stands in a name.
    pub name: &'static str,
    /// Words for the same.
    pub also: &'static [&'static str],
}

const fn verb(name: &'static str) -> Verb {
    Verb { name, also: &[] }
}

const fn also(name: &'static str, also: &'static [&'static str]) -> Verb {
    Verb { name, also }
}

/// Things that are done to an object; no two mean the same.
pub const ACTIONS: &[Verb] = &[
    verb("open"),
    also("close", &["shut"]),
    verb("lock"),
    verb("unlock"),
    also("turn_on", &["switch on"]),
    also("turn_off", &["switch off"]),
    verb("start"),
    also("stop", &["halt"]),
    verb("play"),
    verb("pause"),
    verb("move"),
    also("delete", &["remove", "erase"]),
    verb("paint"),
    also("wash", &["clean"]),
    also("repair", &["fix", "mend"]),
    verb("hide"),
    verb("count"),
    verb("break"),
    verb("push"),
    verb("pull"),
    also("lift", &["raise"]),
    also("lower", &["let down"]),
    verb("drop"),
    verb("sell"),
    verb("draw"),
    verb("cut"),
    verb("heat"),
    verb("cool"),
    verb("fill"),
    verb("empty"),
    verb("print"),
    also("copy", &["duplicate"]),
    also("save", &["store"]),
    verb("load"),
    verb("scan"),
    verb("test"),
    verb("rename"),
    verb("share"),
    also("reset", &["restart"]),
    verb("charge"),
    verb("ring"),
    verb("measure"),
    verb("weigh"),
    verb("wrap"),
    also("build", &["construct"]),
    verb("burn"),
    verb("fold"),
    verb("sort"),
    verb("mark"),
    verb("block"),
    also("create", &["make"]),
    verb("attack"),
    verb("guard"),
    verb("throw"),
];

/// Things that something is done to.
pub const OBJECTS: &[&str] = &[
    "door", "window", "gate", "lamp", "light", "radio", "engine", "pump", "fan", "heater", "oven",
    "fridge", "curtain", "blind", "valve", "box", "chest", "drawer", "cupboard", "safe", "bridge",
    "lift", "car", "truck", "boat", "plane", "drone", "robot", "camera", "screen", "printer",
    "phone", "speaker", "clock", "bell", "alarm", "song", "film", "game", "video", "file",
    "folder", "page", "list", "record", "ticket", "account", "group", "channel", "server", "port",
    "job", "task", "event", "table", "chair", "wall", "fence", "roof", "tower", "field", "tree",
    "plant", "horse", "dog", "sheep", "cake", "soup", "potion", "sword", "shield", "ship",
    "cannon", "barrel", "parcel", "invoice", "photo", "map", "report", "row", "cell", "tank",
    "tap", "machine", "portal", "wagon", "crane", "flag", "mirror", "statue",
];

/// Verbs of tools that tell something; all mean the same.
pub const QUERY_VERBS: &[&str] = &[
    "get", "get", "get", "find", "show", "check", "fetch", "read", "look_up", "query", "search",
    "tell", "lookup", "load",
];

/// What can be asked for: a noun, the word that ties it, and of what it is.
pub const QUERIES: &[(&str, &str, Kind)] = &[
    ("weather", "in", Kind::Place),
    ("weather", "in", Kind::Place),
    ("temperature", "in", Kind::Place),
    ("forecast", "for", Kind::Place),
    ("time", "in", Kind::Place),
    ("traffic", "in", Kind::Place),
    ("population", "of", Kind::Place),
    ("humidity", "in", Kind::Place),
    ("mayor", "of", Kind::Place),
    ("distance", "to", Kind::Place),
    ("route", "to", Kind::Place),
    ("capital", "of", Kind::Country),
    ("currency", "of", Kind::Country),
    ("flag", "of", Kind::Country),
    ("price", "of", Kind::Thing),
    ("weight", "of", Kind::Thing),
    ("size", "of", Kind::Thing),
    ("stock", "of", Kind::Thing),
    ("colour", "of", Kind::Thing),
    ("owner", "of", Kind::Thing),
    ("maker", "of", Kind::Thing),
    ("recipe", "for", Kind::Thing),
    ("meaning", "of", Kind::Thing),
    ("news", "about", Kind::Thing),
    ("email", "of", Kind::Person),
    ("address", "of", Kind::Person),
    ("age", "of", Kind::Person),
    ("birthday", "of", Kind::Person),
    ("score", "of", Kind::Person),
    ("balance", "of", Kind::Person),
    ("salary", "of", Kind::Person),
    ("health", "of", Kind::Person),
    ("rank", "of", Kind::Person),
    ("phone number", "of", Kind::Person),
    ("status", "of", Kind::Integer),
    ("details", "of", Kind::Integer),
    ("sound", "of", Kind::Animal),
    ("speed", "of", Kind::Animal),
    ("menu", "for", Kind::Day),
    ("schedule", "for", Kind::Day),
    ("humidity", "in", Kind::Room),
    ("temperature", "in", Kind::Room),
];

/// Verbs of tools that set something; all mean the same.
pub const SET_VERBS: &[&str] = &["set", "set", "set", "change", "adjust", "update"];

/// What can be set, and to what.
pub const SETTINGS: &[(&str, Kind)] = &[
    ("volume", Kind::Integer),
    ("brightness", Kind::Integer),
    ("temperature", Kind::Integer),
    ("temperature", Kind::Decimal),
    ("speed", Kind::Integer),
    ("speed", Kind::Decimal),
    ("height", Kind::Decimal),
    ("level", Kind::Integer),
    ("alarm", Kind::Integer),
    ("timer", Kind::Integer),
    ("limit", Kind::Integer),
    ("price", Kind::Decimal),
    ("channel", Kind::Integer),
    ("colour", Kind::Colour),
    ("background", Kind::Colour),
    ("title", Kind::Text),
    ("label", Kind::Text),
    ("status", Kind::Text),
    ("language", Kind::Language),
    ("owner", Kind::Person),
    ("leader", Kind::Person),
    ("home", Kind::Place),
    ("deadline", Kind::Day),
    ("mode", Kind::Thing),
    ("heating", Kind::Boolean),
    ("autosave", Kind::Boolean),
];

/// Verbs for a journey.
pub const TRAVELLING: &[&str] = &["book", "find", "plan", "cancel", "reserve", "order", "show"];

/// What goes from one place to another.
pub const JOURNEYS: &[&str] = &[
    "train", "flight", "route", "bus", "taxi", "trip", "ferry", "ride", "transfer", "coach",
    "tour", "journey",
];

/// Verbs for what somebody receives.
pub const SENDING: &[&str] = &["send", "send", "send", "mail", "forward", "write", "show"];

/// What is sent.
pub const LETTERS: &[&str] = &[
    "message", "letter", "email", "note", "text", "reminder", "greeting", "postcard", "warning",
    "signal",
];

/// Verbs for a number of things.
pub const AMOUNTS: &[&str] = &[
    "buy", "order", "sell", "add", "pack", "reserve", "return", "bring",
];

/// What goods are called in a tool's name.
pub const GOODS: &[&str] = &[
    "goods", "items", "things", "stock", "products", "supplies", "wares", "order",
];
