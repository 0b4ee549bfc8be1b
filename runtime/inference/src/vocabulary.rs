//! A model's vocabulary: tokenizer and chat template, without weights.

use std::sync::Arc;

use crate::gguf::File;
use crate::template::Guard;
use crate::{Error, Message, Source, Template, Tokenizer};

/// What turns messages into token ids: the tokenizer and chat template of a GGUF. Cheap to clone.
#[derive(Clone)]
pub struct Vocabulary {
    shared: Arc<Shared>,
}

struct Shared {
    file: String,
    tokenizer: Tokenizer,
    template: Option<Template>,
}

impl Vocabulary {
    /// Reads a GGUF's vocabulary; a file without weights is enough.
    pub fn open(source: impl Into<Source>) -> Result<Self, Error> {
        Self::read(&File::open(&source.into())?)
    }

    pub(crate) fn read(file: &File) -> Result<Self, Error> {
        let tokenizer = Tokenizer::read(file)?;
        let text = |id: Option<u32>| match id {
            Some(id) => tokenizer.piece(id).map(str::to_owned),
            None => Ok(String::new()),
        };
        let (bos, eos) = (text(tokenizer.bos())?, text(tokenizer.eos())?);
        let template = file
            .optional_string("tokenizer.chat_template")?
            .map(|source| Template::new(source, &bos, &eos))
            .transpose()?;
        Ok(Self {
            shared: Arc::new(Shared {
                file: file.name.clone(),
                tokenizer,
                template,
            }),
        })
    }

    pub fn tokenizer(&self) -> &Tokenizer {
        &self.shared.tokenizer
    }

    /// The chat template, or [`Error::NoTemplate`].
    pub fn template(&self) -> Result<&Template, Error> {
        self.shared.template.as_ref().ok_or(Error::NoTemplate {
            file: self.shared.file.clone(),
        })
    }

    /// The token ids of a conversation. The template's scaffolding becomes control tokens; nothing
    /// in the messages or tools can, whatever text they hold.
    pub fn prompt_tokens(
        &self,
        messages: &[Message],
        tools: Option<&serde_json::Value>,
        add_generation_prompt: bool,
    ) -> Result<Vec<u32>, Error> {
        let tokenizer = self.tokenizer();
        let guard = Guard::new(tokenizer.markup(), messages, tools);
        let tools = tools.map(|tools| guard.mark_value(tools));
        let messages = guard.mark_messages(messages);
        let rendered = self
            .template()?
            .render(&messages, tools.as_ref(), add_generation_prompt)?;
        let mut ids = tokenizer.encode_fragments(&guard.fragments(&rendered));
        tokenizer.add_bos(&mut ids);
        Ok(ids)
    }
}
