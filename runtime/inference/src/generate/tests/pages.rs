//! The pool of pages against a naive list of everything that was computed.

use std::sync::Mutex;

use super::super::pages::{Pages, Pool};
use super::{Fake, written};
use crate::decoder::PAGE;

type Model = Fake<fn(&[u32]) -> u32>;
static MODEL: Model = Fake(Mutex::new(|_| 0));

/// A sequence, and how many of its tokens its pages hold.
#[derive(Default)]
struct Sequence {
    tokens: Vec<u32>,
    computed: usize,
    pages: Pages<Vec<u32>>,
}

/// A small generator, so that a failure can be seen again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

struct World {
    random: Random,
    pool: Pool<Vec<u32>>,
    running: Vec<Sequence>,
    /// What the pool has been told of: full pages, and whole sequences that have ended.
    published: Vec<Vec<u32>>,
}

impl World {
    fn new(seed: u64, limit: usize) -> Self {
        Self {
            random: Random(seed),
            pool: Pool::new(limit),
            running: Vec::new(),
            published: Vec::new(),
        }
    }

    /// Starts a sequence with the beginning of an earlier one and some tokens of its own; returns how
    /// many tokens it took over, and how many it could have.
    fn start(&mut self) -> (usize, usize) {
        let mut tokens = match self.published.len() {
            0 => Vec::new(),
            some => {
                let earlier = &self.published[self.random.below(some)];
                earlier[..self.random.below(earlier.len() + 1)].to_vec()
            }
        };
        let own = self.random.below(3 * PAGE) + 1;
        tokens.extend((0..own).map(|_| self.random.below(2) as u32));
        let mut pages = Pages::default();
        let adopted = self.pool.adopt(&MODEL, &mut pages, &tokens);
        let adopted = adopted.expect("pages of a list can be copied");
        let common = |other: &Vec<u32>| {
            let both = other.iter().zip(&tokens);
            both.take_while(|(a, b)| a == b).count()
        };
        let possible = self.published.iter().map(common).max().unwrap_or(0);
        self.running.push(Sequence {
            tokens,
            computed: adopted,
            pages,
        });
        (adopted, possible)
    }

    /// Computes some tokens of a sequence, new ones if it has no more; false when memory is full.
    fn append(&mut self, at: usize) -> bool {
        let sequence = &mut self.running[at];
        if sequence.computed == sequence.tokens.len() {
            let new = self.random.below(PAGE) + 1;
            let new = (0..new).map(|_| self.random.below(2) as u32);
            sequence.tokens.extend(new);
        }
        let left = sequence.tokens.len() - sequence.computed;
        let range = sequence.computed..sequence.computed + self.random.below(left) + 1;
        let room = self
            .pool
            .reserve(&MODEL, &mut sequence.pages, range.end)
            .expect("pages of a list can be made");
        if room.is_err() {
            return false;
        }
        let mut step = sequence.pages.step(&sequence.tokens, range.clone());
        assert_eq!(written(&mut step)[..], sequence.tokens[..range.end]);
        sequence.computed = range.end;
        let computed = &sequence.tokens[..range.end];
        self.pool.publish(&mut sequence.pages, computed, false);
        self.published
            .push(computed[..range.end / PAGE * PAGE].to_vec());
        true
    }

    /// Ends a sequence; what it computed is known from now on.
    fn end(&mut self, at: usize) {
        let mut sequence = self.running.swap_remove(at);
        sequence.tokens.truncate(sequence.computed);
        self.pool
            .publish(&mut sequence.pages, &sequence.tokens, true);
        self.published.push(sequence.tokens);
    }
}

/// 40 worlds of 300 steps each.
fn random_worlds(limit: usize, mut check: impl FnMut(&mut World)) {
    for seed in 1..=40 {
        let mut world = World::new(seed, limit);
        for _ in 0..300 {
            check(&mut world);
        }
    }
}

#[test]
fn with_enough_memory_nothing_is_computed_twice() {
    random_worlds(usize::MAX, |world| match world.random.below(6) {
        0 => {
            let (adopted, possible) = world.start();
            assert_eq!(adopted, possible);
        }
        1 if !world.running.is_empty() => {
            let at = world.random.below(world.running.len());
            world.end(at);
        }
        2 if !world.running.is_empty() => {
            let at = world.random.below(world.running.len());
            world.running.swap_remove(at); // cancelled
        }
        _ if !world.running.is_empty() => {
            let at = world.random.below(world.running.len());
            assert!(world.append(at));
        }
        _ => {}
    });
}

#[test]
fn with_little_memory_pages_go_and_none_is_mistaken_for_another() {
    let (mut full, mut adopted, mut most) = (0, 0, 0);
    random_worlds(12, |world| {
        most = most.max(world.pool.held());
        match world.random.below(5) {
            0 if world.running.len() < 4 => {
                let (taken, possible) = world.start();
                assert!(taken <= possible);
                adopted += taken;
            }
            1 if !world.running.is_empty() => {
                let at = world.random.below(world.running.len());
                world.end(at);
            }
            _ if !world.running.is_empty() => {
                let at = world.random.below(world.running.len());
                if !world.append(at) {
                    full += 1;
                    world.running.swap_remove(at);
                }
            }
            _ => {}
        }
    });
    assert_eq!(most, 12, "the limit is reached and kept");
    assert!(full > 0 && adopted > 0, "{full} {adopted}");
}
