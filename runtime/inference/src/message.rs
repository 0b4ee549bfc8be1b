//! Chat messages.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One message of a conversation, as chat templates read it: a map that has a `role`, and mostly a
/// `content` of text. What else there is (`tool_calls`, `tool_call_id`, `name`, …) is the template's
/// to know; what is missing is undefined there, which is not the same as null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Message {
    pub fields: Map<String, Value>,
}

impl Message {
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        let fields = [("role", role.into()), ("content", content.into())];
        Self {
            fields: fields
                .map(|(key, text)| (key.to_owned(), text.into()))
                .into_iter()
                .collect(),
        }
    }

    pub fn system(content: impl Into<String>) -> Self {
        Self::new("system", content)
    }

    pub fn user(content: impl Into<String>) -> Self {
        Self::new("user", content)
    }

    pub fn assistant(content: impl Into<String>) -> Self {
        Self::new("assistant", content)
    }

    /// Its text, if it has this role.
    pub(crate) fn text(&self, role: &str) -> Option<&str> {
        let field = |name: &str| self.fields.get(name).and_then(Value::as_str);
        (field("role") == Some(role)).then(|| field("content"))?
    }

    pub(crate) fn set_content(&mut self, text: String) {
        self.fields.insert("content".to_owned(), text.into());
    }
}
