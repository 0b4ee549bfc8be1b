//! What the corpus is made of.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

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
    /// What a called tool gave back.
    Tool,
}

impl Role {
    /// The role as the chat template writes it.
    pub fn name(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        }
    }
}

/// Something that the model may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// What a call names.
    pub name: String,
    /// What it does, in a few words or none.
    pub description: String,
    /// Each argument's name and JSON-schema type, in order.
    pub parameters: Vec<(String, &'static str)>,
}

/// One line of the tool list.
impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let types: Map<String, Value> = self
            .parameters
            .iter()
            .map(|(name, kind)| (name.clone(), Value::from(*kind)))
            .collect();
        write!(f, "{}", json(&self.name, &types))?;
        if !self.description.is_empty() {
            write!(f, " {}", self.description)?;
        }
        Ok(())
    }
}

/// One call of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The tool.
    pub name: String,
    /// What it is given, in order; strings, numbers and booleans only.
    pub arguments: Map<String, Value>,
}

/// The JSON between the call's tags.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&json(&self.name, &self.arguments))
    }
}

fn json(name: &str, arguments: &Map<String, Value>) -> String {
    let arguments = Value::from(arguments.clone());
    format!(
        r#"{{"name":{},"arguments":{arguments}}}"#,
        Value::from(name)
    )
}

/// The calls of a reply that is nothing but calls.
fn calls_in(mut reply: &str) -> Option<Vec<Call>> {
    let mut calls = Vec::new();
    while !reply.trim().is_empty() {
        let opened = reply.trim_start().strip_prefix("<tool_call>")?;
        let (json, rest) = opened.split_once("</tool_call>")?;
        calls.push(serde_json::from_str(json).ok()?);
        reply = rest;
    }
    Some(calls)
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
    /// What is called after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
}

impl Message {
    /// A message without calls.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            text: text.into(),
            calls: Vec::new(),
        }
    }

    /// Text and calls as the chat template renders them.
    pub fn content(&self) -> String {
        let tagged = |call: &Call| format!("<tool_call>{call}</tool_call>");
        self.text.clone() + &self.calls.iter().map(tagged).collect::<String>()
    }
}

/// What a model is asked: the tools that it may call and the messages so far.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'a> {
    /// The tool list.
    pub tools: &'a [Tool],
    /// The messages, in order.
    pub messages: &'a [Message],
}

/// A conversation that ends with an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dialogue {
    /// The tools that may be called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// The messages, in order.
    pub messages: Vec<Message>,
    /// The last answer, when it is no call, is right when it gives one of these.
    pub keys: Vec<String>,
}

impl Dialogue {
    /// One question with its answer, which is also its key.
    pub fn exchange(question: impl Into<String>, answer: impl Into<String>) -> Self {
        Self::default().turn(question, answer)
    }

    /// Adds a turn; the key becomes its answer.
    pub fn turn(mut self, question: impl Into<String>, answer: impl Into<String>) -> Self {
        self.messages.push(Message::new(Role::User, question));
        self.answer(answer)
    }

    /// Adds an answer to what was said or returned last; it becomes the key.
    pub fn answer(mut self, answer: impl Into<String>) -> Self {
        let answer = Message::new(Role::Assistant, answer);
        self.keys = vec![answer.text.clone()];
        self.messages.push(answer);
        self
    }

    /// Adds a question that is answered by calls.
    pub fn calling(mut self, question: impl Into<String>, calls: Vec<Call>) -> Self {
        self.messages.push(Message::new(Role::User, question));
        self.messages.push(Message {
            calls,
            ..Message::new(Role::Assistant, "")
        });
        self.keys = Vec::new();
        self
    }

    /// Adds what a called tool gave back.
    pub fn result(mut self, result: impl Into<String>) -> Self {
        self.messages.push(Message::new(Role::Tool, result));
        self
    }

    /// Replaces the keys.
    pub fn scored_by(mut self, keys: &[&str]) -> Self {
        self.keys = keys.iter().map(|key| key.to_string()).collect();
        self
    }

    /// Puts a system prompt in front.
    pub fn under(mut self, system: impl Into<String>) -> Self {
        self.messages.insert(0, Message::new(Role::System, system));
        self
    }

    /// Gives the model tools.
    pub fn with_tools(mut self, tools: Vec<Tool>) -> Self {
        self.tools = tools;
        self
    }

