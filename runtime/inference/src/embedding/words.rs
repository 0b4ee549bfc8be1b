//! Texts to token ids, by the tokenizer that lies with the weights.

use super::folder::Folder;
use crate::gguf::File;
use crate::tokenizer::EncodeOptions;
use crate::{Error, Tokenizer};

/// Whatever a text says is text: markup in it does not become a control token.
pub(super) enum Words {
    Gguf(Box<Tokenizer>),
    /// Of `tokenizer.json`.
    Json(Box<tokenizers::Tokenizer>),
}

impl Words {
    pub fn of_gguf(file: &File) -> Result<Self, Error> {
        Ok(Self::Gguf(Box::new(Tokenizer::read(file)?)))
    }

    pub fn of_folder(folder: &Folder) -> Result<Self, Error> {
        const FILE: &str = "tokenizer.json";
        let damaged = |error: tokenizers::Error| folder.malformed(FILE, "tokenizer", error);
        let bytes = folder.read(FILE)?;
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(&*bytes).map_err(damaged)?;
        // Many files say that longer texts are cut and shorter ones filled up.
        tokenizer.with_truncation(None).map_err(damaged)?;
        tokenizer.with_padding(None);
        tokenizer.set_encode_special_tokens(true);
        Ok(Self::Json(Box::new(tokenizer)))
    }

    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        const OPTIONS: EncodeOptions = EncodeOptions {
            add_special: true,
            special: false,
        };
        match self {
            Self::Gguf(tokenizer) => Ok(tokenizer.encode(text, OPTIONS)),
            Self::Json(tokenizer) => match tokenizer.encode_fast(text, true) {
                Ok(encoding) => Ok(encoding.get_ids().to_vec()),
                Err(error) => Err(Error::Compute {
                    reason: error.to_string(),
                }),
            },
        }
    }
}
