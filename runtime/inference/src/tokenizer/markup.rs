//! Finding tokens that are written out in text: control markup and user-defined tokens.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::vocabulary::{Kind, Pieces};

/// A part of a text: a token written out, or what lies between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fragment {
    Token(u32),
    Text(String),
}

pub(crate) struct Markup {
    /// User-defined tokens: found in every text.
    user: Finder,
    /// These and the control tokens: found where markup counts.
    all: Finder,
    /// The control tokens' texts.
    control: Vec<String>,
}

/// Tokens that take no white space behind them, even where the file is one of those whose tokens do.
const KEEPS_SPACE: &[&str] = &["<unk>", "<s>", "<|endoftext|>"];

impl Markup {
    /// `strips`: the tokens swallow white space behind them, as Phi 3's do. The file does not say so.
    pub fn new(pieces: &Pieces, strips: bool) -> Self {
        let of_kinds = |kinds: &[Kind]| -> Vec<(u32, String)> {
            pieces
                .iter()
                .filter(|(_, text, kind)| kinds.contains(kind) && !text.is_empty())
                .map(|(id, text, _)| (id, text.to_owned()))
                .collect()
        };
        let control = of_kinds(&[Kind::Control, Kind::Unknown]);
        let all = of_kinds(&[Kind::UserDefined, Kind::Control, Kind::Unknown]);
        Self {
            user: Finder::new(of_kinds(&[Kind::UserDefined]), strips),
            all: Finder::new(all, strips),
            control: control.into_iter().map(|(_, text)| text).collect(),
        }
    }

    /// The texts that must not appear in what a user wrote.
    pub fn control_texts(&self) -> &[String] {
        &self.control
    }

    /// With `special` control markup counts.
    pub fn split(&self, text: &str, special: bool) -> Vec<Fragment> {
        let finder = if special { &self.all } else { &self.user };
        finder.split(text, |_| true)
    }

    /// Like [`Markup::split`] with `special`; `counts` decides about a token by the text before it.
    pub fn split_where(&self, text: &str, counts: impl Fn(&str) -> bool) -> Vec<Fragment> {
        self.all.split(text, counts)
    }
}

/// The leftmost, then longest of many texts.
struct Finder {
    automaton: Option<AhoCorasick>,
    tokens: Vec<Token>,
}

struct Token {
    id: u32,
    strips: bool,
}

impl Finder {
    fn new(tokens: Vec<(u32, String)>, strips: bool) -> Self {
        let automaton = (!tokens.is_empty()).then(|| {
            // The fastest automaton takes far too long to build for texts that no honest model has.
            let length: usize = tokens.iter().map(|(_, text)| text.len()).sum();
            let modest = (length > 10_000).then_some(AhoCorasickKind::ContiguousNFA);
            AhoCorasick::builder()
                .kind(modest)
                .match_kind(MatchKind::LeftmostLongest)
                .build(tokens.iter().map(|(_, text)| text))
                .expect("the token texts are far below the automaton's limits")
        });
        let token = |(id, text): (u32, String)| Token {
            id,
            strips: strips && !KEEPS_SPACE.contains(&text.as_str()),
        };
        Self {
            automaton,
            tokens: tokens.into_iter().map(token).collect(),
        }
    }

    fn split(&self, text: &str, counts: impl Fn(&str) -> bool) -> Vec<Fragment> {
        let mut fragments = Vec::new();
        let push_text = |fragments: &mut Vec<Fragment>, text: &str| {
            if !text.is_empty() {
                fragments.push(Fragment::Text(text.to_owned()));
            }
        };
        let mut position = 0;
        for found in self.automaton.iter().flat_map(|a| a.find_iter(text)) {
            if found.start() < position || !counts(&text[..found.start()]) {
                continue;
            }
            push_text(&mut fragments, &text[position..found.start()]);
            let token = &self.tokens[found.pattern().as_usize()];
            fragments.push(Fragment::Token(token.id));
            position = match token.strips {
                true => text.len() - text[found.end()..].trim_ascii_start().len(),
                false => found.end(),
            };
        }
        push_text(&mut fragments, &text[position..]);
        fragments
    }
}
