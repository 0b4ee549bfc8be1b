//! The vocabulary: byte-level BPE with every byte in it, digits one by one, and control tokens.

use crate::{
    dialogue::{Dialogue, Message, Role},
    error::{Error, Result},
};
use std::path::Path;
use tokenizers::{
    AddedToken, DecoderWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper,
    SplitDelimiterBehavior, Tokenizer as Inner, TokenizerBuilder,
    models::bpe::{BPE, BpeTrainer},
    pre_tokenizers::{
        byte_level::ByteLevel,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
};

/// Tokens with a meaning of their own, at ids 0, 1, 2, …
pub const CONTROL: [&str; 3] = [END_OF_TEXT, START, END];
/// Markup that a script may see: issue tool calls read and write these as text.
pub const USER_DEFINED: [&str; 6] = [
    "<tools>",
    "</tools>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
];
/// Separates documents; also stands in for a beginning-of-text token.
pub const END_OF_TEXT: &str = "<|endoftext|>";
/// Opens a message.
pub const START: &str = "<|im_start|>";
/// Closes a message.
pub const END: &str = "<|im_end|>";

/// How text is cut before BPE; llama.cpp knows this expression as `qwen2`.
const PIECES: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A trained vocabulary.
pub struct Tokenizer {
    inner: Inner,
}

/// A dialogue as tokens, and for each token whether the model is to produce it.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// Token ids.
    pub ids: Vec<u32>,
    /// True for answers and the end marks behind them.
    pub learnt: Vec<bool>,
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Tokenizer(error.to_string())
}

fn pre_tokenizer() -> Result<PreTokenizerWrapper> {
    let pattern = SplitPattern::Regex(PIECES.into());
    let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(failed)?;
    let bytes = ByteLevel::new(false, false, false);
    Ok(PreTokenizerWrapper::Sequence(Sequence::new(vec![
        PreTokenizerWrapper::Split(split),
        PreTokenizerWrapper::ByteLevel(bytes),
    ])))
}

impl Tokenizer {
    /// Learns `vocab_size` tokens, control tokens and bytes included, from `texts`.
    pub fn train(texts: &[String], vocab_size: usize) -> Result<Self> {
        let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
        alphabet.sort_unstable();
        let special = CONTROL
            .iter()
            .chain(&USER_DEFINED)
            .map(|name| AddedToken::from(*name, true));
        let mut trainer = BpeTrainer::builder()
            .vocab_size(vocab_size)
            .min_frequency(2)
            .show_progress(false)
            .initial_alphabet(alphabet.into_iter().collect())
            .special_tokens(special.collect())
            .build();
        let mut inner = TokenizerBuilder::<
            BPE,
            NormalizerWrapper,
            PreTokenizerWrapper,
            PostProcessorWrapper,
            DecoderWrapper,
        >::default()
        .with_model(BPE::default())
        .with_pre_tokenizer(Some(pre_tokenizer()?))
        .with_decoder(Some(DecoderWrapper::ByteLevel(ByteLevel::default())))
        .build()
        .map_err(failed)?;
        inner.train(&mut trainer, texts.iter()).map_err(failed)?;
        let json = inner.to_string(false).map_err(failed)?;
        Self::parse(json.as_bytes())
    }

    fn parse(json: &[u8]) -> Result<Self> {
        let mut inner = Inner::from_bytes(json).map_err(failed)?;
        inner.set_encode_special_tokens(true); // markup inside a message stays text
        Ok(Self { inner })
    }

    /// Reads a `tokenizer.json`.
    pub fn load(path: &Path) -> Result<Self> {
        Self::parse(&std::fs::read(path).map_err(Error::file(path))?)
    }

    /// Writes a `tokenizer.json`.
    pub fn save(&self, path: &Path) -> Result<()> {
        std::fs::write(path, self.json()?).map_err(Error::file(path))
    }

    fn json(&self) -> Result<String> {
        self.inner.to_string(true).map_err(failed)
    }

    /// Tokens in the vocabulary.
    pub fn size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// Every token's text, by id, in the byte-level alphabet.
    pub fn tokens(&self) -> Vec<String> {
        let mut all: Vec<_> = self.inner.get_vocab(true).into_iter().collect();
        all.sort_by_key(|(_, id)| *id);
        all.into_iter().map(|(token, _)| token).collect()
    }

    /// The merges in order, each as `left right`.
    pub fn merges(&self) -> Result<Vec<String>> {
        let json: serde_json::Value = serde_json::from_str(&self.json()?).map_err(failed)?;
        let merges = json["model"]["merges"]
            .as_array()
            .ok_or_else(|| failed("no merges"))?;
        let text = |merge: &serde_json::Value| match merge {
            serde_json::Value::String(pair) => pair.clone(),
            pair => [&pair[0], &pair[1]]
                .map(|part| part.as_str().unwrap_or_default())
                .join(" "),
        };
        Ok(merges.iter().map(text).collect())
    }

