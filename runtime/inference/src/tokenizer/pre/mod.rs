//! Pre-tokenization: cutting a text into the words inside which BPE merges.
//!
//! The patterns are those that the models were trained with, as `tokenizer.ggml.pre` names them.
//! Most contain `\s+(?!\S)`: a run of spaces before a word leaves its last one to the word. The
//! patterns here leave that branch out and [`Spaces`] says what to do with the run instead, so that
//! the regex engine stays linear whatever the text.

mod kinds;

use regex::Regex;

use crate::Error;
use crate::gguf::File;
use kinds::{KINDS, Spaces};

struct Pass {
    pattern: Regex,
    spaces: Spaces,
}

pub(crate) struct PreTokenizer {
    passes: Vec<Pass>,
    whole_words: bool,
    begins: bool,
}

impl PreTokenizer {
    pub fn read(file: &File) -> Result<Self, Error> {
        let name = file
            .optional_string("tokenizer.ggml.pre")?
            .unwrap_or("default");
        Self::named(name).ok_or_else(|| Error::UnsupportedPreTokenizer {
            file: file.name.clone(),
            kind: name.to_owned(),
            supported: KINDS
                .iter()
                .flat_map(|kind| kind.names)
                .copied()
                .collect::<Vec<_>>()
                .join(", "),
        })
    }

    fn named(name: &str) -> Option<Self> {
        let kind = KINDS.iter().find(|kind| kind.names.contains(&name))?;
        let compile = |&(pattern, spaces): &(&str, Spaces)| Pass {
            pattern: Regex::new(pattern).expect("the table's patterns compile"),
            spaces,
        };
        Some(Self {
            passes: kind.passes.iter().map(compile).collect(),
            whole_words: kind.whole_words,
            begins: kind.begins,
        })
    }

    pub fn whole_words(&self) -> bool {
        self.whole_words
    }

    pub fn begins(&self) -> bool {
        self.begins
    }

    /// Calls `word` for each word of the text, in order; together they are the text.
    pub fn split(&self, text: &str, word: &mut impl FnMut(&str)) {
        split_passes(&self.passes, text, word);
    }
}

fn split_passes(passes: &[Pass], text: &str, word: &mut impl FnMut(&str)) {
    let Some((pass, rest)) = passes.split_first() else {
        if !text.is_empty() {
            word(text);
        }
        return;
    };
    let mut position = 0;
    while let Some(found) = pass.pattern.find_at(text, position) {
        if position < found.start() {
            split_passes(rest, &text[position..found.start()], word);
        }
        let end = found.end() - pass.left_over(text, found.range());
        split_passes(rest, &text[found.start()..end], word);
        position = end;
    }
    if position < text.len() {
        split_passes(rest, &text[position..], word);
    }
}

