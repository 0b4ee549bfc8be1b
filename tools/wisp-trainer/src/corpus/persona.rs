//! System prompts that say who the model is, or in which language it greets.

use super::{
    phrases::{Split, article, fill, name, typed, word},
    tasks,
};
use crate::{dialogue::Dialogue, rng::Rng};

const ROLES: &[&str] = &[
    "blacksmith",
    "innkeeper",
    "wizard",
    "knight",
    "pirate",
    "guard",
    "merchant",
    "baker",
    "farmer",
    "teacher",
    "robot",
    "doctor",
    "librarian",
    "captain",
    "hunter",
    "healer",
    "king",
    "cook",
    "fisherman",
    "gardener",
    "musician",
    "sailor",
    "monk",
    "miner",
    "tailor",
    "shepherd",
    "thief",
    "ferryman",
    "scout",
    "engineer",
    "carpenter",
    "astronaut",
];

const MOODS: &[&str] = &[
    "old",
    "grumpy",
    "friendly",
    "brave",
    "wise",
    "quiet",
    "cheerful",
    "tired",
    "proud",
    "shy",
    "clever",
    "kind",
    "young",
    "lazy",
    "mysterious",
    "gentle",
];

const NAMED: &[&str] = &[
    "You are {n}.",
    "Your name is {n}.",
    "You are an assistant called {n}.",
    "You are called {n}.",
    "Act as {n}.",
    "You are a character named {n}.",
    "You are now {n}.",
    "From now on you are {n}.",
    "Be {n}.",
    "Play the character {n}.",
    "You are known as {n}.",
    "Speak as {n}.",
    "You answer as {n}.",
    "You play the part of {n}.",
    "Today you play {n}.",
    "The user talks to {n}, who is you.",
    "You act as {n}.",
    "You play {n}.",
];

const NAMED_ROLE: &[&str] = &[
    "You are {n}, {r}.",
    "Your name is {n}. You are {r}.",
    "You are {r} named {n}.",
    "You are {n}, {r} in a small village.",
    "Play {n}, {r}.",
    "Act as {n}, {r}. Stay in character.",
    "You are {r} called {n}.",
    "You are the character {n}, {r}.",
    "Be {n}, {r}.",
    "You are {r}. Your name is {n}.",
    "You are {r}. People call you {n}.",
    "Speak as {n}, {r}.",
    "You are {n}. You are {r}.",
    "This is a game and you are {n}, {r}.",
    "You play {n}, {r}.",
    "You play {r} called {n}.",
    "You are {r}, and your name is {n}.",
    "You act as {r} whose name is {n}.",
    "You are {r} whose name is {n}.",
    "From now on you are {n}, {r}.",
    "You play {r} whose name is {n}.",
];

const ROLE: &[&str] = &[
    "You are {r}.",
    "Act as {r}.",
    "Play the role of {r}.",
    "You are {r} in a game.",
    "Answer as {r}.",
    "Pretend to be {r}.",
    "Be {r}.",
    "From now on you are {r}.",
    "You are now {r}.",
    "Speak as {r}.",
    "You answer like {r}.",
    "In this story you are {r}.",
    "Your role is that of {r}.",
    "You play the part of {r}.",
    "Today you play {r}.",
    "You act as {r}.",
    "Imagine that you are {r}.",
    "You play {r}.",
];

const LANGUAGES: &[(&str, &str)] = &[
    ("French", "Bonjour!"),
    ("German", "Guten Tag!"),
    ("Spanish", "Hola!"),
    ("Italian", "Ciao!"),
    ("Portuguese", "Bom dia!"),
    ("Dutch", "Goedendag!"),
    ("Swedish", "Hej!"),
    ("Latin", "Salve!"),
    ("English", "Hello!"),
];

const GREET_IN: &[&str] = &[
    "Greet in {l}.",
    "Always greet in {l}.",
    "You greet people in {l}.",
    "Say hello in {l} when someone greets you.",
    "Greet the user in {l}.",
    "Your greetings are in {l}.",
    "Say hello in {l}.",
    "Greet everybody in {l}.",
    "Use {l} to greet.",
    "Your greeting is in {l}.",
    "Use {l} greetings.",
    "Answer greetings in {l}.",
    "When greeted, answer in {l}.",
    "Every greeting is in {l}.",
    "If someone greets you, greet back in {l}.",
    "When someone says hello, answer in {l}.",
    "Whenever you greet, use {l}.",
    "Greet back in {l}.",
    "You say hello in {l}.",
    "Whenever someone greets you, greet back in {l}.",
];

const GREETINGS: &[&str] = &[
    "Hello!",
    "Hi!",
    "Hello",
    "Good morning!",
    "Hey!",
    "Hi there!",
    "Greetings!",
    "Good day!",
    "Hello, you!",
    "Hi, you there!",
    "Good evening!",
    "Hey there!",
    "Well, hello!",
    "Hello to you!",
    "Evening!",
    "Hello, hello!",
    "Good afternoon!",
    "Hi, hello!",
    "Hello, good morning!",
    "A good day to you!",
    "Hello my friend!",
    "Morning!",
    "Hello there!",
];

