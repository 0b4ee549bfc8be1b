//! Calling tools out of a list, once or several times, telling what they gave back, and leaving them alone.

mod descriptions;
mod families;
mod known;
mod offer;
mod pools;
mod requests;
mod results;

use super::{
    PLAIN_SYSTEM, mixed_turn,
    phrases::{Split, article, fill, name},
    words::{Kind, said},
};
use crate::{dialogue::Dialogue, rng::Rng};
use families::{any, like};
use offer::{Mood, Offer};
use requests::{commanded, uttered};
use serde_json::Value;

const NO_TOOL: &str = "I have no tool for that.";

const TOOL_SYSTEM: &[&str] = &[
    "Use the tools.",
    "You can call tools.",
    "Call a tool when one fits.",
    "You control a house.",
    "You are a character in a game.",
    "Use a tool if you need one.",
    "You have tools.",
    "Call tools if they help.",
];

const ROLES: &[&str] = &[
    "guard",
    "butler",
    "robot",
    "captain",
    "wizard",
    "clerk",
    "innkeeper",
    "pilot",
];

/// A conversation with one to four tools.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    let dialogue = match rng.below(100) {
        _ if split == Split::Train && rng.chance(0.5) => lesson(rng, split),
        0..50 => single(rng, split),
        50..57 => same_twice(rng, split),
        57..64 => two_tools(rng, split),
        64..82 => results::told(rng, split),
        82..88 => return other_skill(rng, split), // a character would answer some of it otherwise
        _ => no_tool_fits(rng, split),
    };
    if rng.chance(0.15) {
        dialogue.under(system(rng, split))
    } else {
        dialogue
    }
}

fn system(rng: &mut Rng, split: Split) -> String {
    match rng.below(3) {
        0 => rng.pick(PLAIN_SYSTEM).to_string(),
        1 => split.pick(rng, TOOL_SYSTEM).to_string(),
        _ => {
            let (name, role) = (name(rng, split), split.pick(rng, ROLES));
            format!("You are {name}, {} {role}.", article(role))
        }
    }
}

/// The tools of `offers` among others that do not fit what is asked of these, four at most.
fn listed(rng: &mut Rng, split: Split, offers: &[&Offer]) -> Vec<Offer> {
    let mut list: Vec<Offer> = offers.iter().map(|offer| (*offer).clone()).collect();
    let count = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4][rng.below(10)];
    while list.len() < count {
        let target = offers[rng.below(offers.len())];
        let other = other_than(rng, split, target, &list);
        list.push(other);
    }
    rng.shuffle(&mut list);
    list
}

/// A tool that clashes with none of `list`, half of the time with something in common with `target`.
fn other_than(rng: &mut Rng, split: Split, target: &Offer, list: &[Offer]) -> Offer {
    loop {
        let other = if rng.chance(0.5) {
            like(rng, split, target)
        } else {
            any(rng, split)
        };
        if list.iter().all(|offer| !offer.clashes(&other)) && !other.clashes(target) {
            return other;
        }
    }
}

/// Some tool that is asked for in the imperative.
fn command(rng: &mut Rng, split: Split) -> Offer {
    loop {
        let offer = any(rng, split);
        if offer.mood == Mood::Command {
            return offer;
        }
    }
}

trait Tools {
    /// Gives the model these tools.
    fn offered(self, list: Vec<Offer>) -> Dialogue;

    /// Adds a request for all `values`, and the calls that it wants.
    fn calling_for_all(
        self,
        rng: &mut Rng,
        split: Split,
        offer: &Offer,
        values: &[Value],
    ) -> Dialogue;

    /// Adds a request for two tools, and the calls that it wants.
    fn calling_both(self, rng: &mut Rng, split: Split, pair: &[(Offer, Vec<Value>); 2])
    -> Dialogue;
}

impl Tools for Dialogue {
    fn calling_for_all(
        self,
        rng: &mut Rng,
        split: Split,
        offer: &Offer,
        values: &[Value],
    ) -> Dialogue {
        let question = ask_for_all(rng, split, offer, values);
        let calls = values
            .iter()
            .map(|value| offer.call(std::slice::from_ref(value)));
        self.calling(question, calls.collect())
    }

    fn calling_both(
        self,
        rng: &mut Rng,
        split: Split,
        pair: &[(Offer, Vec<Value>); 2],
    ) -> Dialogue {
        let question = ask_for_both(rng, split, pair);
        let calls = pair.iter().map(|(offer, values)| offer.call(values));
        self.calling(question, calls.collect())
    }

    fn offered(self, list: Vec<Offer>) -> Dialogue {
        self.with_tools(list.into_iter().map(|offer| offer.tool).collect())
    }
}

/// A request in words, with these values.
fn ask(rng: &mut Rng, split: Split, offer: &Offer, values: &[Value]) -> String {
    let request = uttered(rng, split, &offer.request, offer.mood);
    offer.asked(&request, values)
}

