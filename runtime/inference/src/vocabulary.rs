//! A model's vocabulary: tokenizer and chat template, without weights.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::gguf::File;
use crate::template::Guard;
use crate::{Error, Message, Source, Template, Tokenizer};

pub(crate) const CHAT_TEMPLATE: &str = "tokenizer.chat_template";
/// Some models bring a second template for conversations with tools.
const TOOL_TEMPLATE: &str = "tokenizer.chat_template.tool_use";

/// What turns messages into token ids: the tokenizer and chat template of a GGUF. Cheap to clone.
#[derive(Clone)]
pub struct Vocabulary {
    shared: Arc<Shared>,
}

struct Shared {
    file: String,
    tokenizer: Tokenizer,
    /// A template that does not compile is an error where it is used: the tokenizer needs none.
    template: Option<Result<Template, String>>,
    tool_template: Option<Result<Template, String>>,
}

impl Vocabulary {
    /// Reads a GGUF's vocabulary; a file without weights is enough.
    pub fn open(source: impl Into<Source>) -> Result<Self, Error> {
        Self::read(&File::open(&source.into())?)
    }

    pub(crate) fn read(file: &File) -> Result<Self, Error> {
        let tokenizer = Tokenizer::read(file)?;
        Ok(Self {
            shared: Arc::new(Shared {
                file: file.name.clone(),
                template: template(file, CHAT_TEMPLATE, &tokenizer)?,
                tool_template: template(file, TOOL_TEMPLATE, &tokenizer)?,
                tokenizer,
            }),
        })
    }

    pub fn tokenizer(&self) -> &Tokenizer {
        &self.shared.tokenizer
    }

    /// The chat template of a conversation with or without tools, or [`Error::NoTemplate`].
    pub fn template(&self, with_tools: bool) -> Result<&Template, Error> {
        let shared = &self.shared;
        let tool_template = shared.tool_template.as_ref().filter(|_| with_tools);
        match tool_template.or(shared.template.as_ref()) {
            Some(Ok(template)) => Ok(template),
            Some(Err(reason)) => Err(Error::Template {
                reason: reason.clone(),
            }),
            None => Err(Error::NoTemplate {
                file: shared.file.clone(),
            }),
        }
    }

    /// The token ids of a conversation. The template's scaffolding becomes control tokens; nothing
    /// in the messages or tools can, whatever text they hold.
    ///
    /// Where the template refuses or leaves out a system message, as Gemma's does, the first message of
    /// the user begins with it, and an empty line follows.
    pub fn prompt_tokens(
        &self,
        messages: &[Message],
        tools: Option<&Value>,
        add_generation_prompt: bool,
    ) -> Result<Vec<u32>, Error> {
        let tokenizer = self.tokenizer();
        let template = self.template(tools.is_some())?;
        let messages = foldable(messages, template);
        let guard = Guard::new(tokenizer.markup(), &messages, tools);
        let tools = tools.map(|tools| guard.mark_value(tools));
        let messages = guard.mark_messages(&messages);
        let rendered = template.render(&messages, tools.as_ref(), add_generation_prompt)?;
        let mut ids = tokenizer.encode_fragments(&guard.fragments(&rendered));
        tokenizer.add_bos(&mut ids);
        Ok(ids)
    }
}

/// The messages as the template takes them.
fn foldable<'m>(messages: &'m [Message], template: &Template) -> Cow<'m, [Message]> {
    match fold_system(messages) {
        Some(folded) if !template.writes_system() => folded.into(),
        _ => messages.into(),
    }
}

/// The conversation without its system message, whose text the user's first message begins with.
fn fold_system(messages: &[Message]) -> Option<Vec<Message>> {
    let [system, user, rest @ ..] = messages else {
        return None;
    };
    let (instructions, text) = (system.text("system")?, user.text("user")?);
    let mut folded = vec![user.clone()];
    folded[0].set_content(format!("{instructions}\n\n{text}"));
    folded.extend_from_slice(rest);
    Some(folded)
}

fn template(
    file: &File,
    key: &str,
    tokenizer: &Tokenizer,
) -> Result<Option<Result<Template, String>>, Error> {
    let Some(source) = file.optional_string(key)? else {
        return Ok(None);
    };
    let text = |id: Option<u32>| match id {
        Some(id) => tokenizer.piece(id).map(str::to_owned),
        None => Ok(String::new()),
    };
    let (bos, eos) = (text(tokenizer.bos())?, text(tokenizer.eos())?);
    match Template::new(source, &bos, &eos) {
        Ok(template) => Ok(Some(Ok(template))),
        Err(Error::Template { reason }) => Ok(Some(Err(reason))),
        Err(other) => Err(other),
    }
}