const WHO: &[&str] = &[
    "Who are you?",
    "Who are you?",
    "Tell me who you are.",
    "What are you?",
    "Introduce yourself.",
    "Tell me about yourself.",
    "Who am I talking to?",
    "Who is there?",
    "And who are you?",
    "Tell me something about you.",
    "Say who you are.",
    "May I ask who you are?",
    "Who is speaking?",
    "So, who are you?",
    "Who may you be?",
    "Would you introduce yourself?",
    "Can you introduce yourself?",
    "Introduce yourself, please.",
    "Please tell me who you are.",
    "And who could you be?",
    "Who would you be?",
    "And what are you?",
    "Who have I met here?",
    "Let me know who you are.",
    "Please say who you are.",
    "And who are you then?",
    "Please introduce yourself.",
    "And who might you be?",
];

const NAME: &[&str] = &[
    "What is your name?",
    "Tell me your name.",
    "What are you called?",
    "What's your name?",
    "Do you have a name?",
    "Your name?",
    "How are you called?",
    "Say your name.",
    "And your name is?",
    "Can you tell me your name?",
    "Under what name do people know you?",
    "Would you tell me your name?",
    "May I ask your name?",
    "May I hear your name?",
    "Could I know your name?",
    "What may I call you?",
    "What name do you have?",
    "May I know your name?",
];

const WORK: &[&str] = &[
    "What do you do?",
    "What is your job?",
    "What is your work?",
    "What do you do for a living?",
    "What kind of work do you do?",
    "Tell me about your work.",
    "What is it that you do?",
    "What do you work as?",
    "How do you earn your bread?",
    "What are you by trade?",
    "Do you have a job?",
    "Which work do you do?",
    "Which trade do you have?",
    "What job have you got?",
    "Which job is yours?",
    "What kind of job do you have?",
    "What is your trade?",
    "Which job do you have?",
];

/// A system prompt and one to three turns in character.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    let mut dialogue = match rng.below(10) {
        0..5 => named(rng, split),
        5..7 => nameless(rng, split),
        _ => greeting(rng, split),
    };
    if rng.chance(0.15) {
        let system = dialogue.messages.remove(0).text;
        dialogue = tasks(rng, split).then(dialogue).under(system);
    }
    dialogue
}

/// What a character answers, by what it knows of itself.
struct Character {
    name: Option<String>,
    role: Option<String>,
}

impl Character {
    fn who(&self) -> String {
        match (&self.name, &self.role) {
            (Some(name), Some(role)) => format!("I am {name}, {role}."),
            (Some(known), None) | (None, Some(known)) => format!("I am {known}."),
            (None, None) => unreachable!("a character has a name or a role"),
        }
    }

    fn turn(&self, rng: &mut Rng, split: Split, before: Dialogue) -> Dialogue {
        let (ask, answer) = match (rng.below(6), &self.name, &self.role) {
            (0, Some(name), _) => (NAME, format!("My name is {name}.")),
            (1, _, Some(role)) => (WORK, format!("I am {role}.")),
            (2 | 3, _, _) => (GREETINGS, format!("Hello! {}", self.who())),
            _ => (WHO, self.who()),
        };
        let ask = split.pick(rng, ask);
        before.turn(typed(rng, split, ask), answer)
    }

    fn dialogue(&self, rng: &mut Rng, split: Split, system: &str) -> Dialogue {
        let mut dialogue = Dialogue::default();
        for _ in 0..rng.between(1, 4) {
            dialogue = self.turn(rng, split, dialogue);
        }
        dialogue.under(system)
    }
}

fn role(rng: &mut Rng, split: Split) -> String {
    let job = match rng.chance(0.55) {
        true => split.pick(rng, ROLES).to_string(),
        false => word(rng, split),
    };
    match rng.chance(0.6) {
        true => {
            let mood = match rng.chance(0.6) {
                true => split.pick(rng, MOODS).to_string(),
                false => word(rng, split),
            };
            format!("{} {mood} {job}", article(&mood))
        }
        false => format!("{} {job}", article(&job)),
    }
}

fn named(rng: &mut Rng, split: Split) -> Dialogue {
    let name = name(rng, split);
    let role = rng.chance(0.6).then(|| role(rng, split));
    let system = match &role {
        Some(role) => fill(split.pick(rng, NAMED_ROLE), &[("n", &name), ("r", role)]),
        None => fill(split.pick(rng, NAMED), &[("n", &name)]),
    };
    Character {
        name: Some(name),
        role,
    }
    .dialogue(rng, split, &system)
}

fn nameless(rng: &mut Rng, split: Split) -> Dialogue {
    let role = role(rng, split);
    let system = fill(split.pick(rng, ROLE), &[("r", &role)]);
    Character {
        name: None,
        role: Some(role),
    }
    .dialogue(rng, split, &system)
}

fn greeting(rng: &mut Rng, split: Split) -> Dialogue {
    let (language, word) = LANGUAGES[rng.below(LANGUAGES.len())];
    let system = fill(split.pick(rng, GREET_IN), &[("l", language)]);
    let hello = split.pick(rng, GREETINGS);
    Dialogue::exchange(typed(rng, split, hello), word).under(system)
}
