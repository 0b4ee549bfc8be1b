//! Batches: whole dialogues laid end to end, up to a number of tokens.

use crate::{
    corpus::{Corpus, Split},
    error::Result,
    tokenizer::{Encoded, Tokenizer},
};
use std::ops::Range;

/// How much a token counts that the model reads and never has to write, such as a question. What it
/// learns from them is the shape of conversations, and that words come back.
///
/// Much of it cannot be guessed, so only answers count once they are mostly right.
const READ_WEIGHT: f32 = 0.1;

/// From the first batch that begins at this dialogue or later only answers count. Runs from a trained model
/// begin here.
pub const ANSWERS_ONLY_FROM: u64 = 50_000;

/// One thread's part of a training step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Input tokens of all dialogues.
    pub ids: Vec<u32>,
    /// Where each dialogue lies in `ids`.
    pub dialogues: Vec<Range<usize>>,
    /// The rows after which a token is predicted…
    pub rows: Vec<usize>,
    /// …that token, and how much it counts.
    pub targets: Vec<(u32, f32)>,
}

impl Batch {
    /// Appends a dialogue. Its last token is no input: nothing follows it. Tokens that count nothing are
    /// not predicted.
    pub fn push(&mut self, encoded: &Encoded, read_weight: f32) {
        let start = self.ids.len();
        let inputs = encoded.ids.len().saturating_sub(1);
        self.ids.extend(&encoded.ids[..inputs]);
        self.dialogues.push(start..start + inputs);
        for next in 1..encoded.ids.len() {
            let weight = match encoded.learnt[next] {
                true => 1.0,
                false if read_weight == 0.0 => continue,
                false => read_weight,
            };
            self.rows.push(start + next - 1);
            self.targets.push((encoded.ids[next], weight));
        }
    }

    /// The sum of all targets' weights.
    pub fn weight(&self) -> f64 {
        self.targets
            .iter()
            .map(|(_, weight)| f64::from(*weight))
            .sum()
    }
}

/// An endless, seeded stream of batches, of which any can be made again from its position.
pub struct Batches<'a> {
    /// Where dialogues come from.
    pub corpus: &'a Corpus,
    /// How they become tokens.
    pub tokenizer: &'a Tokenizer,
    /// At most this many tokens in a batch.
    pub tokens: usize,
    /// Dialogues of more tokens, which the model's context cannot hold, are left out.
    pub longest: usize,
    /// The next dialogue's index in the corpus.
    pub position: u64,
}

impl Batches<'_> {
    /// The next batch, of as many whole dialogues as fit and at least one, in `parts` of about the same
    /// size.
    pub fn next_batch(&mut self, parts: usize) -> Result<Vec<Batch>> {
        let mut batch = vec![Batch::default(); parts];
        let mut tokens = 0;
        let read_weight = match self.position < ANSWERS_ONLY_FROM {
            true => READ_WEIGHT,
            false => 0.0,
        };
        loop {
            let dialogue = self.corpus.dialogue(Split::Train, self.position);
            let encoded = self.tokenizer.encode_dialogue(&dialogue)?;
            if encoded.ids.len() <= self.longest {
                tokens += encoded.ids.len();
                let smallest = batch.iter_mut().min_by_key(|part| part.ids.len());
                let smallest = smallest.expect("a batch has at least one part");
                if tokens > self.tokens && tokens > encoded.ids.len() {
                    return Ok(batch);
                }
                smallest.push(&encoded, read_weight);
            }
            self.position += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_never_cuts_a_dialogue() {
        let corpus = Corpus::new(5);
        let tokenizer =
            Tokenizer::train(&corpus.texts(100), &corpus.fixed_texts(100), 300).unwrap();
        let mut batches = Batches {
            corpus: &corpus,
            tokenizer: &tokenizer,
            tokens: 800,
            longest: 300,
            position: 0,
        };
        let mut packed = Vec::new();
        for _ in 0..5 {
            let batch = batches.next_batch(1).unwrap().remove(0);
            assert!(batch.ids.len() <= 800);
            packed.extend(
                batch
                    .dialogues
                    .iter()
                    .map(|range| batch.ids[range.clone()].to_vec()),
            );
        }
        let whole = |index| {
            let dialogue = corpus.dialogue(Split::Train, index);
            tokenizer.encode_dialogue(&dialogue).unwrap().ids
        };
        let all = (0..batches.position).map(whole);
        let fitting = all.filter(|ids| ids.len() <= 300);
        let inputs: Vec<_> = fitting.map(|ids| ids[..ids.len() - 1].to_vec()).collect();
        assert_eq!(packed, inputs);
    }

    #[test]
    fn parts_have_about_the_same_size() {
        let corpus = Corpus::new(5);
        let tokenizer =
            Tokenizer::train(&corpus.texts(100), &corpus.fixed_texts(100), 300).unwrap();
        let mut batches = Batches {
            corpus: &corpus,
            tokenizer: &tokenizer,
            tokens: 8_000,
            longest: 300,
            position: 0,
        };
        let parts = batches.next_batch(2).unwrap();
        let [a, b] = [0, 1].map(|part: usize| parts[part].ids.len());
        assert!(a.abs_diff(b) <= 300 && a + b <= 8_000, "{a} {b}");
    }

    #[test]
    fn each_token_is_the_target_of_the_row_before_it() {
        let mut batch = Batch::default();
        batch.push(
            &Encoded {
                ids: vec![7, 8, 9],
                learnt: vec![false, false, true],
            },
            READ_WEIGHT,
        );
        batch.push(
            &Encoded {
                ids: vec![1, 2, 3, 4],
                learnt: vec![false, true, false, true],
            },
            READ_WEIGHT,
        );
        assert_eq!(batch.ids, [7, 8, 1, 2, 3]);
        assert_eq!(batch.dialogues, [0..2, 2..5]);
        assert_eq!(batch.rows, [0, 1, 2, 3, 4]);
        let read = READ_WEIGHT;
        assert_eq!(
            batch.targets,
            [(8, read), (9, 1.0), (2, 1.0), (3, read), (4, 1.0)]
        );

        let mut answers = Batch::default();
        answers.push(
            &Encoded {
                ids: vec![1, 2, 3, 4],
                learnt: vec![false, true, false, true],
            },
            0.0,
        );
        assert_eq!(answers.ids, [1, 2, 3]);
        assert_eq!(answers.rows, [0, 2]);
        assert_eq!(answers.targets, [(2, 1.0), (4, 1.0)]);
    }
}