impl Pass {
    /// How many bytes at the end of a match belong to what follows.
    fn left_over(&self, text: &str, found: std::ops::Range<usize>) -> usize {
        let matched = &text[found.clone()];
        let last = matched
            .chars()
            .next_back()
            .expect("no pattern matches nothing");
        let several = matched.len() > last.len_utf8();
        let before_word = found.end < text.len();
        let leaves = match self.spaces {
            Spaces::Whole => false,
            Spaces::LeaveOne => true,
            Spaces::LeaveOneOnLine => !matches!(last, '\r' | '\n'),
        };
        let all_space = || matched.chars().all(char::is_whitespace);
        if leaves && several && before_word && all_space() {
            last.len_utf8()
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, text: &str, expect: &[&str]) {
        let mut words = Vec::new();
        let pre = PreTokenizer::named(kind).expect("a known kind");
        pre.split(text, &mut |word| words.push(word.to_owned()));
        assert_eq!(words, expect, "{kind}: {text:?}");
        assert_eq!(words.concat(), text);
    }

    #[test]
    fn a_word_takes_one_space_of_the_run_before_it() {
        check("gpt-2", "a   b", &["a", "  ", " b"]);
        check("gpt-2", "a\n\nb", &["a", "\n", "\n", "b"]);
        check("gpt-2", "a  ", &["a", "  "]);
        check("llama-bpe", "a   b", &["a", "  ", " b"]);
    }

    #[test]
    fn line_breaks_stay_whole_where_they_have_their_own_branch() {
        check("llama-bpe", "a\n\nb", &["a", "\n\n", "b"]);
        check("qwen2", "a \n \n  b", &["a", " \n \n", " ", " b"]);
        check("llama-bpe", "x!\n\ny", &["x", "!\n\n", "y"]);
    }

    #[test]
    fn digits_are_cut_as_each_model_learned_them() {
        check("gpt-2", "12345", &["12345"]);
        check("llama-bpe", "12345", &["123", "45"]);
        check("qwen2", "123", &["1", "2", "3"]);
        check("smollm", "a 12", &["a", " ", "1", "2"]);
        check("default", "a 12345", &["a", " ", "123", "45"]);
    }

    #[test]
    fn contractions_ignore_case_only_where_the_model_does() {
        check("llama-bpe", "it'S", &["it", "'S"]);
        check("gpt-2", "it'S", &["it", "'", "S"]);
    }

    #[test]
    fn falcon_cuts_punctuation_first_and_three_digits_off() {
        check("falcon", "Hi, you!!", &["Hi", ",", " you", "!!"]);
        check("falcon", "x ==`y", &["x", " ", "==`", "y"]);
        check("falcon", "it's", &["it", "'", "s"]);
        check("falcon", "12345 678", &["123", "45", " ", "678"]);
        check("default", "a`b", &["a", "`", "b"]);
        check("default", "a`+b", &["a", "`", "+", "b"]);
        check("falcon", "a`+b", &["a", "`+", "b"]);
    }

    #[test]
    fn mpt_cuts_as_gpt_2_does() {
        check(
            "mpt",
            "I'll buy  12!",
            &["I", "'ll", " buy", " ", " 12", "!"],
        );
    }

    #[test]
    fn code_models_take_digits_one_by_one() {
        for kind in ["starcoder", "refact", "command-r", "smollm", "codeshell"] {
            check(
                kind,
                "it's x1 = 20\n",
                &["it", "'s", " x", "1", " =", " ", "2", "0", "\n"],
            );
            check(kind, "a   b", &["a", "  ", " b"]);
        }
    }

    #[test]
    fn deepseek_coder_takes_any_space_with_a_word_and_breaks_lines_singly() {
        let kind = "deepseek-coder";
        check(
            kind,
            "if x:\n\n\ty!",
            &["if", " x", ":", "\n", "\n", "\ty", "!"],
        );
        // `=` is a symbol, which no pattern names.
        check(kind, "a  = 12", &["a", "  = ", "1", "2"]);
        check(kind, "été (là)", &["été", " (", "là", ")"]);
        check(kind, "x 你好", &["x", " ", "你好"]);
        check(kind, "ab한국cd", &["ab", "한국", "cd"]);
    }

    #[test]
    fn deepseek_llm_knows_letters_by_its_own_list() {
        let kind = "deepseek-llm";
        check(kind, "Hello, world", &["Hello", ",", " world"]);
        check(kind, "a  b\r\n", &["a", " ", " b", "\r", "\n"]);
        // The punctuation's class ends in `:-~`, which holds the ASCII letters once more.
        check(kind, "né", &["n", "é"]);
        check(kind, "нет 123 ", &["нет", " ", "123", " "]);
        check(kind, "²  ", &["²", "  "]);
        check(kind, "x你好。", &["x", "你好", "。"]);
        // Neither script has case. Thai lies in the wide range from U+0800, Hebrew before it.
        check(kind, "a ไทย", &["a", " ", "ไทย"]);
        check(kind, "a שלום", &["a", " שלום"]);
    }

    #[test]
    fn tekken_cuts_where_lower_case_meets_upper_case() {
        check(
            "tekken",
            "camelCase HTTPServer",
            &["camel", "Case", " HTTPServer"],
        );
        check("tekken", "fooBAR", &["foo", "BAR"]);
        check("tekken", "it's 20", &["it", "'s", " ", "2", "0"]);
        check("tekken", "a//\nb", &["a", "//\n", "b"]);
        check("tekken", "ÉTÉété", &["ÉTÉété"]);
        check("tekken", "कि", &["कि"]);
        check("tekken", "x \n\n  y", &["x", " \n\n", " ", " y"]);
    }

    #[test]
    fn newer_kinds_keep_marks_contractions_and_symbols_as_they_learned_them() {
        check(
            "gpt-4o",
            "don't HTTPServer's 1234",
            &["don't", " HTTPServer's", " ", "123", "4"],
        );
        check("qwen35", "e\u{301}a 12", &["e\u{301}a", " ", "1", "2"]);
        check(
            "deepseek-v3",
            "a+b 12345 .x 你好",
            &["a", "+b", " ", "123", "45", " .", "x", " ", "你好"],
        );
        check("seed-coder", "a!!\n\nb", &["a", "!!", "\n\n", "b"]);
        check("bailingmoe", "a\n\nb", &["a", "\n\n", "b"]);
        check("bloom", "a b, c", &["a", " b", ",", " c"]);
        check("viking", "a12", &["a", "1", "2"]);
    }

    #[test]
    fn every_pattern_takes_a_long_text_in_passing() {
        let texts =
            [" ", "a", "1", "!", "\n", "é", "你", " a", "aB", "' "].map(|t| t.repeat(20_000));
        for kind in KINDS {
            let pre = PreTokenizer::named(kind.names[0]).expect("a known kind");
            for text in &texts {
                let mut length = 0;
                pre.split(text, &mut |word| length += word.len());
                assert_eq!(length, text.len(), "{}", kind.names[0]);
            }
        }
    }

    #[test]
    fn no_name_stands_for_two_kinds() {
        let mut names: Vec<_> = KINDS.iter().flat_map(|kind| kind.names).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn an_unknown_kind_is_none() {
        assert!(PreTokenizer::named("no-such-kind").is_none());
    }
}
