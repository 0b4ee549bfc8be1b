//! The words of a text as BERT sees them: cleaned, folded and cut at punctuation.
//!
//! Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers", 2018, and its
//! `BasicTokenizer`.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::Error;
use crate::gguf::File;

/// What BERT drops, apart from accents: controls, private use, and what stands for bytes that are
/// no text.
const DROPPED: &str = r"[\p{Cc}\p{Cf}\p{Co}\x{FFFD}--\t\n\r]";
const DROPPED_WITH_ACCENTS: &str = r"[\p{Cc}\p{Cf}\p{Co}\p{Mn}\x{FFFD}--\t\n\r]";

/// Punctuation and ideographs are words of one character.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    const ALONE: &str = r"\p{P}$+<=>^`|~\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2CEAF}\x{F900}-\x{FAFF}\x{2F800}-\x{2FA1F}";
    Regex::new(&format!(r"[{ALONE}]|[^\s{ALONE}]+")).expect("the pattern compiles")
});

/// Accented characters and what they are without.
static DECOMPOSITIONS: LazyLock<HashMap<char, String>> = LazyLock::new(|| {
    include_str!("decompositions.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .flat_map(entry)
        .collect()
});

/// `FIRST-LAST=BASE+BASE`; the last of the range and the further bases are optional.
fn entry(entry: &str) -> impl Iterator<Item = (char, String)> {
    let (range, bases) = entry.split_once('=').expect("an entry has a `=`");
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let bases: String = bases.split('+').map(character).collect();
    (character(first)..=character(last)).map(move |c| (c, bases.clone()))
}

fn character(code: &str) -> char {
    let code = u32::from_str_radix(code, 16).expect("codes are hexadecimal");
    char::from_u32(code).expect("codes are characters")
}

pub(crate) struct Normalizer {
    lowercase: bool,
    strip_accents: bool,
    dropped: Regex,
}

impl Normalizer {
    /// Uncased unless the file says otherwise.
    pub fn read(file: &File) -> Result<Self, Error> {
        let flag = |name| file.optional_bool(&format!("tokenizer.ggml.normalizer.{name}"));
        let lowercase = flag("lowercase")?.unwrap_or(true);
        Ok(Self::new(
            lowercase,
            flag("strip_accents")?.unwrap_or(lowercase),
        ))
    }

    fn new(lowercase: bool, strip_accents: bool) -> Self {
        let dropped = if strip_accents {
            DROPPED_WITH_ACCENTS
        } else {
            DROPPED
        };
        Self {
            lowercase,
            strip_accents,
            dropped: Regex::new(dropped).expect("the pattern compiles"),
        }
    }

    /// Calls `word` for each word of the text, in order.
    pub fn split(&self, text: &str, word: &mut impl FnMut(&str)) {
        let folded = self.fold(&self.dropped.replace_all(text, ""));
        for found in WORD.find_iter(&folded) {
            word(found.as_str());
        }
    }

    fn fold(&self, text: &str) -> String {
        let mut folded = String::with_capacity(text.len());
        for c in text.chars() {
            if self.strip_accents && !c.is_ascii() {
                strip(c, &mut |c| self.push(c, &mut folded));
            } else {
                self.push(c, &mut folded);
            }
        }
        folded
    }

    fn push(&self, c: char, folded: &mut String) {
        if self.lowercase {
            folded.extend(c.to_lowercase());
        } else {
            folded.push(c);
        }
    }
}

fn strip(c: char, push: &mut impl FnMut(char)) {
    match (DECOMPOSITIONS.get(&c), jamo(c)) {
        (Some(bases), _) => bases.chars().for_each(push),
        (None, Some(jamo)) => jamo.into_iter().flatten().for_each(push),
        (None, None) => push(c),
    }
}

/// The letters of a Hangul syllable. Source: The Unicode Standard, section 3.12.
fn jamo(syllable: char) -> Option<[Option<char>; 3]> {
    const VOWELS: u32 = 21;
    const TRAILING: u32 = 28;
    if !('\u{AC00}'..='\u{D7A3}').contains(&syllable) {
        return None;
    }
    let index = u32::from(syllable) - 0xAC00;
    let trailing = index % TRAILING;
    Some([
        char::from_u32(0x1100 + index / (VOWELS * TRAILING)),
        char::from_u32(0x1161 + index / TRAILING % VOWELS),
        char::from_u32(0x11A7 + trailing).filter(|_| trailing > 0),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_with(normalizer: &Normalizer, text: &str, expect: &[&str]) {
        let mut words = Vec::new();
        normalizer.split(text, &mut |word| words.push(word.to_owned()));
        assert_eq!(words, expect, "{text:?}");
    }

    fn check(text: &str, expect: &[&str]) {
        check_with(&Normalizer::new(true, true), text, expect);
    }

    #[test]
    fn words_end_at_space_punctuation_and_ideographs() {
        check(" Hello,\tWorld!\n", &["hello", ",", "world", "!"]);
        check("a+b==c", &["a", "+", "b", "=", "=", "c"]);
        check("我在apple", &["我", "在", "apple"]);
        check("\u{3000}", &[]);
        check("カタ「", &["カタ", "「"]);
    }

    #[test]
    fn accents_and_case_fold() {
        check("Führer ÅÉÎ", &["fuhrer", "aei"]);
        check("Cu\u{31b}\u{309}a", &["cua"]);
        check("İ", &["i"]);
        check("ЙЁ", &["ие"]);
        // Both are whole characters whose decomposition is punctuation.
        check("a\u{37e}b≠c", &["a", ";", "b", "=", "c"]);
        check("한", &["\u{1112}\u{1161}\u{11ab}"]);
        check("가", &["\u{1100}\u{1161}"]);
        check("\u{f900}", &["豈"]);
    }

    #[test]
    fn controls_leave_nothing() {
        check("a\u{0}b\u{fffd}c\u{200d}d\u{feff}", &["abcd"]);
        check("a\u{e000}b", &["ab"]);
        check("a\r\nb", &["a", "b"]);
        // Not assigned, which is not the same.
        check("a\u{ffff}b", &["a\u{ffff}b"]);
    }

    #[test]
    fn a_cased_vocabulary_keeps_case_and_accents() {
        check_with(&Normalizer::new(false, false), "É\u{0} Été", &["É", "Été"]);
        check_with(&Normalizer::new(true, false), "É", &["é"]);
        check_with(&Normalizer::new(false, true), "É", &["E"]);
    }
}
