//! WordPiece, `tokenizer.ggml.model = bert`: each word is the longest pieces from the left.

use std::collections::HashMap;

use super::normalize::Normalizer;
use super::vocabulary::Pieces;
use crate::Error;
use crate::gguf::File;

/// A longer word is unknown. Source: the WordPiece model of the `tokenizers` library.
const MAX_CHARS: usize = 100;

/// How a vocabulary tells a word's first piece from the others.
#[derive(Clone, Copy)]
enum Spelling {
    /// U+2581 before the first piece, as GGUF converters write.
    MarkedFirst,
    /// `##` before all but the first, as BERT's own vocabularies have it.
    MarkedRest,
}

impl Spelling {
    fn of(pieces: &Pieces) -> Self {
        let marked = pieces
            .iter()
            .any(|(_, text, _)| text.starts_with('\u{2581}'));
        if marked {
            Self::MarkedFirst
        } else {
            Self::MarkedRest
        }
    }

    /// Whether the piece starts a word, and its text.
    fn read(self, piece: &str) -> (bool, &str) {
        match self {
            Self::MarkedFirst => match piece.strip_prefix('\u{2581}') {
                Some(text) => (true, text),
                None => (false, piece),
            },
            Self::MarkedRest => match piece.strip_prefix("##") {
                Some(text) if !text.is_empty() => (false, text),
                _ => (true, piece),
            },
        }
    }
}

pub(crate) struct WordPiece {
    normalizer: Normalizer,
    spelling: Spelling,
    /// Pieces that start a word, and those that continue one.
    first: HashMap<String, u32>,
    rest: HashMap<String, u32>,
    unknown: Option<u32>,
}

impl WordPiece {
    pub fn read(file: &File, pieces: &Pieces) -> Result<Self, Error> {
        let spelling = Spelling::of(pieces);
        let (mut first, mut rest) = (HashMap::new(), HashMap::new());
        for (id, piece, _) in pieces.iter() {
            if pieces.plain_id(piece) == Some(id) {
                let (starts, text) = spelling.read(piece);
                let table = if starts { &mut first } else { &mut rest };
                table.insert(text.to_owned(), id);
            }
        }
        Ok(Self {
            normalizer: Normalizer::read(file)?,
            spelling,
            first,
            rest,
            unknown: file
                .optional_token("tokenizer.ggml.unknown_token_id")?
                .filter(|&id| (id as usize) < pieces.len())
                .or_else(|| pieces.id("[UNK]")),
        })
    }

    pub fn encode(&self, text: &str, ids: &mut Vec<u32>) {
        self.normalizer
            .split(text, &mut |word| self.encode_word(word, ids));
    }

    /// A word that is too long or that the pieces do not spell is one unknown token.
    fn encode_word(&self, word: &str, ids: &mut Vec<u32>) {
        if !is_short(word) {
            return ids.extend(self.unknown);
        }
        let before = ids.len();
        let mut table = &self.first;
        let mut left = word;
        while !left.is_empty() {
            let Some((id, length)) = longest(table, left) else {
                ids.truncate(before);
                ids.extend(self.unknown);
                return;
            };
            ids.push(id);
            left = &left[length..];
            table = &self.rest;
        }
    }

    /// Words are joined by a space; one before closing punctuation is left out.
    pub fn push_bytes(&self, piece: &str, out: &mut Vec<u8>) {
        let (starts, text) = self.spelling.read(piece);
        if starts && !matches!(text, "." | "," | "!" | "?") {
            out.push(b' ');
        }
        out.extend_from_slice(text.as_bytes());
    }
}

fn is_short(word: &str) -> bool {
    word.chars().nth(MAX_CHARS).is_none()
}

/// The longest piece that the text starts with, and its length in bytes.
fn longest(table: &HashMap<String, u32>, text: &str) -> Option<(u32, usize)> {
    text.char_indices().rev().find_map(|(start, c)| {
        let end = start + c.len_utf8();
        table.get(&text[..end]).map(|&id| (id, end))
    })
}
