//! The merge loop that both BPE flavours share.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A run of the text on its way to become a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Symbol {
    /// Its token, when the vocabulary has one.
    pub id: Option<u32>,
    /// Byte range in the text.
    pub start: usize,
    pub end: usize,
}

/// What two neighbours merge to. The smallest priority merges first, the leftmost of equals.
pub(crate) struct Merged {
    pub priority: u32,
    pub id: u32,
}

const NONE: usize = usize::MAX;

/// Merges neighbours until no pair merges: `O(n log n)` for n symbols, whatever the text.
pub(crate) fn merge(symbols: &mut Vec<Symbol>, pair: impl Fn(&Symbol, &Symbol) -> Option<Merged>) {
    let mut chain = Chain::new(symbols, pair);
    for left in 0..chain.symbols.len().saturating_sub(1) {
        chain.offer(left);
    }
    while let Some(Reverse(candidate)) = chain.heap.pop() {
        chain.apply(candidate);
    }
    symbols.retain(|symbol| symbol.start < symbol.end);
}

/// Ordered by priority, then position.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    priority: u32,
    left: usize,
    right: usize,
    /// Byte ends of both when offered; a candidate is stale when one has changed since.
    middle: usize,
    end: usize,
    id: u32,
}

/// A doubly linked list over the symbols; a merged-away symbol has an empty range.
struct Chain<'a, P> {
    symbols: &'a mut [Symbol],
    previous: Vec<usize>,
    next: Vec<usize>,
    heap: BinaryHeap<Reverse<Candidate>>,
    pair: P,
}

impl<'a, P: Fn(&Symbol, &Symbol) -> Option<Merged>> Chain<'a, P> {
    fn new(symbols: &'a mut [Symbol], pair: P) -> Self {
        let count = symbols.len();
        Self {
            symbols,
            previous: (0..count)
                .map(|i| i.checked_sub(1).unwrap_or(NONE))
                .collect(),
            next: (1..=count)
                .map(|i| if i < count { i } else { NONE })
                .collect(),
            heap: BinaryHeap::new(),
            pair,
        }
    }

    fn offer(&mut self, left: usize) {
        let right = self.next[left];
        if right == NONE {
            return;
        }
        let (a, b) = (&self.symbols[left], &self.symbols[right]);
        if let Some(merged) = (self.pair)(a, b) {
            self.heap.push(Reverse(Candidate {
                priority: merged.priority,
                left,
                right,
                middle: a.end,
                end: b.end,
                id: merged.id,
            }));
        }
    }

    fn apply(&mut self, candidate: Candidate) {
        let Candidate { left, right, .. } = candidate;
        let (a, b) = (self.symbols[left], self.symbols[right]);
        let merged_away = a.start == a.end || b.start == b.end;
        if merged_away || a.end != candidate.middle || b.end != candidate.end {
            return;
        }
        self.symbols[left].end = b.end;
        self.symbols[left].id = Some(candidate.id);
        self.symbols[right].start = b.end;
        self.next[left] = self.next[right];
        if self.next[left] != NONE {
            self.previous[self.next[left]] = left;
        }
        if self.previous[left] != NONE {
            self.offer(self.previous[left]);
        }
        self.offer(left);
    }
}
