//! Tokenizers, read from a GGUF's metadata.

mod bpe;
mod bytes;
mod markup;
mod merge;
mod normalize;
mod pre;
mod spm;
mod stream;
mod vocabulary;
mod wordpiece;

pub use bytes::alphabet as byte_alphabet;
pub use stream::Detokenizer;

use crate::Error;
use crate::gguf::File;
use bpe::Bpe;
use spm::Spm;
use vocabulary::{Defaults, Pieces, Special};
use wordpiece::WordPiece;

pub(crate) use markup::{Fragment, Markup};

/// How [`Tokenizer::encode`] treats special tokens. The default is plain text, nothing added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Adds the tokens at both ends of a sequence that the model was trained with.
    pub add_special: bool,
    /// Reads control markup such as `<|im_end|>` as its token; otherwise it is plain text.
    pub special: bool,
}

/// Text to token ids and back.
pub struct Tokenizer {
    pieces: Pieces,
    special: Special,
    markup: Markup,
    model: Model,
}

enum Model {
    Bpe(Bpe),
    Spm(Spm),
    WordPiece(WordPiece),
}

const SUPPORTED: &str = "gpt2 (byte-level BPE), llama (SentencePiece BPE), bert (WordPiece)";

impl Model {
    fn read(file: &File, pieces: &Pieces) -> Result<Self, Error> {
        Ok(match file.string("tokenizer.ggml.model")? {
            "gpt2" => Self::Bpe(Bpe::read(file, pieces)?),
            "llama" => Self::Spm(Spm::read(file, pieces)?),
            "bert" => Self::WordPiece(WordPiece::read(file, pieces)?),
            kind => {
                return Err(Error::UnsupportedTokenizer {
                    file: file.name.clone(),
                    kind: kind.to_owned(),
                    supported: SUPPORTED.to_owned(),
                });
            }
        })
    }

    fn defaults(&self, pieces: &Pieces) -> Defaults {
        match self {
            Self::Bpe(bpe) => Defaults {
                add_bos: bpe.begins(),
                ..Defaults::default()
            },
            Self::Spm(_) => Defaults {
                bos: Some(1),
                eos: Some(2),
                add_bos: true,
                ..Defaults::default()
            },
            Self::WordPiece(_) => Defaults {
                bos: pieces.id("[CLS]"),
                sep: pieces.id("[SEP]"),
                add_bos: true,
                add_sep: true,
                ..Defaults::default()
            },
        }
    }
}

/// Phi 3's markup swallows white space behind it, which its GGUF does not say.
fn strips_space(file: &File, model: &Model) -> Result<bool, Error> {
    let architecture = file.optional_string("general.architecture")?;
    Ok(architecture == Some("phi3") && matches!(model, Model::Spm(_)))
}

impl Tokenizer {
    pub(crate) fn read(file: &File) -> Result<Self, Error> {
        let pieces = Pieces::read(file)?;
        let model = Model::read(file, &pieces)?;
        Ok(Self {
            special: Special::read(file, &pieces, model.defaults(&pieces))?,
            markup: Markup::new(&pieces, strips_space(file, &model)?),
            pieces,
            model,
        })
    }

    /// The token ids of a text.
    pub fn encode(&self, text: &str, options: EncodeOptions) -> Vec<u32> {
        let mut ids = self.encode_fragments(&self.markup.split(text, options.special));
        if options.add_special {
            self.add_special(&mut ids);
        }
        ids
    }

