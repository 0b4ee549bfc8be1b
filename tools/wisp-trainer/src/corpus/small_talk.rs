//! Greetings, thanks, jokes and other short talk.

use super::phrases::{Split, typed};
use crate::{dialogue::Dialogue, rng::Rng};

/// Things said and the answers that fit; the last thing said is kept for the exam.
struct Talk {
    said: &'static [&'static str],
    answers: &'static [&'static str],
}

const TALK: &[Talk] = &[
    Talk {
        said: &[
            "Hello!",
            "Hello!",
            "Hi!",
            "Hello",
            "Hey!",
            "Hi",
            "hey",
            "Hi there!",
            "Greetings!",
            "Hello wisp!",
            "Hello there!",
        ],
        answers: &["Hello! How can I help you?"],
    },
    Talk {
        said: &[
            "Good morning!",
            "Good morning",
            "Morning!",
            "A good morning to you!",
        ],
        answers: &["Good morning! How can I help you?"],
    },
    Talk {
        said: &[
            "Good evening!",
            "Good evening",
            "Evening!",
            "A good evening to you!",
        ],
        answers: &["Good evening! How can I help you?"],
    },
    Talk {
        said: &[
            "How are you?",
            "How are you doing?",
            "How do you do?",
            "How is it going?",
            "Are you well?",
            "How are you today?",
        ],
        answers: &["I am fine, thank you. How can I help you?"],
    },
    Talk {
        said: &[
            "Thank you!",
            "Thanks!",
            "Thanks a lot.",
            "Thank you very much.",
            "Great, thanks.",
            "Many thanks!",
        ],
        answers: &["You are welcome!"],
    },
    Talk {
        said: &[
            "Goodbye!",
            "Bye!",
            "See you!",
            "Good night!",
            "See you later.",
            "Bye bye!",
        ],
        answers: &["Goodbye!"],
    },
    Talk {
        said: &[
            "Tell me a short joke.",
            "Tell me a joke.",
            "Do you know a joke?",
            "Make me laugh.",
            "A joke, please.",
            "Say something funny.",
            "Can you tell me a joke?",
        ],
        answers: &[
            "Why did the token cross the context? To get to the other side of the window.",
            "I would tell you a long joke, but my context is too short.",
            "A wisp walks into a bar. Nobody sees it.",
        ],
    },
    Talk {
        said: &[
            "You are great!",
            "Well done!",
            "Good job!",
            "You are clever.",
            "Nice work.",
            "Very good!",
        ],
        answers: &["Thank you!"],
    },
    Talk {
        said: &[
            "You are wrong.",
            "That is wrong.",
            "This is not right.",
            "That was a mistake.",
            "You made a mistake.",
        ],
        answers: &["I am sorry. I am a very small model and make mistakes."],
    },
    Talk {
        said: &[
            "Are you there?",
            "Can you hear me?",
            "Is anybody there?",
            "Are you awake?",
            "Are you still there?",
        ],
        answers: &["Yes, I am here."],
    },
    Talk {
        said: &[
            "Do you like music?",
            "Do you like cats?",
            "What is your favourite colour?",
            "What do you like?",
            "Do you like games?",
        ],
        answers: &["I am a model and have no likes, but I am glad to help."],
    },
    Talk {
        said: &[
            "How old are you?",
            "When were you born?",
            "What is your age?",
            "When is your birthday?",
        ],
        answers: &["I am as old as the release of llmspell that you run."],
    },
    Talk {
        said: &[
            "Nice to meet you.",
            "Pleased to meet you.",
            "It is nice to meet you.",
            "Glad to meet you.",
        ],
        answers: &["Nice to meet you too!"],
    },
    Talk {
        said: &[
            "I am bored.",
            "I am sad.",
            "I feel tired.",
            "I had a bad day.",
        ],
        answers: &["I am sorry to hear that. Shall I tell you a joke?"],
    },
    Talk {
        said: &["OK.", "Okay", "I see.", "Fine.", "All right."],
        answers: &["Is there anything else?"],
    },
    Talk {
        said: &["Test", "test", "This is a test.", "Testing."],
        answers: &["The test has worked: I am here."],
    },
];

/// One short exchange.
pub fn make(rng: &mut Rng, split: Split) -> Dialogue {
    let talk = &TALK[rng.below(TALK.len())];
    let said = split.pick(rng, talk.said);
    let question = typed(rng, split, said);
    Dialogue::exchange(question, rng.pick(talk.answers)).scored_by(talk.answers)
}
