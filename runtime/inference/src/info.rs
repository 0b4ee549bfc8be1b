//! What a model file says about itself.

use std::collections::HashMap;

use crate::gguf::{File, tensor_type_name};
use crate::{Error, Source};

/// A model's description, from the header of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelInfo {
    /// `llama`, …
    pub architecture: String,
    /// The name its makers gave it.
    pub name: Option<String>,
    /// Weights, counted one by one; 0 for a file that holds a vocabulary only.
    pub parameters: u64,
    /// The type that most weights have, such as `Q8_0` or `Q4_K`; empty without weights.
    pub quantization: String,
    /// Tokens the model was trained for; 0 when the file does not say.
    pub context_length: usize,
    /// Width of the activations; 0 when the file does not say.
    pub embedding_length: usize,
    /// Tokens of the vocabulary.
    pub vocabulary_size: usize,
    /// The file's size.
    pub size_bytes: u64,
    pub has_chat_template: bool,
}

impl ModelInfo {
    /// Reads a file's header without loading weights, whatever the architecture.
    pub fn read(source: impl Into<Source>) -> Result<Self, Error> {
        Self::of(&File::open(&source.into())?)
    }

    pub(crate) fn of(file: &File) -> Result<Self, Error> {
        let architecture = file.architecture()?;
        let count = |suffix: &str| file.optional_count(&format!("{architecture}.{suffix}"));
        let tokens = file.header.metadata.get("tokenizer.ggml.tokens");
        let tokens = tokens.and_then(|tokens| tokens.as_array());
        Ok(Self {
            architecture: architecture.to_owned(),
            name: file.optional_string("general.name")?.map(str::to_owned),
            parameters: file.header.tensors.values().map(|t| t.elements()).sum(),
            quantization: quantization(file),
            context_length: count("context_length")?.unwrap_or(0),
            embedding_length: count("embedding_length")?.unwrap_or(0),
            vocabulary_size: tokens.map_or(0, |tokens| tokens.len()),
            size_bytes: file.size(),
            has_chat_template: file.optional_string("tokenizer.chat_template")?.is_some(),
        })
    }
}

fn quantization(file: &File) -> String {
    let mut elements: HashMap<&str, u64> = HashMap::new();
    for tensor in file.header.tensors.values() {
        *elements.entry(tensor_type_name(tensor.dtype)).or_default() += tensor.elements();
    }
    let most = elements
        .into_iter()
        .max_by_key(|&(name, count)| (count, name));
    most.map_or_else(String::new, |(name, _)| name.to_owned())
}