    /// The id of a control or markup token.
    pub fn id(&self, token: &str) -> Result<u32> {
        self.inner
            .token_to_id(token)
            .ok_or_else(|| failed(format!("no token {token}")))
    }

    /// Text to ids; markup is text here.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        Ok(self
            .inner
            .encode_fast(text, false)
            .map_err(failed)?
            .get_ids()
            .to_vec())
    }

    /// Ids to text.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.inner.decode(ids, false).map_err(failed)
    }

    /// The open message of the model, after which it answers.
    pub fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>> {
        let mut ids = self.encode_messages(messages)?.ids;
        ids.push(self.id(START)?);
        ids.extend(self.encode("assistant\n")?);
        Ok(ids)
    }

    /// A dialogue as the chat template renders it, scaffolding and content encoded apart.
    pub fn encode_dialogue(&self, dialogue: &Dialogue) -> Result<Encoded> {
        self.encode_messages(&dialogue.messages)
    }

    fn encode_messages(&self, messages: &[Message]) -> Result<Encoded> {
        let (start, end) = (self.id(START)?, self.id(END)?);
        let mut out = Encoded {
            ids: Vec::new(),
            learnt: Vec::new(),
        };
        let mut add = |ids: &[u32], learnt: bool| {
            out.ids.extend(ids);
            out.learnt.extend(ids.iter().map(|_| learnt));
        };
        for message in messages {
            let (role, learnt) = match message.role {
                Role::System => ("system\n", false),
                Role::User => ("user\n", false),
                Role::Assistant => ("assistant\n", true),
            };
            add(&[start], false);
            add(&self.encode(role)?, false);
            add(&self.encode(&message.text)?, learnt);
            add(&[end], learnt);
            add(&self.encode("\n")?, false);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Tokenizer {
        let texts = ["hello there, hello world", "what is 12 + 30?", "hello 2024"];
        Tokenizer::train(&texts.map(String::from), 290).unwrap()
    }

    #[test]
    fn any_text_comes_back() {
        let tokenizer = small();
        let bytes: Vec<u8> = (0..=255).collect();
        let texts = [
            "héllo\r\n\t wörld  ",
            "日本語 🎈",
            "<|im_start|>x",
            "",
            "a\u{0}b",
            "     ",
        ];
        let lossy = String::from_utf8_lossy(&bytes);
        for text in texts.into_iter().chain([lossy.as_ref()]) {
            assert_eq!(
                tokenizer.decode(&tokenizer.encode(text).unwrap()).unwrap(),
                text
            );
        }
    }

    #[test]
    fn every_byte_has_a_token() {
        let tokens = small().tokens();
        for character in ByteLevel::alphabet() {
            assert!(tokens.contains(&character.to_string()));
        }
        assert_eq!(ByteLevel::alphabet().len(), 256);
    }

    #[test]
    fn digits_are_single_tokens() {
        let tokenizer = small();
        assert_eq!(tokenizer.encode("2024").unwrap().len(), 4);
        let digits = |token: &str| token.chars().filter(char::is_ascii_digit).count();
        assert!(
            tokenizer
                .tokens()
                .iter()
                .all(|token| digits(token) == 0 || token.len() == 1)
        );
    }

    #[test]
    fn markup_in_a_message_stays_text() {
        let tokenizer = small();
        let dialogue = Dialogue::exchange("<|im_end|>", "no");
        let ids = tokenizer.encode_dialogue(&dialogue).unwrap().ids;
        let ends = ids
            .iter()
            .filter(|id| **id == tokenizer.id(END).unwrap())
            .count();
        assert_eq!(ends, 2);
    }

    #[test]
    fn answers_and_their_ends_are_learnt_and_nothing_else() {
        let tokenizer = small();
        let dialogue = Dialogue::exchange("hello", "world")
            .turn("what", "12")
            .under("be");
        let encoded = tokenizer.encode_dialogue(&dialogue).unwrap();
        let learnt: Vec<u32> = encoded
            .ids
            .iter()
            .zip(&encoded.learnt)
            .filter_map(|(id, learnt)| learnt.then_some(*id))
            .collect();
        let end = tokenizer.id(END).unwrap();
        let expected = [
            tokenizer.encode("world").unwrap(),
            vec![end],
            tokenizer.encode("12").unwrap(),
            vec![end],
        ];
        assert_eq!(learnt, expected.concat());
    }

    #[test]
    fn training_twice_gives_the_same_vocabulary() {
        assert_eq!(small().tokens(), small().tokens());
        assert_eq!(small().merges().unwrap(), small().merges().unwrap());
    }
}
