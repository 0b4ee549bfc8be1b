//! Options of what needs a model's vocabulary or template alone, and what comes of token ids.

use llmspell_core::spec::Ty;
use llmspell_core::{Bytes, IntoValue, Value, api};
use llmspell_models::Encoding;

/// Whose vocabulary.
#[api(options)]
#[derive(Default)]
pub struct VocabularyOptions {
    /// The model's name or the path of a GGUF file; one without weights is enough.
    pub model: Option<String>,
}

/// Whose vocabulary, and what of the text is markup.
#[api(options)]
#[derive(Default)]
pub struct TokenizeOptions {
    /// The model's name or the path of a GGUF file; one without weights is enough.
    pub model: Option<String>,
    /// Adds the tokens that a prompt begins and ends with; false unless told.
    add_special: Option<bool>,
    /// Reads the names of control tokens as these tokens, not as text; false unless told.
    special: Option<bool>,
}

impl TokenizeOptions {
    pub fn encoding(&self) -> Encoding {
        Encoding {
            add_special: self.add_special.unwrap_or(false),
            special: self.special.unwrap_or(false),
        }
    }
}

/// Whose template, and what it is given.
#[api(options)]
#[derive(Default)]
pub struct TemplateOptions {
    /// The model's name or the path of a GGUF file; one without weights is enough.
    pub model: Option<String>,
    /// The tools that the model may call, as the template expects them.
    pub tools: Option<Vec<Value>>,
    /// Whether the text ends where the answer begins; true unless told.
    pub add_generation_prompt: Option<bool>,
}

/// Text that need not be UTF-8: part of a character, perhaps.
pub struct Text(pub Vec<u8>);

impl IntoValue for Text {
    const TY: Ty = Ty::Either(&[Ty::Str, Ty::Bytes]);

    fn into_value(self) -> Value {
        match String::from_utf8(self.0) {
            Ok(text) => Value::Str(text),
            Err(error) => Bytes(error.into_bytes()).into_value(),
        }
    }
}
