//! Pre-tokenization: cutting a text into the words inside which BPE merges.
//!
//! The patterns are those that the models were trained with, as `tokenizer.ggml.pre` names them.
//! Most contain `\s+(?!\S)`: a run of spaces before a word leaves its last one to the word. The
//! patterns here leave that branch out and [`Spaces`] says what to do with the run instead, so that
//! the regex engine stays linear whatever the text.

use regex::Regex;

use crate::Error;
use crate::gguf::File;

/// What happens to a match that is all white space and is followed by something else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spaces {
    /// It stays whole.
    Whole,
    /// Its last character is left to what follows.
    LeaveOne,
    /// The same, unless it ends in a line break, which a branch of its own matched.
    LeaveOneOnLine,
}

struct Kind {
    names: &'static [&'static str],
    /// Each pass cuts the pieces of the one before; what a pattern does not match is a piece too.
    passes: &'static [(&'static str, Spaces)],
    /// A word that is a token is not merged at all.
    whole_words: bool,
}

const GPT2: (&str, Spaces) = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+",
    Spaces::LeaveOne,
);

const KINDS: &[Kind] = &[
    Kind {
        names: &["default"],
        passes: &[
            (r"[\p{P}\$\+<=>\^~\|]+", Spaces::Whole),
            GPT2,
            (r"\p{N}+", Spaces::Whole),
            (r"[0-9][0-9][0-9]", Spaces::Whole),
        ],
        whole_words: false,
    },
    Kind {
        names: &["gpt-2", "phi-2", "roberta-bpe"],
        passes: &[GPT2],
        whole_words: false,
    },
    Kind {
        names: &["llama-bpe", "llama3", "llama-v3", "smaug-bpe"],
        passes: &[(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+",
            Spaces::LeaveOneOnLine,
        )],
        whole_words: true,
    },
    Kind {
        names: &["qwen2", "deepseek-r1-qwen"],
        passes: &[(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+",
            Spaces::LeaveOneOnLine,
        )],
        whole_words: false,
    },
    Kind {
        names: &["smollm", "starcoder", "refact", "command-r", "codeshell"],
        passes: &[(r"\p{N}", Spaces::Whole), GPT2],
        whole_words: false,
    },
];

struct Pass {
    pattern: Regex,
    spaces: Spaces,
}

pub(crate) struct PreTokenizer {
    passes: Vec<Pass>,
    whole_words: bool,
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
        })
    }

    pub fn whole_words(&self) -> bool {
        self.whole_words
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
    fn an_unknown_kind_is_none() {
        assert!(PreTokenizer::named("no-such-kind").is_none());
    }
}
