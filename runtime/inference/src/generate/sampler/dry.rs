//! DRY: a penalty for tokens that would continue a repetition.

use super::adjust;
use crate::generate::sampling::Dry;
use crate::{Error, Tokenizer};

/// The penalty, and what it remembers of the text.
pub(super) struct Repeats {
    dry: Dry,
    /// Tokens whose text has been looked at.
    read: usize,
    /// Where the text behind the last sequence breaker begins, in tokens.
    fresh: usize,
    /// The end of the text, as much as a breaker may have begun in.
    tail: Vec<u8>,
    /// For each earlier place, see [`suffixes`]; kept so that nothing is allocated again.
    lengths: Vec<usize>,
}

impl Repeats {
    pub fn new(dry: Dry) -> Self {
        Self {
            dry,
            read: 0,
            fresh: 0,
            tail: Vec::new(),
            lengths: Vec::new(),
        }
    }

    /// `history` must begin as the last time.
    pub fn apply(
        &mut self,
        logits: &mut [f32],
        history: &[u32],
        tokenizer: &Tokenizer,
    ) -> Result<(), Error> {
        self.find_breakers(history, tokenizer)?;
        let longest = history.len() - self.fresh;
        if self.dry.multiplier == 0.0 || longest < self.dry.allowed_length {
            return Ok(());
        }
        let window = self.dry.window.of(history);
        suffixes(window, &mut self.lengths);
        let mut repeated: Vec<(u32, usize)> = (window.iter().skip(1))
            .zip(&self.lengths)
            .map(|(&next, &length)| (next, length.min(longest)))
            .filter(|&(_, length)| length >= self.dry.allowed_length)
            .collect();
        // The longest repetition that a token would continue counts.
        repeated.sort_unstable_by(|a, b| b.cmp(a));
        repeated.dedup_by_key(|(next, _)| *next);
        for (next, length) in repeated {
            let penalty = self.penalty(length);
            adjust(logits, next, |logit| logit - penalty);
        }
        Ok(())
    }

    fn penalty(&self, length: usize) -> f32 {
        let beyond = (length - self.dry.allowed_length) as f32;
        self.dry.multiplier * self.dry.base.powf(beyond)
    }

    /// Finds the last sequence breaker in what has come since the last time.
    fn find_breakers(&mut self, history: &[u32], tokenizer: &Tokenizer) -> Result<(), Error> {
        let longest = self.dry.sequence_breakers.iter().map(String::len).max();
        let kept = longest.unwrap_or(0).saturating_sub(1);
        for &token in &history[self.read..] {
            self.tail.extend(tokenizer.token_bytes(token)?);
            self.read += 1;
            if let Some(end) = last_end(&self.tail, &self.dry.sequence_breakers) {
                self.fresh = self.read;
                self.tail.drain(..end);
            }
            self.tail.drain(..self.tail.len().saturating_sub(kept));
        }
        Ok(())
    }
}

/// Where the last of the texts in `bytes` ends.
fn last_end(bytes: &[u8], texts: &[String]) -> Option<usize> {
    let end = |text: &String| {
        let mut windows = bytes.windows(text.len());
        Some(windows.rposition(|window| window == text.as_bytes())? + text.len())
    };
    texts.iter().filter_map(end).max()
}

/// For each place but the last: how many of the tokens up to it equal the last ones of all.
/// Source: the Z algorithm, Gusfield, "Algorithms on Strings, Trees and Sequences", 1997, backwards.
fn suffixes(tokens: &[u32], lengths: &mut Vec<usize>) {
    let count = tokens.len();
    lengths.clear();
    lengths.resize(count, count);
    let back = |place: usize| tokens[count - 1 - place];
    // The piece that reaches furthest among those known to equal the beginning.
    let (mut start, mut end) = (0, 0);
    for place in 1..count {
        let mut length = match place < end {
            true => lengths[place - start].min(end - place),
            false => 0,
        };
        while place + length < count && back(length) == back(place + length) {
            length += 1;
        }
        lengths[place] = length;
        if place + length > end {
            (start, end) = (place, place + length);
        }
    }
    lengths.reverse();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_what_a_plain_comparison_finds() {
        let mut state = 1u32;
        let mut lengths = Vec::new();
        for count in 0..200 {
            let tokens: Vec<u32> = (0..count)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 16) % (2 + count % 3)
                })
                .collect();
            suffixes(&tokens, &mut lengths);
            for place in 0..tokens.len() {
                let same = tokens[..=place].iter().rev().zip(tokens.iter().rev());
                let plain = same.take_while(|(a, b)| a == b).count();
                assert_eq!(lengths[place], plain, "{tokens:?} at {place}");
            }
        }
    }
}
