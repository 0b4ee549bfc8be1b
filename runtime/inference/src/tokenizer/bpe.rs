//! Byte-level BPE, `tokenizer.ggml.model = gpt2`.

use std::collections::HashMap;

use super::bytes::char_of;
use super::merge::{Merged, Symbol, merge};
use super::pre::PreTokenizer;
use super::vocabulary::Pieces;
use crate::Error;
use crate::gguf::File;

pub(crate) struct Bpe {
    pre: PreTokenizer,
    /// The token of each byte.
    bytes: [Option<u32>; 256],
    merges: HashMap<(u32, u32), Merge>,
    /// Whole words that are tokens, for vocabularies whose merges do not reach all of them.
    words: Option<HashMap<Vec<u8>, u32>>,
}

#[derive(Clone, Copy)]
struct Merge {
    rank: u32,
    id: u32,
}

impl Bpe {
    pub fn read(file: &File, pieces: &Pieces) -> Result<Self, Error> {
        let pre = PreTokenizer::read(file)?;
        Ok(Self {
            bytes: std::array::from_fn(|byte| {
                pieces.plain_id(char_of(byte as u8).encode_utf8(&mut [0; 4]))
            }),
            merges: read_merges(file, pieces)?,
            words: pre.whole_words().then(|| words(pieces)),
            pre,
        })
    }

    /// Whether a sequence begins with BOS unless the file says otherwise.
    pub fn begins(&self) -> bool {
        self.pre.begins()
    }

    pub fn encode(&self, text: &str, ids: &mut Vec<u32>) {
        self.pre
            .split(text, &mut |word| self.encode_word(word, ids));
    }

    fn encode_word(&self, word: &str, ids: &mut Vec<u32>) {
        let bytes = word.as_bytes();
        if let Some(&id) = self.words.as_ref().and_then(|words| words.get(bytes)) {
            ids.push(id);
            return;
        }
        let mut symbols: Vec<_> = (0..bytes.len())
            .map(|i| Symbol {
                id: self.bytes[usize::from(bytes[i])],
                start: i,
                end: i + 1,
            })
            .collect();
        merge(&mut symbols, |left, right| {
            let merge = self.merges.get(&(left.id?, right.id?))?;
            Some(Merged {
                priority: merge.rank,
                id: merge.id,
            })
        });
        // A byte without a token can only come from a vocabulary that lacks part of the alphabet.
        ids.extend(symbols.iter().filter_map(|symbol| symbol.id));
    }
}

fn read_merges(file: &File, pieces: &Pieces) -> Result<HashMap<(u32, u32), Merge>, Error> {
    const KEY: &str = "tokenizer.ggml.merges";
    let mut merges = HashMap::new();
    for (rank, line) in (0u32..).zip(file.strings(KEY)?) {
        // Neither part is empty, so a space at the start belongs to the left part.
        let first = line.chars().next().map_or(0, char::len_utf8);
        let Some(space) = line[first..].find(' ') else {
            return Err(file.malformed(KEY, format!("merge {rank} has no space")));
        };
        let (left, right) = (&line[..first + space], &line[first + space + 1..]);
        let ids = (
            pieces.plain_id(left),
            pieces.plain_id(right),
            pieces.plain_id(&format!("{left}{right}")),
        );
        if let (Some(left), Some(right), Some(id)) = ids {
            merges.entry((left, right)).or_insert(Merge { rank, id });
        }
    }
    Ok(merges)
}

fn words(pieces: &Pieces) -> HashMap<Vec<u8>, u32> {
    pieces
        .iter()
        .filter(|(id, text, _)| pieces.plain_id(text) == Some(*id))
        .map(|(id, text, _)| {
            let mut bytes = Vec::new();
            super::bytes::unmap(text, &mut bytes);
            (bytes, id)
        })
        .collect()
}
