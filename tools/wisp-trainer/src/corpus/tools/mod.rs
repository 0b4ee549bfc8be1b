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
    if split == Split::Train && rng.chance(0.5) {
        return lesson(rng, split);
    }
    let dialogue = match rng.below(100) {
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
fn among_others(rng: &mut Rng, split: Split, offers: &[&Offer]) -> Vec<Offer> {
    let count = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4][rng.below(10)];
    listed(rng, split, offers, count)
}

/// The same, `count` in all.
fn listed(rng: &mut Rng, split: Split, offers: &[&Offer], count: usize) -> Vec<Offer> {
    let mut list: Vec<Offer> = offers.iter().map(|offer| (*offer).clone()).collect();
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

/// Some tool whose request wisp cannot answer by itself.
fn refused(rng: &mut Rng, split: Split) -> Offer {
    loop {
        let offer = command(rng, split);
        let known = offer.does == "known";
        if !known || !["sum", "product", "translation"].contains(&offer.with.as_str()) {
            return offer;
        }
    }
}

trait Tools {
    /// Gives the model these tools.
    fn offered(self, list: Vec<Offer>) -> Dialogue;
}

impl Tools for Dialogue {
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
    let list = among_others(rng, split, &[&offer]);
    let question = ask(rng, split, &offer, &values);
    let dialogue = Dialogue::default().calling(question, vec![offer.call(&values)]);
    let more = [0, 0, 0, 1, 1, 2, 3][rng.below(7)];
    let dialogue = (0..more).fold(dialogue, |dialogue, _| match rng.below(10) {
        0 => missing(rng, split, dialogue, &list),
        _ => anew(rng, split, dialogue, &list),
    });
    dialogue.offered(list)
}

/// Every tool of a list is asked for, alone, with another one or several times at once, with other turns
/// between: for the training alone, since a list takes long to read and little to ask something more of it.
fn lesson(rng: &mut Rng, split: Split) -> Dialogue {
    let offer = any(rng, split);
    let count = rng.between(1, 4);
    let list = listed(rng, split, &[&offer], count);
    let mut left: Vec<&Offer> = list.iter().collect();
    let mut dialogue = Dialogue::default();
    while let Some(offer) = left.pop() {
        let partner = left.iter().position(|other| other.mood == Mood::Command);
        dialogue = match (rng.below(10), partner) {
            (0..4, Some(at)) if offer.mood == Mood::Command => {
                let pair = [offer, left.remove(at)];
                let pair = pair.map(|offer| (offer.clone(), offer.values(rng, split)));
                both(rng, split, dialogue, &pair)
            }
            (4..7, _) if takes_several(offer) => {
                let values = several_values(rng, split, offer);
                at_once(rng, split, dialogue, offer, &values)
            }
            _ => once(rng, split, dialogue, offer),
        };
        dialogue = match rng.below(10) {
            0 => missing(rng, split, dialogue, &list),
            1..3 => aside(rng, split, dialogue, &list),
            3 => anew(rng, split, dialogue, &list),
            _ => dialogue,
        };
    }
    dialogue.offered(list)
}

/// A request to one tool.
fn once(rng: &mut Rng, split: Split, before: Dialogue, offer: &Offer) -> Dialogue {
    let values = offer.values(rng, split);
    before.calling(ask(rng, split, offer, &values), vec![offer.call(&values)])
}

/// A turn of another skill, answered as without tools, unless one of the list might do it.
fn aside(rng: &mut Rng, split: Split, before: Dialogue, list: &[Offer]) -> Dialogue {
    let turn = mixed_turn(rng, split);
    let question = &turn.messages[0].text;
    let fits = |offer: &Offer| offer.does == "known" || mentions(question, offer);
    match list.iter().any(fits) {
        true => before,
        false => before.then(turn),
    }
}

/// Another request to one of the tools in the list.
fn anew(rng: &mut Rng, split: Split, before: Dialogue, list: &[Offer]) -> Dialogue {
    let offer = &list[rng.below(list.len())];
    once(rng, split, before, offer)
}

/// A command for a tool that is not in the list.
fn missing(rng: &mut Rng, split: Split, before: Dialogue, list: &[Offer]) -> Dialogue {
    let absent = loop {
        let offer = refused(rng, split);
        if list.iter().all(|other| !other.clashes(&offer)) {
            break offer;
        }
    };
    let values = absent.values(rng, split);
    before.turn(ask(rng, split, &absent, &values), NO_TOOL)
}

/// A request for all `values`, and the calls that it wants.
fn at_once(
    rng: &mut Rng,
    split: Split,
    before: Dialogue,
    offer: &Offer,
    values: &[Value],
) -> Dialogue {
    let question = ask_for_all(rng, split, offer, values);
    let calls = values
        .iter()
        .map(|value| offer.call(std::slice::from_ref(value)));
    before.calling(question, calls.collect())
}

/// A request for two tools, and the calls that it wants.
fn both(
    rng: &mut Rng,
    split: Split,
    before: Dialogue,
    pair: &[(Offer, Vec<Value>); 2],
) -> Dialogue {
    let question = ask_for_both(rng, split, pair);
    let calls = pair.iter().map(|(offer, values)| offer.call(values));
    before.calling(question, calls.collect())
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
    let list = among_others(rng, split, &[&offer]);
    at_once(rng, split, Dialogue::default(), &offer, &values).offered(list)
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
    let list = among_others(rng, split, &[&pair[0].0, &pair[1].0]);
    both(rng, split, Dialogue::default(), &pair).offered(list)
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
    let missing = refused(rng, split);
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

    #[test]
    fn a_call_copies_from_the_list_and_from_what_was_just_said() {
        for dialogue in dialogues(Split::Train) {
            let mut said = "";
            for message in &dialogue.messages {
                if message.role == Role::User {
                    said = &message.text;
                }
                for call in &message.calls {
                    let tool = dialogue
                        .tools
                        .iter()
                        .find(|tool| tool.name == call.name)
                        .unwrap();
                    let names: Vec<_> = tool.parameters.iter().map(|(name, _)| name).collect();
                    assert_eq!(call.arguments.keys().collect::<Vec<_>>(), names);
                    for value in call.arguments.values() {
                        assert!(said.contains(&super::said(value)), "{value} in {said}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_lesson_calls_every_tool_of_its_list() {
        let mut at_once = [0; 4];
        for index in 0..500 {
            let lesson = lesson(&mut Rng::new(9, index), Split::Train);
            let calls = || lesson.messages.iter().map(|message| &message.calls);
            for tool in &lesson.tools {
                let mut called = calls().flatten();
                assert!(called.any(|call| call.name == tool.name), "{lesson:?}");
            }
            for calls in calls() {
                at_once[calls.len()] += 1;
            }
        }
        assert!(at_once.iter().all(|times| *times > 0), "{at_once:?}");
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
