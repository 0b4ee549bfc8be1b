//! The list of tokens and the special ones among them.

use std::collections::HashMap;

use crate::Error;
use crate::gguf::File;

/// The token types of `tokenizer.ggml.token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

impl Kind {
    fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            0 | 1 => Self::Normal, // 0 says that it is not known.
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => return None,
        })
    }
}

/// Every token's text and kind, by id.
pub(crate) struct Pieces {
    texts: Vec<String>,
    kinds: Vec<Kind>,
    ids: HashMap<String, u32>,
}

impl Pieces {
    pub fn read(file: &File) -> Result<Self, Error> {
        const TOKENS: &str = "tokenizer.ggml.tokens";
        const TYPES: &str = "tokenizer.ggml.token_type";
        let texts = file.strings(TOKENS)?.to_vec();
        let kinds = match file.optional_integers(TYPES)? {
            None => vec![Kind::Normal; texts.len()],
            Some(numbers) if numbers.len() != texts.len() => {
                let reason = format!("{} types for {} tokens", numbers.len(), texts.len());
                return Err(file.malformed(TYPES, reason));
            }
            Some(numbers) => numbers
                .iter()
                .map(|&n| Kind::from_number(n))
                .collect::<Option<_>>()
                .ok_or_else(|| file.malformed(TYPES, "holds an unknown type"))?,
        };
        if texts.is_empty() {
            return Err(file.malformed(TOKENS, "is empty"));
        }
        let mut kinds = kinds;
        for (kind, text) in kinds.iter_mut().zip(&texts) {
            // Some files call these text, so that anyone who writes them could end a turn, or begin one.
            let looks = *kind == Kind::UserDefined && looks_like_control(text);
            if looks || END_TEXTS.contains(&text.as_str()) {
                *kind = Kind::Control;
            }
        }
        // Of two equal texts the first one counts.
        let mut ids = HashMap::with_capacity(texts.len());
        for (id, text) in (0u32..).zip(&texts) {
            ids.entry(text.clone()).or_insert(id);
        }
        Ok(Self { texts, kinds, ids })
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn get(&self, id: u32) -> Option<&str> {
        self.texts.get(id as usize).map(String::as_str)
    }

    pub fn id(&self, text: &str) -> Option<u32> {
        self.ids.get(text).copied()
    }

    /// The id of a token that plain text may become: no markup, no byte token.
    pub fn plain_id(&self, text: &str) -> Option<u32> {
        self.id(text).filter(|&id| {
            let kind = self.kinds[id as usize];
            matches!(kind, Kind::Normal | Kind::UserDefined | Kind::Unused)
        })
    }

    pub fn kind(&self, id: u32) -> Option<Kind> {
        self.kinds.get(id as usize).copied()
    }

    pub fn is_control(&self, id: u32) -> bool {
        matches!(self.kind(id), Some(Kind::Control | Kind::Unknown))
    }

    /// Whether the token's text is its bytes, in no encoding of the model's.
    pub fn is_literal(&self, id: u32) -> bool {
        self.kind(id) == Some(Kind::UserDefined)
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &str, Kind)> {
        (0u32..)
            .zip(&self.texts)
            .zip(&self.kinds)
            .map(|((id, text), &kind)| (id, text.as_str(), kind))
    }
}

/// Whether a token that its file calls text has the looks of one that only a template writes, as llama.cpp's
/// converter tells them apart by now.
fn looks_like_control(text: &str) -> bool {
    let between = |start: &str, end: &str| text.starts_with(start) && text.ends_with(end);
    between("<|", "|>") || between("<｜", "｜>") || text == "<start_of_turn>"
}

/// Texts of tokens that end a turn or a document in some model. Files often name only one of them
/// as the end of sequence, and the model emits another.
const END_TEXTS: &[&str] = &[
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|eot|>",
    "<end_of_turn>",
    "<|end_of_turn|>",
    "<EOT>",
    "_<EOT>",
    "<｜end▁of▁sentence｜>",
];

/// The tokens with a meaning.
pub(crate) struct Special {
    /// BERT calls it CLS.
    pub bos: Option<u32>,
    pub eos: Option<u32>,
    /// Ends a text of BERT's.
    pub sep: Option<u32>,
    pub add_bos: bool,
    pub add_eos: bool,
    pub add_sep: bool,
    pub ends: Vec<u32>,
}

/// What a file means that does not say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Defaults {
    pub bos: Option<u32>,
    pub eos: Option<u32>,
    pub sep: Option<u32>,
    pub add_bos: bool,
    pub add_sep: bool,
}

impl Special {
    pub fn read(file: &File, pieces: &Pieces, defaults: Defaults) -> Result<Self, Error> {
        let token = |name: &str| special_token(file, pieces, name);
        let adds = |name: &str| file.optional_bool(&format!("tokenizer.ggml.add_{name}_token"));
        let bos = token("bos")?.or(token("cls")?).or(defaults.bos);
        let eos = token("eos")?.or(defaults.eos);
        // The key has been misspelled for so long that it is the name.
        let sep = token("seperator")?.or(token("separator")?);
        let mut ends: Vec<u32> = eos.into_iter().collect();
        ends.extend(token("eot")?);
        ends.extend(token("eom")?);
        ends.extend(END_TEXTS.iter().filter_map(|text| {
            let id = pieces.id(text)?;
            pieces.is_control(id).then_some(id)
        }));
        ends.sort_unstable();
        ends.dedup();
        let known = |id: &u32| (*id as usize) < pieces.len();
        Ok(Self {
            bos: bos.filter(known),
            eos: eos.filter(known),
            sep: sep.or(defaults.sep).filter(known),
            add_bos: adds("bos")?.unwrap_or(defaults.add_bos),
            add_eos: adds("eos")?.unwrap_or(false),
            add_sep: adds("sep")?.unwrap_or(defaults.add_sep),
            ends,
        })
    }
}

fn special_token(file: &File, pieces: &Pieces, name: &str) -> Result<Option<u32>, Error> {
    let key = format!("tokenizer.ggml.{name}_token_id");
    let token = file.optional_token(&key)?;
    match token {
        // Some converters write -1 as u32 for "none".
        Some(u32::MAX) => Ok(None),
        Some(id) if id as usize >= pieces.len() => {
            let reason = format!("token {id} is not among {} tokens", pieces.len());
            Err(file.malformed(&key, reason))
        }
        token => Ok(token),
    }
}
