//! Tools with a way to ask for them.

use crate::{
    corpus::{
        phrases::{Split, belongs, fill, upper_first},
        words::{Kind, said},
    },
    dialogue::{Call, Tool},
    rng::Rng,
};
use serde_json::Value;

/// How a request is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// "open the door": words may stand around it.
    Command,
    /// "what is the weather?"
    Question,
    /// "weather in Rome"
    Fragment,
}

/// A tool and one request that it fits.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The tool.
    pub tool: Tool,
    /// What its arguments are, in order.
    pub kinds: Vec<Kind>,
    /// The request, with `{0}` and `{1}` for the arguments.
    pub request: String,
    /// How the request is said.
    pub mood: Mood,
    /// What it does, or "known"; tools that do the same with the same fit the same requests.
    pub does: String,
    /// With what it does it.
    pub with: String,
    /// What its result is, with `{0}` for the first argument: "The weather in {0}".
    pub report: Option<String>,
}

impl Offer {
    /// True when a request for one may be taken for a request for the other.
    pub fn clashes(&self, other: &Offer) -> bool {
        let does = self.does == other.does || self.does == "known" || other.does == "known";
        let same = does && self.with == other.with || self.tool.name == other.tool.name;
        same || self.covers(other) || other.covers(self)
    }

    /// True for a well-known tool that would also do what the other one does.
    fn covers(&self, other: &Offer) -> bool {
        self.does == "known"
            && matches!(
                (self.with.as_str(), other.does.as_str()),
                ("web", "query") | ("song", "play") | ("phone", "call")
            )
    }

    /// One value for each argument, no two the same.
    pub fn values(&self, rng: &mut Rng, split: Split) -> Vec<Value> {
        let mut values: Vec<Value> = Vec::new();
        for kind in &self.kinds {
            let mut value = kind.value(rng, split);
            while values.contains(&value) && *kind != Kind::Boolean {
                value = kind.value(rng, split);
            }
            values.push(value);
        }
        values
    }

    /// The call with these values.
    pub fn call(&self, values: &[Value]) -> Call {
        let names = self.tool.parameters.iter().map(|(name, _)| name.clone());
        Call {
            name: self.tool.name.clone(),
            arguments: names.zip(values.iter().cloned()).collect(),
        }
    }

    /// The request with these values in it.
    pub fn asked(&self, request: &str, values: &[Value]) -> String {
        let texts: Vec<String> = values.iter().map(said).collect();
        let mut places: Vec<(&str, &str)> = Vec::new();
        for (place, text) in ["0", "1"].into_iter().zip(&texts) {
            places.push((place, text));
        }
        fill(request, &places)
    }
}

/// A tool under construction.
pub struct Draft<'a> {
    /// The words of its name.
    pub name: &'a [&'a str],
    /// Its arguments.
    pub arguments: Vec<(String, Kind)>,
    /// What it says about itself.
    pub description: String,
    /// A request for it.
    pub request: (String, Mood),
    /// What it does, and with what.
    pub topic: (&'a str, &'a str),
    /// What its result is.
    pub report: Option<String>,
}

impl Draft<'_> {
    /// The tool, unless its name is of the other split or it has two arguments of one name.
    pub fn offer(self, rng: &mut Rng, split: Split) -> Option<Offer> {
        let name = match self.topic.0 {
            "use" => self.name.concat(),
            _ => joined(rng, split, self.name),
        };
        let twice = self.arguments.len() == 2 && self.arguments[0].0 == self.arguments[1].0;
        if twice || !belongs(split, &name) {
            return None;
        }
        let parameter = |(name, kind): &(String, Kind)| (name.clone(), kind.schema());
        Some(Offer {
            tool: Tool {
                name,
                description: self.description,
                parameters: self.arguments.iter().map(parameter).collect(),
            },
            kinds: self.arguments.iter().map(|(_, kind)| *kind).collect(),
            request: self.request.0,
            mood: self.request.1,
            does: self.topic.0.into(),
            with: self.topic.1.into(),
            report: self.report,
        })
    }
}

/// `get_weather`, and sometimes `getWeather` or `get-weather`, with a word more, or made up.
fn joined(rng: &mut Rng, split: Split, words: &[&str]) -> String {
    let extra = ["now", "tool", "item", "home", "my", "new", "quick", "all"];
    let mut words: Vec<&str> = words
        .iter()
        .flat_map(|word| word.split([' ', '_']))
        .collect();
    if rng.chance(0.08) {
        words.push(split.pick(rng, &extra));
    }
    match rng.below(100) {
        0..8 => {
            words[0].to_string()
                + &words[1..]
                    .iter()
                    .map(|word| upper_first(word))
                    .collect::<String>()
        }
        8..12 => words.join("-"),
        _ => words.join("_"),
    }
}
