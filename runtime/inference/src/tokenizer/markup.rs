//! Finding tokens that are written out in text: control markup and user-defined tokens.

use aho_corasick::{AhoCorasick, MatchKind};

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

impl Markup {
    pub fn new(pieces: &Pieces) -> Self {
        let of_kinds = |kinds: &[Kind]| -> Vec<(u32, String)> {
            pieces
                .iter()
                .filter(|(_, text, kind)| kinds.contains(kind) && !text.is_empty())
                .map(|(id, text, _)| (id, text.to_owned()))
                .collect()
        };
        let control = of_kinds(&[Kind::Control, Kind::Unknown]);
        Self {
            user: Finder::new(of_kinds(&[Kind::UserDefined])),
            all: Finder::new(of_kinds(&[Kind::UserDefined, Kind::Control, Kind::Unknown])),
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
    ids: Vec<u32>,
}

impl Finder {
    fn new(tokens: Vec<(u32, String)>) -> Self {
        let (ids, texts): (Vec<_>, Vec<_>) = tokens.into_iter().unzip();
        let automaton = (!texts.is_empty()).then(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&texts)
                .expect("the token texts are far below the automaton's limits")
        });
        Self { automaton, ids }
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
            if !counts(&text[..found.start()]) {
                continue;
            }
            push_text(&mut fragments, &text[position..found.start()]);
            fragments.push(Fragment::Token(self.ids[found.pattern().as_usize()]));
            position = found.end();
        }
        push_text(&mut fragments, &text[position..]);
        fragments
    }
}