    /// Appends another conversation, whose last answer is then the one that is scored.
    pub fn then(mut self, next: Dialogue) -> Self {
        self.tools.extend(next.tools);
        self.messages.extend(next.messages);
        self.keys = next.keys;
        self
    }

    /// Everything said, called and listed, without markup.
    pub fn texts(self) -> Vec<String> {
        let mut texts: Vec<String> = self.tools.iter().map(Tool::to_string).collect();
        for message in self.messages {
            texts.extend(message.calls.iter().map(Call::to_string));
            texts.push(message.text);
        }
        texts
    }

    /// Everything up to the last answer.
    pub fn prompt(&self) -> Prompt<'_> {
        Prompt {
            tools: &self.tools,
            messages: &self.messages[..self.messages.len() - 1],
        }
    }

    /// True when `reply` gives the expected last answer: the same calls in the same order, or none and one
    /// of the keys.
    pub fn accepts(&self, reply: &str) -> bool {
        match self.messages.last() {
            Some(last) if !last.calls.is_empty() => {
                calls_in(reply).is_some_and(|calls| calls == last.calls)
            }
            _ => !reply.contains("<tool_call>") && self.keys.iter().any(|key| gives(reply, key)),
        }
    }

    /// True when the first message is a system prompt.
    pub fn has_system(&self) -> bool {
        self.messages
            .first()
            .is_some_and(|message| message.role == Role::System)
    }
}

/// True when `reply` is the JSON object `key`, or the text `key`.
fn gives(reply: &str, key: &str) -> bool {
    match serde_json::from_str::<Map<String, Value>>(key) {
        Ok(object) => serde_json::from_str(reply).is_ok_and(|given: Map<_, _>| given == object),
        Err(_) => reply.trim() == key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(json: &str) -> Call {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn calls_are_compared_by_what_they_say() {
        let first = call(r#"{"name":"move","arguments":{"to":"Rome","steps":3}}"#);
        let second = call(r#"{"name":"stop","arguments":{}}"#);
        let dialogue = Dialogue::default().calling("go", vec![first, second]);
        let stop = r#"<tool_call>{"name":"stop","arguments":{}}</tool_call>"#;
        let moved =
            r#"<tool_call>{"arguments": {"steps": 3, "to": "Rome"}, "name": "move"}</tool_call>"#;
        assert!(dialogue.accepts(&dialogue.messages[1].content()));
        assert!(dialogue.accepts(&format!("{moved}\n{stop}")));
        let wrong = [
            moved.to_string(),
            format!("{stop}{moved}"),
            format!("{moved}{stop}{stop}"),
            format!("{moved}{stop} Done."),
            format!("{}{stop}", moved.replace('3', "\"3\"")),
            format!("{}{stop}", moved.replace("Rome", "Oslo")),
            String::new(),
        ];
        for reply in wrong {
            assert!(!dialogue.accepts(&reply), "{reply}");
        }
    }

    #[test]
    fn an_answer_without_calls_is_right_by_its_key() {
        let dialogue = Dialogue::exchange("Hi", "Hello!");
        assert!(dialogue.accepts("Hello!\n"));
        assert!(!dialogue.accepts("Why, Hello!"));
        assert!(!dialogue.accepts("Hello!<tool_call>"));
    }

    #[test]
    fn json_is_compared_as_json() {
        let dialogue = Dialogue::exchange("Extract", r#"{"name":"Ada","age":30}"#);
        assert!(dialogue.accepts(r#"{"age": 30, "name": "Ada"}"#));
        for reply in [
            r#"{"name":"Ada"}"#,
            r#"{"name":"ada","age":30}"#,
            r#"{"name":"Ada","age":"30"}"#,
            r#"{"name":"Ada","age":30}."#,
        ] {
            assert!(!dialogue.accepts(reply), "{reply}");
        }
    }

    #[test]
    fn a_tool_is_one_line() {
        let mut tool = Tool {
            name: "get_weather".into(),
            description: "Current weather.".into(),
            parameters: vec![("city".into(), "string"), ("day".into(), "integer")],
        };
        let json = r#"{"name":"get_weather","arguments":{"city":"string","day":"integer"}}"#;
        assert_eq!(tool.to_string(), format!("{json} Current weather."));
        tool.description.clear();
        assert_eq!(tool.to_string(), json);
    }
}
