//! The vocabulary: byte-level BPE with every byte in it, digits one by one, and control tokens.

use crate::{
    dialogue::{Dialogue, Message, Prompt, Role, Tool},
    error::{Error, Result},
};
use serde_json::{Value, json};
use std::{cmp::Reverse, collections::HashMap, path::Path};
use tokenizers::{
    AddedToken, DecoderWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper,
    SplitDelimiterBehavior, Tokenizer as Inner, TokenizerBuilder, TokenizerImpl,
    models::bpe::{BPE, BpeTrainer, Vocab},
    pre_tokenizers::{
        byte_level::ByteLevel,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
};

/// Tokens with a meaning of their own, at ids 0, 1, 2, …
pub const CONTROL: [&str; 3] = [END_OF_TEXT, START, END];
/// Markup that a script may see: issue tool calls read and write these as text.
pub const USER_DEFINED: [&str; 4] = ["<tools>", "</tools>", "<tool_call>", "</tool_call>"];
/// Separates documents; also stands in for a beginning-of-text token.
pub const END_OF_TEXT: &str = "<|endoftext|>";
/// Opens a message.
pub const START: &str = "<|im_start|>";
/// Closes a message.
pub const END: &str = "<|im_end|>";

/// How text is cut before BPE; llama.cpp knows this expression as `qwen2`.
const PIECES: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The space as byte-level BPE writes it.
const SPACE: &str = "\u{120}";

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

/// Cuts text as the runtime does and then once more where `also` says, into byte-level characters.
fn pre_tokenizer(also: Option<&str>) -> Result<PreTokenizerWrapper> {
    let mut steps = Vec::new();
    for pattern in [Some(PIECES), also].into_iter().flatten() {
        let pattern = SplitPattern::Regex(pattern.into());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(failed)?;
        steps.push(PreTokenizerWrapper::Split(split));
    }
    let bytes = ByteLevel::new(false, false, false);
    steps.push(PreTokenizerWrapper::ByteLevel(bytes));
    Ok(PreTokenizerWrapper::Sequence(Sequence::new(steps)))
}

type Untrained = TokenizerImpl<
    BPE,
    NormalizerWrapper,
    PreTokenizerWrapper,
    PostProcessorWrapper,
    DecoderWrapper,
>;

fn with_model(model: BPE, cut: PreTokenizerWrapper) -> Result<Untrained> {
    TokenizerBuilder::default()
        .with_model(model)
        .with_pre_tokenizer(Some(cut))
        .with_decoder(Some(DecoderWrapper::ByteLevel(ByteLevel::default())))
        .build()
        .map_err(failed)
}

/// Control and markup tokens, in the order of their ids.
fn special() -> Vec<AddedToken> {
    let names = CONTROL.iter().chain(&USER_DEFINED);
    names.map(|name| AddedToken::from(*name, true)).collect()
}

/// The words that follow a space most often in `texts`, the most frequent first.
fn frequent_words(texts: &[String]) -> Vec<&str> {
    let mut counts = HashMap::new();
    let words = texts.iter().flat_map(|text| text.split(' ').skip(1));
    for word in words.map(|word| word.trim_end_matches(|c: char| c.is_ascii_punctuation())) {
        if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            *counts.entry(word).or_insert(0) += 1;
        }
    }
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort_unstable_by_key(|(word, count)| (Reverse(*count), *word));
    words.into_iter().map(|(word, _)| word).collect()
}

/// Adds tokens for `words` with a space before them, as the last merges, until the vocabulary has
/// `vocab_size` tokens. A word that is not one token itself is left out.
fn with_spaced_words(mut json: Value, words: &[&str], vocab_size: usize) -> Result<Value> {
    let model = &mut json["model"];
    let mut spaced = Vec::new();
    let vocabulary = model["vocab"]
        .as_object_mut()
        .ok_or_else(|| failed("no vocabulary"))?;
    for word in words {
        if vocabulary.len() >= vocab_size {
            break;
        }
        if vocabulary.contains_key(*word) {
            vocabulary.insert(format!("{SPACE}{word}"), vocabulary.len().into());
            spaced.push(json!([SPACE, word]));
        }
    }
    let merges = model["merges"]
        .as_array_mut()
        .ok_or_else(|| failed("no merges"))?;
    merges.extend(spaced);
    Ok(json)
}

impl Tokenizer {
    /// Learns at most `vocab_size` tokens, control tokens and bytes included; fewer if too few words are frequent.
    ///
    /// A word of `texts` has the same tokens wherever it stands, after a space, a quote or nothing, so
    /// that copying it from a sentence into JSON is copying tokens; only frequent words of `fixed`,
    /// which are never copied, get a token with their space.
    pub fn train(texts: &[String], fixed: &[String], vocab_size: usize) -> Result<Self> {
        let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
        alphabet.sort_unstable();
        let markup = CONTROL.len() + USER_DEFINED.len() + alphabet.len();
        let mut inner = with_model(BPE::default(), pre_tokenizer(Some(r"\p{L}+"))?)?;
        let mut trainer = BpeTrainer::builder()
            .vocab_size(markup + (vocab_size.saturating_sub(markup)) * 2 / 3)
            .min_frequency(2)
            .show_progress(false)
            .initial_alphabet(alphabet.into_iter().collect())
            .special_tokens(special())
            .build();
        inner.train(&mut trainer, texts.iter()).map_err(failed)?;
        let inner = inner.with_pre_tokenizer(Some(pre_tokenizer(None)?));
        let json =
            serde_json::from_str(&inner.to_string(false).map_err(failed)?).map_err(failed)?;
        let json = with_spaced_words(json, &frequent_words(fixed), vocab_size)?;
        Self::parse(json.to_string().as_bytes())
    }

