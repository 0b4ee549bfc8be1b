//! From what a request says to the tokens that a model continues.

use llmspell_inference as inference;
use llmspell_inference::Vocabulary;
use llmspell_inference::tokenizer::EncodeOptions;

use crate::Error;
use crate::request::{Encoding, Message, Overflow, Prompt};

/// A prompt as tokens.
#[derive(Debug, PartialEq)]
pub struct Encoded {
    pub tokens: Vec<u32>,
    /// Messages that were left out.
    pub dropped: usize,
}

/// Encodes a prompt for a context of `room` tokens. Where it is longer, old turns are left out if that
/// is wanted; what then remains may still be too long.
pub fn encode(
    vocabulary: &Vocabulary,
    prompt: &Prompt,
    overflow: Overflow,
    room: usize,
) -> Result<Encoded, Error> {
    let messages = match prompt {
        Prompt::Chat(messages) => messages,
        Prompt::Raw(text) => return Ok(raw(vocabulary, text)),
    };
    let without = |turns: usize| {
        let kept = without_oldest(messages, turns);
        let tokens = vocabulary.prompt_tokens(&kept, None, true)?;
        Ok::<_, Error>(Encoded {
            tokens,
            dropped: messages.len() - kept.len(),
        })
    };
    let whole = without(0)?;
    if whole.tokens.len() <= room || overflow == Overflow::Error {
        return Ok(whole);
    }
    // The fewest turns to leave out lie in `fewest..=most`.
    let all = droppable_turns(messages);
    let (mut fewest, mut most) = (1, all);
    let mut shortest = without(most)?;
    while fewest < most {
        let middle = fewest + (most - fewest) / 2;
        let shorter = without(middle)?;
        if shorter.tokens.len() <= room {
            (most, shortest) = (middle, shorter);
        } else {
            fewest = middle + 1;
        }
    }
    match in_steps(most, all) {
        dropped if dropped == most => Ok(shortest),
        dropped => without(dropped),
    }
}

/// How many turns to leave out where `fewest` of `all` must be: up to a quarter more of those that stay, so that
/// the next turns of a long conversation begin like this one and need not be computed anew.
fn in_steps(fewest: usize, all: usize) -> usize {
    let quarter = (all - fewest) / 4;
    let step = 1 << quarter.checked_ilog2().unwrap_or(0);
    fewest.next_multiple_of(step).min(all)
}

fn raw(vocabulary: &Vocabulary, text: &str) -> Encoded {
    let special = Encoding {
        add_special: true,
        special: true,
    };
    let tokens = vocabulary.tokenizer().encode(text, options(special));
    Encoded { tokens, dropped: 0 }
}

/// The turn that each message belongs to, from 1: a turn begins with what the user says, the first one
/// also with what is said before that.
fn turns(messages: &[Message]) -> impl Iterator<Item = usize> {
    let mut users = 0;
    messages.iter().map(move |message| {
        users += usize::from(message.role == "user");
        users.max(1)
    })
}

/// All turns but that of the last message.
fn droppable_turns(messages: &[Message]) -> usize {
    turns(messages).last().unwrap_or(1) - 1
}

/// The conversation without its oldest turns; what the system says stays.
fn without_oldest(messages: &[Message], dropped: usize) -> Vec<inference::Message> {
    let kept = messages.iter().zip(turns(messages));
    let kept = kept.filter(|(message, turn)| *turn > dropped || message.role == "system");
    kept.map(|(message, _)| templated(message)).collect()
}

/// A message as chat templates read it.
pub fn templated(message: &Message) -> inference::Message {
    inference::Message::new(&message.role, &message.content)
}

/// An encoding as the tokenizer reads it.
pub fn options(encoding: Encoding) -> EncodeOptions {
    EncodeOptions {
        add_special: encoding.add_special,
        special: encoding.special,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candle::key::Key;

    fn wisp() -> Vocabulary {
        Vocabulary::open(Key::Bundled.source()).expect("the bundled model")
    }

    /// A conversation from lines such as `user: Hi`.
    fn chat(lines: &[&str]) -> Prompt {
        let message = |line: &&str| {
            let (role, text) = line.split_once(": ").expect("a role and a text");
            Message::new(role, text)
        };
        Prompt::Chat(lines.iter().map(message).collect())
    }

    fn tokens(lines: &[&str]) -> Vec<u32> {
        let whole = encode(&wisp(), &chat(lines), Overflow::Error, 0);
        whole.expect("a prompt").tokens
    }

    fn fitted(lines: &[&str], room: usize) -> Encoded {
        encode(&wisp(), &chat(lines), Overflow::DropOldest, room).expect("a prompt")
    }

    const TALK: &[&str] = &[
        "system: Be brief.",
        "user: One.",
        "assistant: First.",
        "user: Two.",
        "assistant: Second.",
        "assistant: And more.",
        "user: Three.",
    ];

    #[test]
    fn turns_are_left_out_in_steps_and_never_all_but_the_last() {
        assert_eq!(in_steps(1, 3), 1);
        // Of 40 turns that stay, a step is 8, so several turns in a row leave out the same ones.
        for fewest in 1..=8 {
            assert_eq!(in_steps(fewest, 40 + fewest), 8);
        }
        assert_eq!(in_steps(9, 49), 16);
        for all in 1..60 {
            for fewest in 1..=all {
                assert!((fewest..=all).contains(&in_steps(fewest, all)));
            }
        }
    }

    #[test]
    fn the_oldest_turns_are_left_out_until_the_rest_fits() {
        let whole = tokens(TALK);
        let rest = tokens(&[TALK[0], TALK[3], TALK[4], TALK[5], TALK[6]]);
        let last = tokens(&[TALK[0], TALK[6]]);
        let cases = [
            (whole.len(), &whole, 0),
            (whole.len() - 1, &rest, 2),
            (rest.len(), &rest, 2),
            (rest.len() - 1, &last, 5),
            // The system's and the last words stay, whether or not they fit.
            (0, &last, 5),
        ];
        for (room, tokens, dropped) in cases {
            let expected = Encoded {
                tokens: tokens.clone(),
                dropped,
            };
            assert_eq!(fitted(TALK, room), expected, "room for {room}");
        }
    }

    #[test]
    fn what_is_said_before_the_user_belongs_to_the_first_turn() {
        let talk = ["assistant: Welcome!", "user: One.", "user: Two."];
        assert_eq!(fitted(&talk, 0).tokens, tokens(&["user: Two."]));
        assert_eq!(fitted(&talk[..2], 0).dropped, 0);
    }

    #[test]
    fn nothing_is_left_out_unless_that_is_wanted() {
        let encoded = encode(&wisp(), &chat(TALK), Overflow::Error, 1).expect("a prompt");
        assert_eq!(encoded.dropped, 0);
    }
}