fn single(rng: &mut Rng, split: Split) -> Dialogue {
    let offer = any(rng, split);
    let values = offer.values(rng, split);
    let list = listed(rng, split, &[&offer]);
    let question = ask(rng, split, &offer, &values);
    let dialogue = Dialogue::default().calling(question, vec![offer.call(&values)]);
    let more = [0, 0, 0, 1, 1, 2, 3][rng.below(7)];
    let dialogue = (0..more).fold(dialogue, |dialogue, _| match rng.below(10) {
        0 => missing(rng, split, dialogue, &list),
        _ => anew(rng, split, dialogue, &list),
    });
    dialogue.offered(list)
}

/// Three to six requests of every kind to one list: for the training alone, since a list takes long to
/// read, and little to ask something of it once more.
fn lesson(rng: &mut Rng, split: Split) -> Dialogue {
    let offer = any(rng, split);
    let list = listed(rng, split, &[&offer]);
    let requests = rng.between(3, 6);
    let dialogue = (0..requests).fold(Dialogue::default(), |dialogue, _| match rng.below(20) {
        0..5 => both(rng, split, dialogue, &list),
        5..8 => all(rng, split, dialogue, &list),
        8..11 => missing(rng, split, dialogue, &list),
        _ => anew(rng, split, dialogue, &list),
    });
    dialogue.offered(list)
}

/// A request to two tools of the list, or to one where it has no two that take commands.
fn both(rng: &mut Rng, split: Split, before: Dialogue, list: &[Offer]) -> Dialogue {
    let mut commands: Vec<&Offer> = list
        .iter()
        .filter(|offer| offer.mood == Mood::Command)
        .collect();
    rng.shuffle(&mut commands);
    let [first, second, ..] = commands[..] else {
        return anew(rng, split, before, list);
    };
    let pair = [first, second].map(|offer| (offer.clone(), offer.values(rng, split)));
    before.calling_both(rng, split, &pair)
}

/// A request to one tool of the list with several values, or with one where it takes no such request.
fn all(rng: &mut Rng, split: Split, before: Dialogue, list: &[Offer]) -> Dialogue {
    let Some(offer) = list.iter().find(|offer| takes_several(offer)) else {
        return anew(rng, split, before, list);
    };
    let values = several_values(rng, split, offer);
    before.calling_for_all(rng, split, offer, &values)
}

/// Another request to one of the tools in the list.
fn anew(rng: &mut Rng, split: Split, before: Dialogue, list: &[Offer]) -> Dialogue {
    let offer = &list[rng.below(list.len())];
    let values = offer.values(rng, split);
    before.calling(ask(rng, split, offer, &values), vec![offer.call(&values)])
}

/// A command for a tool that is not in the list.
fn missing(rng: &mut Rng, split: Split, before: Dialogue, list: &[Offer]) -> Dialogue {
    let absent = loop {
        let offer = command(rng, split);
        if list.iter().all(|other| !other.clashes(&offer)) {
            break offer;
        }
    };
    let values = absent.values(rng, split);
    before.turn(ask(rng, split, &absent, &values), NO_TOOL)
}

/// True when the tool has one argument, of which several values can be told apart when they are listed.
fn takes_several(offer: &Offer) -> bool {
    !matches!(offer.kinds[..], [] | [Kind::Boolean | Kind::Text] | [_, _])
}

/// A tool with one argument, and two or three values for it.
fn several(rng: &mut Rng, split: Split) -> (Offer, Vec<Value>) {
    let offer = loop {
        let offer = any(rng, split);
        if takes_several(&offer) {
            break offer;
        }
    };
    let values = several_values(rng, split, &offer);
    (offer, values)
}

