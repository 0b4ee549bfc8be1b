//! The batch loop and its memory with models made of closures.

mod batch;
mod pages;

use std::sync::{Mutex, PoisonError};

use super::batch::LanguageModel;
use crate::Error;
use crate::decoder::{PAGE, Step};

/// Its pages are the tokens computed so far.
struct Fake<F>(Mutex<F>);

impl<F: Fn(&[u32]) -> u32 + Send + 'static> LanguageModel for Fake<F> {
    type Page = Vec<u32>;

    fn new_page(&self) -> Result<Vec<u32>, Error> {
        Ok(Vec::new())
    }

    fn copy_page(&self, page: &Vec<u32>) -> Result<Vec<u32>, Error> {
        Ok(page.clone())
    }

    fn forward(&self, steps: &mut [Step<Vec<u32>>]) -> Result<Vec<Vec<f32>>, Error> {
        Ok(steps.iter_mut().map(|step| self.one(step)).collect())
    }
}

impl<F: Fn(&[u32]) -> u32> Fake<F> {
    fn one(&self, step: &mut Step<Vec<u32>>) -> Vec<f32> {
        let mut logits = vec![0.0; 259];
        // A panic is part of some tests.
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logits[next(&written(step)) as usize] = 1.0;
        logits
    }
}

/// Writes a step's tokens into its pages; returns all tokens that the pages now hold.
fn written(step: &mut Step<Vec<u32>>) -> Vec<u32> {
    let first = step.past.len() * PAGE;
    for (index, token) in step.tokens.iter().enumerate() {
        let place = step.start + index - first;
        let page = &mut *step.tail[place / PAGE];
        page.truncate(place % PAGE); // what a copy had more, or a step before this again
        assert_eq!(page.len(), place % PAGE, "a position was left out");
        page.push(*token);
    }
    let past = step.past.iter().flat_map(|page| page.iter());
    let tail = step.tail.iter().flat_map(|page| page.iter());
    past.chain(tail).copied().collect()
}
