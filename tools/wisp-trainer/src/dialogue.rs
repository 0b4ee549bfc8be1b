//! What the corpus is made of.

use serde::Serialize;

/// Who speaks, in the words of the chat template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions before the conversation.
    System,
    /// The person or script that asks.
    User,
    /// The model; only these messages are learnt.
    Assistant,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
}

/// A conversation that ends with an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dialogue {
    /// The messages, in order.
    pub messages: Vec<Message>,
    /// The last answer is right when it contains one of these, letter case aside.
    pub keys: Vec<String>,
}

impl Dialogue {
    /// One question with its answer, which is also its key.
    pub fn exchange(question: impl Into<String>, answer: impl Into<String>) -> Self {
        Self::default().turn(question, answer)
    }

    /// Adds a turn; the key becomes its answer.
    pub fn turn(mut self, question: impl Into<String>, answer: impl Into<String>) -> Self {
        let answer = answer.into();
        self.keys = vec![answer.clone()];
        self.messages.push(Message {
            role: Role::User,
            text: question.into(),
        });
        self.messages.push(Message {
            role: Role::Assistant,
            text: answer,
        });
        self
    }

    /// Replaces the keys.
    pub fn scored_by(mut self, keys: &[&str]) -> Self {
        self.keys = keys.iter().map(|key| key.to_string()).collect();
        self
    }

    /// Puts a system prompt in front.
    pub fn under(mut self, system: impl Into<String>) -> Self {
        self.messages.insert(
            0,
            Message {
                role: Role::System,
                text: system.into(),
            },
        );
        self
    }

    /// Appends another conversation, whose last answer is then the one that is scored.
    pub fn then(mut self, next: Dialogue) -> Self {
        self.messages.extend(next.messages);
        self.keys = next.keys;
        self
    }

    /// True when `reply` gives the expected last answer.
    pub fn accepts(&self, reply: &str) -> bool {
        let reply = reply.to_lowercase();
        self.keys
            .iter()
            .any(|key| reply.contains(&key.to_lowercase()))
    }

    /// True when the first message is a system prompt.
    pub fn has_system(&self) -> bool {
        self.messages
            .first()
            .is_some_and(|message| message.role == Role::System)
    }
}
