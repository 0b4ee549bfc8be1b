//! Which models make vectors and which write text.

use crate::Error;
use crate::decoder::decodes;
use crate::gguf::File;

/// What this crate computes vectors with.
const SUPPORTED: &str = "bert";

/// Architectures that write no text, as llama.cpp names them in `llama-arch.cpp`.
const ENCODERS: &[&str] = &[
    SUPPORTED,
    "eurobert",
    "jina-bert-v2",
    "jina-bert-v3",
    "modern-bert",
    "neo-bert",
    "nomic-bert",
    "nomic-bert-moe",
    "t5encoder",
];

/// Whether models of an architecture make vectors and write no text.
pub(crate) fn is_encoder(architecture: &str) -> bool {
    ENCODERS.contains(&architecture)
}

/// Refuses a file that this crate makes no vectors with.
pub(super) fn check(file: &File) -> Result<(), Error> {
    let architecture = file.architecture()?;
    let pools = file.optional_count(&format!("{architecture}.pooling_type"))?;
    match architecture {
        SUPPORTED if file.header.tensors.is_empty() => Err(Error::VocabularyOnly {
            file: file.name.clone(),
        }),
        SUPPORTED => Ok(()),
        other if decodes(other) && pools.is_none() => Err(Error::WritesText {
            file: file.name.clone(),
        }),
        other => Err(unsupported(&file.name, other)),
    }
}

pub(super) fn unsupported(file: &str, architecture: &str) -> Error {
    Error::NoEncoder {
        file: file.to_owned(),
        architecture: architecture.to_owned(),
        supported: SUPPORTED,
    }
}