    /// The vocabulary of these tokens, by id, and merges, each `left right`.
    pub fn from_merges(tokens: Vec<String>, merges: Vec<String>) -> Result<Self> {
        let pair = |merge: &String| {
            let (left, right) = merge
                .split_once(' ')
                .ok_or_else(|| failed(format!("merge {merge:?} is no pair")))?;
            Ok((left.to_string(), right.to_string()))
        };
        let merges = merges.iter().map(pair).collect::<Result<_>>()?;
        let vocabulary = tokens.into_iter().zip(0u32..).collect::<Vocab>();
        let model = BPE::builder().vocab_and_merges(vocabulary, merges);
        let mut inner = with_model(model.build().map_err(failed)?, pre_tokenizer(None)?)?;
        inner.add_special_tokens(special()).map_err(failed)?;
        Self::parse(inner.to_string(false).map_err(failed)?.as_bytes())
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
        let json: Value = serde_json::from_str(&self.json()?).map_err(failed)?;
        let merges = json["model"]["merges"]
            .as_array()
            .ok_or_else(|| failed("no merges"))?;
        let text = |merge: &Value| match merge {
            Value::String(pair) => pair.clone(),
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

    /// Text to ids, as the runtime does it: control tokens are text here, the markup of tools is not.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let (mut ids, mut rest) = (Vec::new(), text);
        while let Some((at, markup)) = first_markup(rest) {
            ids.extend(self.encode_plain(&rest[..at])?);
            ids.push(self.id(markup)?);
            rest = &rest[at + markup.len()..];
        }
        ids.extend(self.encode_plain(rest)?);
        Ok(ids)
    }

    fn encode_plain(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.inner.encode_fast(text, false).map_err(failed)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Ids to text.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.inner.decode(ids, false).map_err(failed)
    }

    /// The prompt with the open message of the model, after which it answers.
    pub fn prompt(&self, prompt: Prompt) -> Result<Vec<u32>> {
        let mut ids = self.encode_messages(prompt)?.ids;
        ids.push(self.id(START)?);
        ids.extend(self.encode("assistant\n")?);
        Ok(ids)
    }

    /// A dialogue as the chat template renders it.
    pub fn encode_dialogue(&self, dialogue: &Dialogue) -> Result<Encoded> {
        self.encode_messages(Prompt {
            tools: &dialogue.tools,
            messages: &dialogue.messages,
        })
    }

    fn encode_messages(&self, prompt: Prompt) -> Result<Encoded> {
        let mut out = Encoded {
            ids: Vec::new(),
            learnt: Vec::new(),
        };
        let (system, messages) = match prompt.messages.split_first() {
            Some((first, rest)) if first.role == Role::System => (first.text.as_str(), rest),
            _ => ("", prompt.messages),
        };
        let system = with_tools(system, prompt.tools);
        if !system.is_empty() {
            self.encode_message(&Message::new(Role::System, system), &mut out)?;
        }
        for message in messages {
            self.encode_message(message, &mut out)?;
        }
        Ok(out)
    }

    /// Text that the model is to produce is encoded apart, as it is generated.
    fn encode_message(&self, message: &Message, out: &mut Encoded) -> Result<()> {
        let (header, content) = (format!("{}\n", message.role.name()), message.content());
        out.push(&[self.id(START)?], false);
        if message.role == Role::Assistant {
            out.push(&self.encode(&header)?, false);
            out.push(&self.encode(&content)?, true);
            out.push(&[self.id(END)?], true);
        } else {
            out.push(&self.encode(&(header + &content))?, false);
            out.push(&[self.id(END)?], false);
        }
        out.push(&self.encode("\n")?, false);
        Ok(())
    }
}

impl Encoded {
    fn push(&mut self, ids: &[u32], learnt: bool) {
        self.ids.extend(ids);
        self.learnt.extend(ids.iter().map(|_| learnt));
    }
}

/// The first markup of tools in `text`, and where it begins.
fn first_markup(text: &str) -> Option<(usize, &'static str)> {
    let found = USER_DEFINED
        .iter()
        .filter_map(|markup| Some((text.find(markup)?, *markup)));
    found.min()
}

/// A system prompt with the tool list behind it.
fn with_tools(system: &str, tools: &[Tool]) -> String {
    if tools.is_empty() {
        return system.to_string();
    }
    let blank = if system.is_empty() { "" } else { "\n\n" };
    let lines: String = tools.iter().map(|tool| format!("{tool}\n")).collect();
    format!("{system}{blank}<tools>\n{lines}</tools>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Tokenizer {
        let texts = ["hello there, hello world", "what is 12 + 30?", "hello 2024"];
        Tokenizer::train(&texts.map(String::from), &[], 290).unwrap()
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
    fn a_word_has_the_same_tokens_wherever_it_stands() {
        let texts = ["say hello to the hello \"hello\" the".to_string()];
        let fixed = ["open the door".to_string()];
        let tokenizer = Tokenizer::train(&texts, &fixed, 300).unwrap();
        let hello = tokenizer.encode("hello").unwrap();
        for text in [" hello", "\"hello", "_hello"] {
            assert_eq!(tokenizer.encode(text).unwrap()[1..], hello, "{text}");
        }
        assert_eq!(tokenizer.encode(" the").unwrap().len(), 1);
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
