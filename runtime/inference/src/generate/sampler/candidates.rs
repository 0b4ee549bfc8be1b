//! The tokens that may be drawn, and the filters that narrow them down.
//!
//! No filter sorts the vocabulary: each looks for the place of its cut.

use std::cmp::Ordering;

use super::logits::{any, blocks, exp, from, maximum, sum_of_weights};
use crate::generate::sampling::Filters;

/// A token that may be drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub token: u32,
    pub logit: f32,
    /// Its probability, times a number that is the same for all.
    pub weight: f32,
}

/// The candidates for one token; kept for the next one, so that nothing is allocated again.
#[derive(Default)]
pub(super) struct Candidates(pub Vec<Candidate>);

impl Candidates {
    /// What the filters keep of a vocabulary.
    pub fn filter(&mut self, logits: &[f32], filters: &Filters) {
        let total = self.gather(logits, filters);
        if filters.typical_p < 1.0 {
            self.typical_p(filters.typical_p);
        }
        if filters.top_p < 1.0 {
            let total = total.unwrap_or_else(|| self.total());
            self.top_p(filters.top_p, total);
        }
        if filters.min_p > 0.0 {
            let floor = self.maximum() + filters.min_p.ln();
            self.0.retain(|candidate| candidate.logit >= floor);
        }
    }

    /// Takes all tokens that the filters could keep. Returns the weight of all others too where a filter
    /// needs it and not all were taken.
    fn gather(&mut self, logits: &[f32], filters: &Filters) -> Option<f64> {
        if (1..logits.len()).contains(&filters.top_k) {
            self.take_likeliest(logits, filters.top_k);
            self.weigh(1.0);
            return None;
        }
        if filters.typical_p < 1.0 {
            self.take_from(logits, f32::NEG_INFINITY);
            self.weigh(1.0);
            return None;
        }
        let most = maximum(logits);
        let mut floor = most + filters.min_p.ln();
        let total = (filters.top_p < 1.0).then(|| sum_of_weights(logits, most, 1.0));
        if let Some(total) = total {
            // All tokens that are less likely than this together are what top_p leaves out, or less.
            let spare = (1.0 - f64::from(filters.top_p)) * total / logits.len() as f64;
            floor = floor.max(most + spare.ln() as f32);
        }
        self.take_from(logits, floor);
        self.weigh(1.0);
        total
    }

    /// Takes the tokens whose logit is at least `floor`.
    pub fn take_from(&mut self, logits: &[f32], floor: f32) {
        self.0.clear();
        self.0.extend(from(logits, floor).map(Candidate::new));
    }

    /// Takes the k most likely tokens.
    pub fn take_likeliest(&mut self, logits: &[f32], k: usize) {
        self.0.clear();
        // Of equal logits the first ones are taken, so those that come later must exceed it.
        let mut floor = f32::NEG_INFINITY;
        for (first, block) in blocks(logits) {
            if !any(block, |logit| logit > floor) {
                continue;
            }
            let more = (first..).zip(block.iter().copied());
            let more = more.filter(|(_, logit)| *logit > floor);
            self.0.extend(more.map(Candidate::new));
            if self.0.len() >= 2 * k {
                floor = self.keep_likeliest(k);
            }
        }
        self.keep_likeliest(k);
    }

    /// The k most likely tokens, most likely first.
    pub fn likeliest(&mut self, logits: &[f32], k: usize) -> impl Iterator<Item = Candidate> {
        match k {
            0 => self.0.clear(),
            k => self.take_likeliest(logits, k),
        }
        self.0.sort_unstable_by(more_likely_first);
        self.0.iter().copied()
    }

    /// Returns the least of the logits it keeps.
    fn keep_likeliest(&mut self, k: usize) -> f32 {
        if k >= self.0.len() {
            return f32::NEG_INFINITY;
        }
        let (_, last, _) = self.0.select_nth_unstable_by(k - 1, more_likely_first);
        let floor = last.logit;
        self.0.truncate(k);
        floor
    }

    /// Tokens whose information is closest to the expected one. Both differ from a logit by the same
    /// constant, so the distance of the logit from its expectation is the same thing.
    fn typical_p(&mut self, p: f32) {
        let total = self.total();
        let products = self
            .0
            .iter()
            .map(|c| f64::from(c.weight) * f64::from(c.logit));
        let expected = products.sum::<f64>() / total;
        let distance = |c: &Candidate| (f64::from(c.logit) - expected).abs();
        let closest_first = |a: &Candidate, b: &Candidate| {
            distance(a)
                .total_cmp(&distance(b))
                .then(a.token.cmp(&b.token))
        };
        let keep = reach(&mut self.0, total * f64::from(p), closest_first);
        self.0.truncate(keep);
    }

    fn top_p(&mut self, p: f32, total: f64) {
        let keep = reach(&mut self.0, total * f64::from(p), more_likely_first);
        self.0.truncate(keep);
    }

    /// Sets the weights to the probabilities at a temperature.
    pub fn weigh(&mut self, temperature: f32) {
        let most = self.maximum();
        for candidate in &mut self.0 {
            candidate.weight = exp((candidate.logit - most) / temperature);
        }
    }

    pub fn total(&self) -> f64 {
        self.0.iter().map(|c| f64::from(c.weight)).sum()
    }

    fn maximum(&self) -> f32 {
        let logits = self.0.iter().map(|candidate| candidate.logit);
        logits.fold(f32::NEG_INFINITY, f32::max)
    }

    pub fn most_likely(&self) -> Candidate {
        let most = self.0.iter().min_by(|a, b| more_likely_first(a, b));
        *most.expect("every filter keeps a candidate")
    }

    /// The candidate at `point`, 0 to 1, of the line on which each one takes as much as its weight.
    pub fn draw(&self, point: f64) -> Candidate {
        let mut left = point * self.total();
        for candidate in &self.0 {
            left -= f64::from(candidate.weight);
            if left < 0.0 {
                return *candidate;
            }
        }
        // Rounding can leave the point just behind the end.
        self.most_likely()
    }
}

impl Candidate {
    fn new((token, logit): (u32, f32)) -> Self {
        Self {
            token,
            logit,
            weight: 1.0,
        }
    }
}

/// The first of equally likely tokens counts as more likely, so the order is total.
fn more_likely_first(a: &Candidate, b: &Candidate) -> Ordering {
    b.logit.total_cmp(&a.logit).then(a.token.cmp(&b.token))
}

/// Puts those first that come first in the order and together reach a weight, as few as possible and at
/// least one; returns how many. Halves the range that holds the cut, so it takes linear time.
fn reach(
    candidates: &mut [Candidate],
    mut weight: f64,
    order: impl Fn(&Candidate, &Candidate) -> Ordering,
) -> usize {
    let (mut start, mut end) = (0, candidates.len());
    while end - start > 1 {
        let range = &mut candidates[start..end];
        let middle = range.len() / 2;
        range.select_nth_unstable_by(middle, &order);
        let first: f64 = range[..middle].iter().map(|c| f64::from(c.weight)).sum();
        if first >= weight {
            end = start + middle;
        } else {
            weight -= first;
            start += middle;
        }
    }
    end
}
