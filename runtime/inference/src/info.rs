//! What a model file says about itself.

use crate::embedding::{Folder, is_encoder, is_folder};
use crate::gguf::File;
use crate::template::kind;
use crate::vocabulary::CHAT_TEMPLATE;
use crate::{Error, Source, quantization};

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
    /// Such as `Q4_K_M` or `Q8_0`, read from the tensors' types; empty without weights.
    pub quantization: String,
    /// Tokens the model was trained for; 0 when the file does not say.
    pub context_length: usize,
    /// Width of the activations; 0 when the file does not say.
    pub embedding_length: usize,
    /// Tokens of the vocabulary.
    pub vocabulary_size: usize,
    /// The file's size, or that of all its shards.
    pub size_bytes: u64,
    /// The family of its chat template, such as `chatml`, `llama-3` or `gemma`; `other` if it is not
    /// known, `none` without one.
    pub template: &'static str,
}

impl ModelInfo {
    /// Reads a file's header without loading weights, of a GGUF whatever the architecture, or of a folder as
    /// [`Embedder::open`](crate::Embedder::open) takes it.
    pub fn read(source: impl Into<Source>) -> Result<Self, Error> {
        let source = source.into();
        match &source {
            Source::Path(path) if is_folder(path) => Self::of_folder(&Folder::of(path)),
            _ => Self::of(&File::open(&source)?),
        }
    }

    /// Whether it makes vectors of texts and writes none.
    pub fn embeds(&self) -> bool {
        is_encoder(&self.architecture)
    }

    fn of_folder(folder: &Folder) -> Result<Self, Error> {
        let described = folder.describe()?;
        Ok(Self {
            architecture: described.architecture,
            name: None,
            parameters: described.parameters,
            quantization: described.quantization,
            context_length: described.context_length,
            embedding_length: described.hidden,
            vocabulary_size: described.vocabulary,
            size_bytes: described.bytes,
            template: "none",
        })
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
            quantization: quantization::name(&file.header),
            context_length: count("context_length")?.unwrap_or(0),
            embedding_length: count("embedding_length")?.unwrap_or(0),
            vocabulary_size: tokens.map_or(0, |tokens| tokens.len()),
            size_bytes: file.size(),
            template: file.optional_string(CHAT_TEMPLATE)?.map_or("none", kind),
        })
    }
}
