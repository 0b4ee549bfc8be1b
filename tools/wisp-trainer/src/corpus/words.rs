//! Values that tools are given and that are found in sentences: kinds of words and numbers, each with names
//! that an argument or field of the kind may have.

use super::phrases::{Split, belongs, name, upper_first, word};
use crate::rng::Rng;
use serde_json::Value;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A first name.
    Person,
    /// A city.
    Place,
    /// Where in a house.
    Room,
    /// A colour.
    Colour,
    /// One thing, in one word.
    Thing,
    /// Several of something.
    Things,
    /// One to four words.
    Text,
    /// A whole number.
    Integer,
    /// A whole number below a hundred.
    Few,
    /// A number with a decimal.
    Decimal,
    /// True or false.
    Boolean,
    /// A day of the week or the year.
    Day,
    /// A language.
    Language,
    /// A kind of animal.
    Animal,
    /// What somebody works as.
    Job,
    /// A country.
    Country,
}

/// Cities.
pub const PLACES: &[&str] = &[
    "London",
    "Paris",
    "Berlin",
    "Rome",
    "Madrid",
    "Vienna",
    "Lisbon",
    "Tokyo",
    "Cairo",
    "Boston",
    "Chicago",
    "Dublin",
    "Prague",
    "Athens",
    "Sydney",
    "Toronto",
    "Zurich",
    "Hamburg",
    "Munich",
    "Warsaw",
    "Helsinki",
    "Delhi",
    "Lima",
    "Kyoto",
    "Milan",
    "Seattle",
    "Denver",
    "Geneva",
    "Porto",
    "Budapest",
    "Seoul",
    "Bergen",
    "Naples",
    "Turin",
    "Leeds",
    "York",
    "Bristol",
    "Lyon",
    "Nice",
    "Bonn",
    "Graz",
    "Basel",
    "Oslo",
    "Stockholm",
    "Quito",
    "Havana",
    "Nairobi",
    "Bremen",
    "Ghent",
];
const ROOMS: &[&str] = &[
    "kitchen", "bedroom", "bathroom", "cellar", "garage", "hall", "office", "garden", "attic",
    "library", "workshop", "stable", "tower", "balcony", "lobby", "studio", "pantry", "barn",
];
/// Colours.
pub const COLOURS: &[&str] = &[
    "red",
    "blue",
    "green",
    "yellow",
    "black",
    "white",
    "orange",
    "purple",
    "pink",
    "brown",
    "grey",
    "silver",
    "gold",
    "violet",
    "beige",
    "crimson",
    "turquoise",
    "scarlet",
];
const THINGS: &[&str] = &[
    "lamp", "book", "chair", "table", "clock", "ladder", "hammer", "bottle", "basket", "candle",
    "coat", "drum", "flute", "guitar", "hat", "kettle", "map", "mirror", "needle", "pencil",
    "pillow", "ring", "rope", "shirt", "shovel", "spoon", "sword", "tent", "umbrella", "violin",
    "wallet", "bike", "boat", "cake", "bread", "apple", "cheese", "coffee", "honey", "lemon",
    "pizza", "soup", "tea", "kite", "piano", "shield", "scarf", "sofa",
];
const SAID: &[&str] = &[
    "hello", "good", "night", "come", "home", "dinner", "is", "ready", "thank", "you", "all",
    "well", "see", "soon", "happy", "birthday", "rain", "today", "meet", "me", "at", "noon", "the",
    "bus", "late", "call", "back", "milk", "blue", "sky", "old", "song", "winter", "river", "long",
    "walk", "stay", "there", "bring", "water", "new", "dream", "wait", "here",
];
const DAYS: &[&str] = &[
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "today",
    "tomorrow",
    "tonight",
    "this morning",
    "this evening",
    "next week",
    "next Monday",
    "next Sunday",
    "this week",
    "next month",
];
const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const LANGUAGES: &[&str] = &[
    "French", "German", "Spanish", "Italian", "Dutch", "Swedish", "Latin", "English", "Greek",
    "Polish", "Danish", "Turkish", "Finnish", "Welsh", "Hindi", "Arabic", "Czech", "Korean",
];
/// Animals.
pub const ANIMALS: &[&str] = &[
    "dog", "cat", "horse", "parrot", "rabbit", "hamster", "turtle", "goat", "cow", "pig", "sheep",
    "duck", "goose", "fox", "snake", "pony", "mouse", "crow", "donkey", "frog", "camel", "lizard",
];
const JOBS: &[&str] = &[
    "baker", "teacher", "doctor", "nurse", "farmer", "cook", "pilot", "painter", "singer",
    "lawyer", "tailor", "sailor", "driver", "writer", "miner", "judge", "barber", "waiter",
    "plumber", "dentist", "smith", "guard", "gardener", "dancer", "hunter",
];
/// Countries.
pub const COUNTRIES: &[&str] = &[
    "France", "Spain", "Japan", "Brazil", "Canada", "Norway", "Kenya", "India", "Mexico", "Italy",
    "Egypt", "Poland", "Sweden", "Peru", "China", "Germany", "Greece", "Turkey", "Chile", "Ghana",
    "Portugal", "Austria", "Iceland", "Morocco",
];