    pub(crate) fn encode_fragments(&self, fragments: &[Fragment]) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut after_token = true;
        for fragment in fragments {
            match (fragment, &self.model) {
                (Fragment::Token(id), _) => ids.push(*id),
                (Fragment::Text(text), Model::Bpe(bpe)) => bpe.encode(text, &mut ids),
                (Fragment::Text(text), Model::Spm(spm)) => spm.encode(text, after_token, &mut ids),
                (Fragment::Text(text), Model::WordPiece(pieces)) => pieces.encode(text, &mut ids),
            }
            after_token = matches!(fragment, Fragment::Token(_));
        }
        ids
    }

    fn add_special(&self, ids: &mut Vec<u32>) {
        self.add_bos(ids);
        if let Some(eos) = self.special.eos.filter(|_| self.special.add_eos) {
            ids.push(eos);
        }
        if let Some(sep) = self.special.sep.filter(|_| self.special.add_sep) {
            ids.push(sep);
        }
    }

    /// Begins a sequence as the model expects, unless it begins so already.
    pub(crate) fn add_bos(&self, ids: &mut Vec<u32>) {
        if let Some(bos) = self.special.bos.filter(|_| self.special.add_bos)
            && ids.first() != Some(&bos)
        {
            ids.insert(0, bos);
        }
    }

    /// The text of token ids; bytes that are not UTF-8 become U+FFFD. With `skip_control` the
    /// control tokens leave nothing, otherwise their markup.
    pub fn decode(&self, ids: &[u32], skip_control: bool) -> Result<String, Error> {
        let bytes = self.decode_bytes(ids, skip_control)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The exact bytes of token ids.
    pub fn decode_bytes(&self, ids: &[u32], skip_control: bool) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        for &id in ids {
            self.push_bytes(id, skip_control, &mut bytes)?;
        }
        if self.adds_space_prefix() && self.starts_with_text(ids) && bytes.first() == Some(&b' ') {
            bytes.remove(0);
        }
        Ok(bytes)
    }

    /// A decoder for tokens that arrive one by one, continuing a text.
    pub fn stream(&self) -> Detokenizer {
        Detokenizer::default()
    }

    fn push_bytes(&self, id: u32, skip_control: bool, out: &mut Vec<u8>) -> Result<(), Error> {
        let piece = self.piece(id)?;
        if self.pieces.is_control(id) {
            if !skip_control {
                out.extend_from_slice(piece.as_bytes());
            }
        } else if self.pieces.is_literal(id) {
            out.extend_from_slice(piece.as_bytes());
        } else {
            match &self.model {
                Model::Bpe(_) => bytes::unmap(piece, out),
                Model::Spm(spm) => spm.push_bytes(id, piece, out),
                Model::WordPiece(pieces) => pieces.push_bytes(piece, out),
            }
        }
        Ok(())
    }

    fn adds_space_prefix(&self) -> bool {
        match &self.model {
            Model::Bpe(_) => false,
            Model::Spm(spm) => spm.adds_space_prefix(),
            Model::WordPiece(_) => true,
        }
    }

    /// Whether the first token that is not markup stands at the start or behind markup, where the
    /// encoder put a space.
    fn starts_with_text(&self, ids: &[u32]) -> bool {
        let mut text = ids.iter().skip_while(|&&id| self.pieces.is_control(id));
        text.next().is_some_and(|&id| !self.pieces.is_literal(id))
    }

    /// The exact bytes of one token in the middle of a text, of a control token its markup.
    pub fn token_bytes(&self, id: u32) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.push_bytes(id, false, &mut bytes)?;
        Ok(bytes)
    }

    /// A token as the vocabulary spells it.
    pub fn piece(&self, id: u32) -> Result<&str, Error> {
        self.pieces.get(id).ok_or(Error::UnknownToken {
            token: id,
            vocabulary: self.len(),
        })
    }

    /// The id of a token as the vocabulary spells it.
    pub fn token(&self, piece: &str) -> Option<u32> {
        self.pieces.id(piece)
    }

    /// The number of tokens.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The beginning-of-sequence token.
    pub fn bos(&self) -> Option<u32> {
        self.special.bos
    }

    /// The end-of-sequence token.
    pub fn eos(&self) -> Option<u32> {
        self.special.eos
    }

    /// Whether a token is markup: it stands for structure and is no text.
    pub fn is_control(&self, id: u32) -> bool {
        self.pieces.is_control(id)
    }

    /// Whether a model that samples this token has finished: end of sequence, turn or message.
    pub fn is_end(&self, id: u32) -> bool {
        self.special.ends.contains(&id)
    }

    pub(crate) fn markup(&self) -> &Markup {
        &self.markup
    }
}
