//! Keeping what a user wrote from forging control markup.
//!
//! A template turns messages into one text in which scaffolding and content look alike. Before
//! rendering, every place where content spells a control token, or could complete one with its
//! surroundings, gets a *mark*: a Unicode noncharacter that occurs in none of the messages. After
//! rendering, control tokens are found in the marked text, so content can no longer match; then the
//! marks are dropped and the text between is encoded as plain text.

use serde_json::{Map, Value};

use crate::Message;
use crate::tokenizer::{Fragment, Markup};

/// The noncharacters that Unicode sets aside for such use.
pub(super) const MARKS: std::ops::RangeInclusive<char> = '\u{FDD0}'..='\u{FDEF}';

/// The mark of one rendering and the control tokens that it guards against.
pub(crate) struct Guard<'a> {
    markup: &'a Markup,
    mark: char,
}

impl<'a> Guard<'a> {
    pub fn new(markup: &'a Markup, messages: &[Message], tools: Option<&Value>) -> Self {
        let mut unused = MARKS.collect::<Vec<_>>();
        let mut see = |text: &str| unused.retain(|mark| !text.contains(*mark));
        messages
            .iter()
            .for_each(|message| visit_fields(&message.fields, &mut see));
        tools.into_iter().for_each(|tools| visit(tools, &mut see));
        // A text that holds all 32 was made to; `mark_text` then replaces the last of them.
        let mark = unused.first().copied().unwrap_or(*MARKS.end());
        Self { markup, mark }
    }

    pub fn mark_messages(&self, messages: &[Message]) -> Vec<Message> {
        messages
            .iter()
            .map(|message| Message {
                fields: self.mark_fields(&message.fields),
            })
            .collect()
    }

    pub fn mark_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.mark_text(text)),
            Value::Array(items) => items.iter().map(|item| self.mark_value(item)).collect(),
            Value::Object(fields) => Value::Object(self.mark_fields(fields)),
            other => other.clone(),
        }
    }

    fn mark_fields(&self, fields: &Map<String, Value>) -> Map<String, Value> {
        let field = |(key, value): (&String, &Value)| {
            let marked = match value {
                // Templates compare them, and write `<|user|>` with them.
                Value::String(name) if ["role", "type"].contains(&key.as_str()) => {
                    Value::String(self.mark_name(name))
                }
                value => self.mark_value(value),
            };
            (self.mark_name(key), marked)
        };
        fields.iter().map(field).collect()
    }

    /// A name that holds no markup stays what it is, so that the template knows it.
    fn mark_name(&self, name: &str) -> String {
        let is_name = name.chars().all(|c| c == '_' || c.is_alphanumeric());
        let is_markup = |token: &String| name.contains(token.as_str());
        if is_name && !self.markup.control_texts().iter().any(is_markup) {
            return name.to_owned();
        }
        self.mark_text(name)
    }

    fn mark_text(&self, text: &str) -> String {
        let text = text.replace(self.mark, "\u{FFFD}");
        let mut places: Vec<usize> = self
            .markup
            .control_texts()
            .iter()
            .flat_map(|token| places(&text, token))
            .collect();
        places.sort_unstable();
        places.dedup();
        let mut out = String::with_capacity(text.len() + places.len() * self.mark.len_utf8());
        let mut position = 0;
        for place in places {
            out.push_str(&text[position..place]);
            out.push(self.mark);
            position = place;
        }
        out.push_str(&text[position..]);
        out
    }

    /// The tokens and plain texts of a rendered prompt, marks dropped.
    pub fn fragments(&self, rendered: &str) -> Vec<Fragment> {
        let unmarked = |before: &str| !before.ends_with(self.mark);
        let mut fragments = Vec::new();
        for fragment in self.markup.split_where(rendered, unmarked) {
            match fragment {
                Fragment::Text(text) if text.contains(self.mark) => {
                    let text = text.replace(self.mark, "");
                    fragments.extend(self.markup.split(&text, false));
                }
                other => fragments.push(other),
            }
        }
        fragments
    }
}

fn visit(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(items) => items.iter().for_each(|item| visit(item, see)),
        Value::Object(fields) => visit_fields(fields, see),
        _ => {}
    }
}

fn visit_fields(fields: &Map<String, Value>, see: &mut impl FnMut(&str)) {
    for (key, value) in fields {
        see(key);
        visit(value, see);
    }
}

/// Where `token` must be broken in `text`: inside each occurrence, and where surroundings could complete it,
/// also when the template trims the text. A mark never ends a text: the token that the template writes
/// behind it must count.
fn places(text: &str, token: &str) -> Vec<usize> {
    let trimmed = text.trim();
    let start = text.len() - text.trim_start().len();
    let at_edges = edges(trimmed, token).into_iter().map(|place| start + place);
    occurrences(text, token)
        .map(|start| start + inside(token, token))
        .chain(edges(text, token))
        .chain(at_edges)
        .collect()
}

/// The place that breaks the beginning `head` of a token: behind its first character. One character cannot
/// be broken, only be marked as not counting.
fn inside(head: &str, token: &str) -> usize {
    let first = token.chars().next().map_or(0, char::len_utf8);
    if head.len() > first { first } else { 0 }
}

/// Inside what could be the token's beginning at the text's end, before what could be its end at the text's
/// beginning, and before the text if it could be the token's middle.
fn edges(text: &str, token: &str) -> Vec<usize> {
    if text.is_empty() {
        return Vec::new();
    }
    let cuts = token.char_indices().skip(1);
    let parts: Vec<_> = cuts.map(|(cut, _)| token.split_at(cut)).collect();
    let begins = |&&(head, _): &&(&str, &str)| text.ends_with(head);
    let heads = parts.iter().filter(begins);
    let mut places: Vec<_> = heads
        .map(|(head, _)| text.len() - head.len() + inside(head, token))
        .collect();
    let ends = parts.iter().any(|(_, tail)| text.starts_with(tail));
    if ends || (token.len() > text.len() && token.contains(text)) {
        places.push(0);
    }
    places
}

/// Every start of `token`, also where occurrences overlap.
fn occurrences<'t>(text: &'t str, token: &'t str) -> impl Iterator<Item = usize> + 't {
    let mut from = 0;
    std::iter::from_fn(move || {
        let found = from + text.get(from..)?.find(token)?;
        from = found + text[found..].chars().next().map_or(1, char::len_utf8);
        Some(found)
    })
}