impl Kind {
    /// The JSON-schema type.
    pub fn schema(self) -> &'static str {
        match self {
            Kind::Integer | Kind::Few => "integer",
            Kind::Decimal => "number",
            Kind::Boolean => "boolean",
            _ => "string",
        }
    }

    fn pool(self) -> &'static [&'static str] {
        match self {
            Kind::Place => PLACES,
            Kind::Room => ROOMS,
            Kind::Colour => COLOURS,
            Kind::Day => DAYS,
            Kind::Language => LANGUAGES,
            Kind::Animal => ANIMALS,
            Kind::Job => JOBS,
            Kind::Country => COUNTRIES,
            _ => THINGS,
        }
    }

    /// Names of arguments that hold such a value.
    fn names(self) -> &'static [&'static str] {
        match self {
            Kind::Person => &[
                "name", "person", "user", "who", "contact", "friend", "guest", "player",
            ],
            Kind::Place => &[
                "city", "place", "location", "town", "where", "region", "spot", "area",
            ],
            Kind::Room => &[
                "room", "place", "where", "location", "zone", "part", "area", "space",
            ],
            Kind::Colour => &[
                "colour", "color", "paint", "shade", "tone", "look", "tint", "dye",
            ],
            Kind::Thing | Kind::Animal | Kind::Job => &[
                "item", "thing", "object", "product", "word", "topic", "key", "what", "kind",
                "subject",
            ],
            Kind::Things => &[
                "item", "items", "things", "product", "goods", "what", "kind", "article",
            ],
            Kind::Text => &[
                "text", "message", "content", "title", "note", "words", "body", "phrase",
            ],
            Kind::Integer | Kind::Few => &[
                "number", "count", "id", "n", "amount", "value", "level", "x", "size", "index",
            ],
            Kind::Decimal => &[
                "amount", "value", "number", "factor", "degrees", "rate", "x", "weight",
            ],
            Kind::Boolean => &[
                "on", "active", "loud", "fast", "force", "quiet", "all", "visible",
            ],
            Kind::Day => &[
                "day", "date", "when", "weekday", "time", "on", "start", "until",
            ],
            Kind::Language => &[
                "language", "lang", "to", "into", "target", "tongue", "speech", "output",
            ],
            Kind::Country => &[
                "country", "land", "nation", "state", "place", "where", "region", "origin",
            ],
        }
    }

    /// A name for an argument of this kind, one in five is any word. Those that are none are both trained
    /// and asked: that a dye is a colour cannot be told from anything else.
    pub fn argument(self, rng: &mut Rng, split: Split) -> String {
        if rng.chance(0.2) {
            word(rng, split)
        } else {
            self.meaningful(rng)
        }
    }

    /// A name that tells what the argument is.
    pub fn meaningful(self, rng: &mut Rng) -> String {
        rng.pick(self.names()).to_string()
    }

    /// A value; a good part of the words is not of its kind.
    pub fn value(self, rng: &mut Rng, split: Split) -> Value {
        match self {
            Kind::Integer => number(rng, split).into(),
            Kind::Few => few(rng, split).into(),
            Kind::Decimal => decimal(rng),
            Kind::Boolean => rng.chance(0.5).into(),
            _ => self.word(rng, split).into(),
        }
    }

    fn word(self, rng: &mut Rng, split: Split) -> String {
        let capital = matches!(self, Kind::Place | Kind::Country | Kind::Language);
        match self {
            Kind::Person => name(rng, split),
            Kind::Text => text(rng, split),
            Kind::Day => day(rng),
            Kind::Things => self.word_of(rng, split, 0.45) + "s",
            _ if capital && rng.chance(0.4) => upper_first(&word(rng, split)),
            _ => self.word_of(rng, split, if capital { 0.0 } else { 0.45 }),
        }
    }

    /// A word that is anything, or one of the kind. Those are both trained and asked, but for places:
    /// that a lizard is an animal cannot be told from sentences about dogs.
    fn word_of(self, rng: &mut Rng, split: Split, any: f64) -> String {
        if rng.chance(any) {
            word(rng, split)
        } else if self == Kind::Place {
            split.pick(rng, PLACES).into()
        } else {
            rng.pick(self.pool()).into()
        }
    }
}

/// How a value stands in a sentence.
pub fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A number of one to four digits, small ones more often; of those above 9 one in eight is held out, by its
/// digits.
pub fn number(rng: &mut Rng, split: Split) -> usize {
    let limit = [10, 100, 100, 1_000, 10_000][rng.below(5)];
    below(rng, split, limit)
}

fn few(rng: &mut Rng, split: Split) -> usize {
    below(rng, split, 100)
}

fn below(rng: &mut Rng, split: Split, limit: usize) -> usize {
    loop {
        let drawn = rng.below(limit);
        let fits = match drawn {
            0..10 if split == Split::HeldOut => rng.chance(0.125), // as many as in the training
            0..10 => true,
            _ => belongs(split, &drawn.to_string()),
        };
        if fits {
            return drawn;
        }
    }
}

fn day(rng: &mut Rng) -> String {
    match rng.chance(0.5) {
        true => rng.pick(DAYS).into(),
        false => format!("{} {}", rng.between(1, 31), rng.pick(MONTHS)),
    }
}

fn decimal(rng: &mut Rng) -> Value {
    let (whole, tenths) = (rng.below(100), rng.between(1, 9));
    serde_json::from_str(&format!("{whole}.{tenths}"))
        .expect("digits with a point between are a number")
}

fn text(rng: &mut Rng, split: Split) -> String {
    let words: Vec<String> = (0..rng.between(1, 4))
        .map(|_| match rng.chance(0.5) {
            true => word(rng, split),
            false => split.pick(rng, SAID).into(),
        })
        .collect();
    words.join(" ")
}