fn several_values(rng: &mut Rng, split: Split, offer: &Offer) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    let count = if rng.chance(0.85) { 2 } else { 3 };
    while values.len() < count {
        let value = offer.values(rng, split).remove(0);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// "What is the weather in Oslo and Rome?"
fn ask_for_all(rng: &mut Rng, split: Split, offer: &Offer, values: &[Value]) -> String {
    let texts: Vec<String> = values.iter().map(said).collect();
    let (last, first) = texts.split_last().expect("there are several values");
    let all = format!("{} and {last}", first.join(", "));
    let request = uttered(rng, split, &offer.request, offer.mood);
    fill(&request, &[("0", &all)])
}

fn same_twice(rng: &mut Rng, split: Split) -> Dialogue {
    let (offer, values) = several(rng, split);
    let list = listed(rng, split, &[&offer]);
    Dialogue::default()
        .calling_for_all(rng, split, &offer, &values)
        .offered(list)
}

/// Two tools, and what each is given.
fn pair(rng: &mut Rng, split: Split) -> [(Offer, Vec<Value>); 2] {
    let first = command(rng, split);
    let second = loop {
        let offer = if rng.chance(0.4) {
            like(rng, split, &first)
        } else {
            command(rng, split)
        };
        if offer.mood == Mood::Command && !offer.clashes(&first) {
            break offer;
        }
    };
    [first, second].map(|offer| {
        let values = offer.values(rng, split);
        (offer, values)
    })
}

const BOTH: &[&str] = &[
    "{a}, after that {b}",
    "{a} and at the end {b}",
    "{a}, {b}",
    "{a} before you {b}",
    "{a} as well as {b}",
    "{a} and please {b}",
    "{a}. Then {b}",
    "{a} and, when that is done, {b}",
    "{a}. Also {b}",
    "{a} & {b}",
    "{a} and {b}",
    "{a} and {b}",
    "{a} and then {b}",
    "{a}, then {b}",
    "{a} and also {b}",
    "first {a}, then {b}",
    "{a}, and {b}",
    "{a} and next {b}",
    "{a}; then {b}",
    "{a} and finally {b}",
    "{a}, and then {b}",
    "{a} and, after that, {b}",
    "{a} and after that {b}",
];

/// "Open door 3 and close window 5."
fn ask_for_both(rng: &mut Rng, split: Split, pair: &[(Offer, Vec<Value>); 2]) -> String {
    let requests = [0, 1].map(|index| {
        let (offer, values) = &pair[index];
        offer.asked(&offer.request, values)
    });
    let both = split.pick(rng, BOTH);
    let both = commanded(rng, split, both);
    fill(&both, &[("a", &requests[0]), ("b", &requests[1])])
}

fn two_tools(rng: &mut Rng, split: Split) -> Dialogue {
    let pair = pair(rng, split);
    let list = listed(rng, split, &[&pair[0].0, &pair[1].0]);
    Dialogue::default()
        .calling_both(rng, split, &pair)
        .offered(list)
}

/// True when a word of the tool's name is in the question.
fn mentions(question: &str, offer: &Offer) -> bool {
    let question = question.to_lowercase();
    let name = offer.tool.name.to_lowercase();
    let mut words = name.split(['_', '-']).filter(|word| word.len() > 2);
    words.any(|word| question.contains(word)) || question.contains(&offer.with)
}

/// A question of another skill, answered as without tools.
fn other_skill(rng: &mut Rng, split: Split) -> Dialogue {
    let dialogue = mixed_turn(rng, split);
    let question = &dialogue.messages[0].text;
    let mut list: Vec<Offer> = Vec::new();
    for _ in 0..rng.between(1, 3) {
        let offer = any(rng, split);
        let known = offer.does == "known";
        if !known && !mentions(question, &offer) && list.iter().all(|other| !other.clashes(&offer))
        {
            list.push(offer);
        }
    }
    dialogue.offered(list)
}

/// A command for a tool that is not in the list.
fn no_tool_fits(rng: &mut Rng, split: Split) -> Dialogue {
    let missing = command(rng, split);
    let values = missing.values(rng, split);
    let mut list = Vec::new();
    for _ in 0..rng.between(1, 3) {
        let other = other_than(rng, split, &missing, &list);
        list.push(other);
    }
    let question = ask(rng, split, &missing, &values);
    Dialogue::exchange(question, NO_TOOL).offered(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::Role;

    fn dialogues(split: Split) -> impl Iterator<Item = Dialogue> {
        (0..2_000).map(move |index| make(&mut Rng::new(9, index), split))
    }

    /// Everything that the user said.
    fn given(dialogue: &Dialogue) -> String {
        let said = dialogue
            .messages
            .iter()
            .filter(|message| message.role == Role::User);
        said.map(|message| message.text.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn a_call_copies_from_the_list_and_from_what_was_said() {
        for dialogue in dialogues(Split::Train) {
            let said = given(&dialogue);
            for call in dialogue.messages.iter().flat_map(|message| &message.calls) {
                let tool = dialogue
                    .tools
                    .iter()
                    .find(|tool| tool.name == call.name)
                    .unwrap();
                let names: Vec<&String> = tool.parameters.iter().map(|(name, _)| name).collect();
                assert_eq!(call.arguments.keys().collect::<Vec<_>>(), names);
                for value in call.arguments.values() {
                    assert!(said.contains(&super::said(value)), "{value} in {said}");
                }
            }
        }
    }

    #[test]
    fn a_list_has_one_to_four_tools_with_names_of_their_own() {
        for dialogue in dialogues(Split::HeldOut) {
            let mut names: Vec<&String> = dialogue.tools.iter().map(|tool| &tool.name).collect();
            assert!(names.len() <= 4);
            names.sort();
            names.dedup();
            assert_eq!(names.len(), dialogue.tools.len());
        }
    }

    #[test]
    fn no_place_is_left_unfilled() {
        for dialogue in dialogues(Split::Train) {
            let texts = dialogue.messages.iter().map(|message| &message.text);
            for text in texts.chain(dialogue.tools.iter().map(|tool| &tool.description)) {
                assert!(
                    !["{0}", "{1}", "{n}", "{v}", "{a}", "{x}", "{t}"]
                        .iter()
                        .any(|p| text.contains(p)),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn the_exam_has_tools_that_are_not_trained() {
        let names = |split| {
            dialogues(split)
                .flat_map(|dialogue| dialogue.tools)
                .map(|tool| tool.name)
        };
        let trained: std::collections::HashSet<String> = names(Split::Train).collect();
        assert!(names(Split::HeldOut).all(|name| !trained.contains(&name)));
    }
}
