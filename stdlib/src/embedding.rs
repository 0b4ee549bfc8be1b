//! Vectors for texts, as scripts see them.

use llmspell_core::spec::Ty;
use llmspell_core::{FromValue, IntoValue, Mismatch, Value, api};

/// Whose vectors.
#[api(options)]
#[derive(Default)]
pub struct EmbedOptions {
    /// The embedding model's name or the path of its file; it has to be named unless `default_model` of the
    /// configuration is one.
    pub model: Option<String>,
}

/// A text or a list of texts.
pub struct OneOrMany {
    pub texts: Vec<String>,
    /// Whether it was no list.
    pub one: bool,
}

impl FromValue for OneOrMany {
    const TY: Ty = Ty::Either(&[Ty::Str, Ty::List(&Ty::Str)]);

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Str(text) => Ok(Self {
                texts: vec![text],
                one: true,
            }),
            other if !is_list(&other) => Err(Mismatch::new(Self::TY, other.kind())),
            list => Ok(Self {
                texts: Vec::from_value(list)?,
                one: false,
            }),
        }
    }
}

/// An empty table of Lua comes as a map.
fn is_list(value: &Value) -> bool {
    match value {
        Value::List(_) => true,
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

/// A vector for a text, a list of them for a list.
pub struct Vectors {
    pub vectors: Vec<Vec<f32>>,
    pub one: bool,
}

impl IntoValue for Vectors {
    const TY: Ty = Ty::Either(&[Ty::List(&Ty::Number), Ty::List(&Ty::List(&Ty::Number))]);

    fn into_value(self) -> Value {
        let value = |vector: Vec<f32>| {
            let numbers = vector.into_iter().map(|number| Value::Float(number.into()));
            Value::List(numbers.collect())
        };
        let mut vectors = self.vectors.into_iter().map(value);
        match self.one {
            true => vectors.next().unwrap_or(Value::Nil),
            false => Value::List(vectors.collect()),
        }
    }
}
