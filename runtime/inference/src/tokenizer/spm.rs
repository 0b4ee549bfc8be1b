//! SentencePiece BPE, `tokenizer.ggml.model = llama`: merges by score, bytes where no token fits.

use std::collections::HashMap;

use super::merge::{Merged, Symbol, merge};
use super::vocabulary::{Kind, Pieces};
use crate::Error;
use crate::gguf::File;

/// What SentencePiece writes for a space.
const SPACE: &str = "\u{2581}";

pub(crate) struct Spm {
    /// Tokens that text may become, with their merge priority.
    tokens: HashMap<String, (u32, u32)>,
    /// The token of each byte.
    bytes: [Option<u32>; 256],
    byte_of: HashMap<u32, u8>,
    unknown: Option<u32>,
    space_prefix: bool,
    /// Whether no token goes on behind the end of a word, so that words can be merged one by one.
    by_word: bool,
}

impl Spm {
    pub fn read(file: &File, pieces: &Pieces) -> Result<Self, Error> {
        const SCORES: &str = "tokenizer.ggml.scores";
        let scores = file.optional_floats(SCORES)?.unwrap_or(&[]);
        if !scores.is_empty() && scores.len() != pieces.len() {
            let reason = format!("{} scores for {} tokens", scores.len(), pieces.len());
            return Err(file.malformed(SCORES, reason));
        }
        let score = |id: u32| scores.get(id as usize).copied().unwrap_or(0.0);
        let bytes = std::array::from_fn(|byte| byte_token(pieces, byte as u8));
        let unknown = file.optional_token("tokenizer.ggml.unknown_token_id")?;
        let tokens: HashMap<_, _> = pieces
            .iter()
            .filter(|(id, text, _)| pieces.plain_id(text) == Some(*id))
            .map(|(id, text, _)| (text.to_owned(), (id, descending(score(id)))))
            .collect();
        Ok(Self {
            by_word: tokens.keys().all(|text| words(text).count() == 1),
            tokens,
            byte_of: (0..=255u8)
                .filter_map(|byte| Some((bytes[usize::from(byte)]?, byte)))
                .collect(),
            bytes,
            unknown: unknown
                .or(Some(0))
                .filter(|&id| (id as usize) < pieces.len()),
            space_prefix: file
                .optional_bool("tokenizer.ggml.add_space_prefix")?
                .unwrap_or(true),
        })
    }

    pub fn adds_space_prefix(&self) -> bool {
        self.space_prefix
    }

    /// `after_token`: the text starts a sequence or follows markup.
    pub fn encode(&self, text: &str, after_token: bool, ids: &mut Vec<u32>) {
        if text.is_empty() {
            return;
        }
        let prefix = if self.space_prefix && after_token {
            SPACE
        } else {
            ""
        };
        let text = format!("{prefix}{}", text.replace(' ', SPACE));
        if !self.by_word {
            return self.encode_word(&text, ids);
        }
        for word in words(&text) {
            self.encode_word(word, ids);
        }
    }

    fn encode_word(&self, text: &str, ids: &mut Vec<u32>) {
        let mut symbols: Vec<_> = text
            .char_indices()
            .map(|(start, c)| self.symbol(text, start, start + c.len_utf8()))
            .collect();
        merge(&mut symbols, |left, right| {
            let &(id, priority) = self.tokens.get(&text[left.start..right.end])?;
            Some(Merged { priority, id })
        });
        for symbol in symbols {
            match symbol.id {
                Some(id) => ids.push(id),
                None => self.push_byte_tokens(&text[symbol.start..symbol.end], ids),
            }
        }
    }

    fn symbol(&self, text: &str, start: usize, end: usize) -> Symbol {
        Symbol {
            id: self.tokens.get(&text[start..end]).map(|t| t.0),
            start,
            end,
        }
    }

    fn push_byte_tokens(&self, text: &str, ids: &mut Vec<u32>) {
        let token = |byte: u8| self.bytes[usize::from(byte)].or(self.unknown);
        ids.extend(text.bytes().filter_map(token));
    }

    pub fn push_bytes(&self, id: u32, piece: &str, out: &mut Vec<u8>) {
        match self.byte_of.get(&id) {
            Some(&byte) => out.push(byte),
            None => out.extend_from_slice(piece.replace(SPACE, " ").as_bytes()),
        }
    }
}

/// The parts of a text, of which each but the first begins with a space that follows something else.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let begins = |&at: &usize| at > 0 && !text[..at].ends_with(SPACE);
    let starts = text.match_indices(SPACE).map(|(at, _)| at).filter(begins);
    let mut position = 0;
    starts.chain([text.len()]).map(move |end| {
        let word = &text[position..end];
        position = end;
        word
    })
}

fn byte_token(pieces: &Pieces, byte: u8) -> Option<u32> {
    let id = pieces.id(&format!("<0x{byte:02X}>"))?;
    (pieces.kind(id) == Some(Kind::Byte)).then_some(id)
}

/// Maps scores to priorities so that the highest score has the smallest priority.
fn descending(score: f32) -> u32 {
    let bits = score.to_bits();
    let ascending = if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    };
    !ascending
}

#[cfg(test)]
mod tests {
    use super::{descending, words};

    #[test]
    fn a_word_begins_with_the_spaces_before_it() {
        let parts = |text| words(text).collect::<Vec<_>>();
        assert_eq!(parts("▁a▁▁b▁"), ["▁a", "▁▁b", "▁"]);
        assert_eq!(parts("a"), ["a"]);
        assert_eq!(parts(""), [""]);
    }

    #[test]
    fn a_higher_score_has_a_smaller_priority() {
        let scores = [f32::INFINITY, 3.5, 1.0, 0.0, -1e-9, -2.0, -3.0e8];
        assert!(scores.map(descending).is_sorted());
    }
}
