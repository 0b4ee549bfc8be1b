//! The loop itself: what each turn computes, and who gives way when memory is short.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Instant;

use super::{Admission, Gauges, LanguageModel, Limits};
use crate::decoder::{PAGE, Step};
use crate::generate::pace::Pace;
use crate::generate::pages::{Full, PageKey, Pool};
use crate::generate::sequence::Sequence;
use crate::{Error, Vocabulary};

/// Prompt tokens of one sequence in one turn, so that prompts take turns too.
const CHUNK: usize = 64;

/// All that the loop's thread owns.
pub(super) struct Running<M: LanguageModel> {
    vocabulary: Vocabulary,
    limits: Limits,
    pool: Pool<M::Page>,
    pace: Pace,
    arriving: Receiver<Admission>,
    waiting: VecDeque<Admission>,
    /// How many sequences there have been.
    admitted: u64,
    /// In the order in which prompts take turns.
    live: VecDeque<Sequence<M::Page>>,
    gauges: Gauges,
    /// Dropped last: with it goes what tells others that the memory is free.
    model: M,
}

/// What one sequence computes in a turn: its place in `live`, and which of its tokens.
struct Work {
    sequence: usize,
    range: Range<usize>,
    /// Whether it is the last token that a sequence chose, and not part of a prompt.
    generates: bool,
}

impl<M: LanguageModel> Running<M> {
    pub fn new(
        model: M,
        vocabulary: Vocabulary,
        limits: Limits,
        pool: Pool<M::Page>,
        arriving: Receiver<Admission>,
        gauges: Gauges,
    ) -> Self {
        Self {
            vocabulary,
            limits,
            pool,
            pace: Pace::default(),
            arriving,
            waiting: VecDeque::new(),
            admitted: 0,
            live: VecDeque::new(),
            gauges,
            model,
        }
    }

    /// Until no request can arrive any more and all have ended.
    pub fn run(mut self) {
        // Turns in a row for which there was no memory.
        let mut fruitless = 0;
        loop {
            self.retire();
            let open = self.admit_arrivals();
            let work = self.plan();
            if work.is_empty() && self.live.is_empty() && self.waiting.is_empty() && !open {
                return;
            }
            if work.is_empty() {
                // Nothing arrived and nobody could step; `Wake` ends this, also when it came first.
                std::thread::park();
                continue;
            }
            fruitless = if self.compute(work) { 0 } else { fruitless + 1 };
            // By then the prompt of each has come first.
            if fruitless > self.live.len() {
                fruitless = 0;
                if !self.make_room() {
                    std::thread::park(); // no page is free until a reader catches up or goes
                }
            }
            // Whose prompt came first in this turn comes last in the next.
            if !self.live.is_empty() {
                self.live.rotate_left(1);
            }
        }
    }

    /// False when no request can ever arrive again.
    fn admit_arrivals(&mut self) -> bool {
        let open = loop {
            match self.arriving.try_recv() {
                Ok(admission) => self.waiting.push_back(admission),
                Err(TryRecvError::Empty) => break true,
                Err(TryRecvError::Disconnected) => break false,
            }
        };
        let arrived = self.waiting.len();
        let wanted = |admission: &Admission| !admission.events.is_closed();
        self.waiting.retain(wanted);
        // One that has ended or whose reader is behind takes nobody's place.
        let computing = self.live.iter().filter(|sequence| sequence.is_computing());
        let free = self.limits.sequences.saturating_sub(computing.count());
        let admitted = self.waiting.drain(..free.min(self.waiting.len()));
        for admission in admitted {
            self.admitted += 1;
            let number = self.admitted;
            self.live
                .push_back(Sequence::new(admission, self.limits.context_size, number));
        }
        let gone = arrived - self.waiting.len();
        self.gauges.queued.fetch_sub(gone, Ordering::Relaxed);
        self.gauges.live.store(self.live.len(), Ordering::Relaxed);
        open
    }

    /// Lets ended sequences go; what they computed stays for others.
    fn retire(&mut self) {
        for sequence in &mut self.live {
            if sequence.has_ended() && !sequence.pages.is_empty() {
                let mut pages = std::mem::take(&mut sequence.pages);
                let computed = &sequence.tokens[..sequence.computed];
                self.pool.publish(&mut pages, computed, true);
            }
        }
        self.live.retain(|sequence| !sequence.is_over());
        self.pool.trim();
    }

    /// What to compute in this turn: every sequence that generates, and parts of prompts.
    fn plan(&mut self) -> Vec<Work> {
        let ready: Vec<bool> = self.live.iter_mut().map(Sequence::is_ready).collect();
        let generating = |(at, sequence): (usize, &Sequence<M::Page>)| {
            let end = sequence.tokens.len();
            (ready[at] && sequence.pending() == 1 && sequence.computed > 0).then(|| Work {
                sequence: at,
                range: end - 1..end,
                generates: true,
            })
        };
        let mut work: Vec<Work> = self
            .live
            .iter()
            .enumerate()
            .filter_map(generating)
            .collect();
        let mut budget = self.pace.prompt_tokens(work.len());
        budget = budget.min(self.limits.prompt_tokens);
        let begun = |sequence: &Sequence<M::Page>| sequence.pages.begun(&sequence.tokens);
        let mut claimed: HashSet<_> = self.live.iter().filter_map(begun).collect();
        for (at, ready) in ready.iter().enumerate() {
            if budget == 0 {
                break;
            }
            let planned = work.iter().any(|work| work.sequence == at);
            if !ready || planned {
                continue;
            }
            if let Some(range) = self.part_of_prompt(at, budget, &mut claimed) {
                budget -= range.len().min(budget);
                work.push(Work {
                    sequence: at,
                    range,
                    generates: false,
                });
            }
        }
        work
    }

    /// The next part of a prompt, unless another sequence is computing the same page in this turn.
    fn part_of_prompt(
        &mut self,
        at: usize,
        budget: usize,
        claimed: &mut HashSet<PageKey>,
    ) -> Option<Range<usize>> {
        let sequence = &mut self.live[at];
        // The last token must be computed, for its logits.
        let known = sequence.tokens.len() - 1;
        if sequence.computed.is_multiple_of(PAGE) && sequence.computed < known {
            let tokens = &sequence.tokens[..known];
            match self.pool.adopt(&self.model, &mut sequence.pages, tokens) {
                Ok(adopted) => sequence.adopt(adopted),
                Err(error) => {
                    sequence.fail(error);
                    return None;
                }
            }
        }
        if let Some(page) = sequence.pages.next(&sequence.tokens[..known])
            && !claimed.insert(page)
        {
            return None;
        }
        let size = sequence.pending().min(CHUNK).min(budget);
        Some(sequence.computed..sequence.computed + size)
    }

    /// Computes a turn and hands out its tokens; false when there was no memory for any of it.
    fn compute(&mut self, work: Vec<Work>) -> bool {
        let work = self.reserve(work);
        if work.is_empty() {
            return false;
        }
        let started = Instant::now();
        match self.forward(&work) {
            Ok(logits) => {
                let (generating, prompt) = work_sizes(&work);
                self.pace.took(generating, prompt, started.elapsed());
                for (work, logits) in work.into_iter().zip(logits) {
                    self.advance(work, logits);
                }
            }
            Err(error) if work.len() == 1 => self.live[work[0].sequence].fail(error),
            // One of them is to blame; the others go on.
            Err(_) => {
                for work in work {
                    self.compute(vec![work]);
                }
            }
        }
        true
    }

    fn forward(&mut self, work: &[Work]) -> Result<Vec<Vec<f32>>, Error> {
        let mut steps: Vec<Option<Step<M::Page>>> = work.iter().map(|_| None).collect();
        for (at, sequence) in self.live.iter_mut().enumerate() {
            if let Some(place) = work.iter().position(|work| work.sequence == at) {
                let range = work[place].range.clone();
                steps[place] = Some(sequence.pages.step(&sequence.tokens, range));
            }
        }
        let mut steps: Vec<_> = steps.into_iter().flatten().collect();
        let (model, threads) = (&self.model, &self.limits.threads);
        // After a panic each step is computed again, alone, and that does no harm.
        let computed = catch_unwind(AssertUnwindSafe(|| {
            threads.run(|| model.forward(&mut steps))
        }));
        computed.unwrap_or_else(|panic| Err(panicked(&*panic)))
    }

    /// Finds pages for the work; what gets none is left out.
    fn reserve(&mut self, work: Vec<Work>) -> Vec<Work> {
        let mut reserved = Vec::with_capacity(work.len());
        for work in work {
            if self.live[work.sequence].computed != work.range.start {
                continue; // it gave way to another in this turn
            }
            let pages = |running: &mut Self| {
                let sequence = &mut running.live[work.sequence];
                let pool = &mut running.pool;
                pool.reserve(&running.model, &mut sequence.pages, work.range.end)
            };
            let mut outcome = pages(self);
            while let Ok(Err(Full)) = outcome {
                if !self.preempt(work.sequence, &reserved) {
                    break;
                }
                outcome = pages(self);
            }
            match outcome {
                Ok(Ok(())) => reserved.push(work),
                Ok(Err(Full)) if self.others_hold_pages(work.sequence) => {} // they will end
                Ok(Err(Full)) => {
                    let error = Error::CacheFull {
                        tokens: work.range.end,
                        capacity: self.pool.limit() * PAGE,
                    };
                    self.live[work.sequence].run_out(error);
                }
                Err(error) => self.live[work.sequence].fail(error),
            }
        }
        reserved
    }

    fn others_hold_pages(&self, asking: usize) -> bool {
        let mut others = self.live.iter().enumerate().filter(|(at, _)| *at != asking);
        others.any(|(_, sequence)| !sequence.pages.is_empty())
    }

    /// Takes the pages of the youngest sequence that has any and no part in this turn yet, which will
    /// compute again what it had; false when there is none. Only younger ones give way, so the oldest
    /// always comes to its end, and those whose reader is behind, so that it holds up nobody else.
    fn preempt(&mut self, asking: usize, reserved: &[Work]) -> bool {
        let age = self.live[asking].number;
        let free = |at: &usize| {
            let other = &self.live[*at];
            let part = reserved.iter().any(|work| work.sequence == *at);
            let yields = other.number > age || !other.is_computing();
            !part && yields && *at != asking && !other.pages.is_empty()
        };
        let youngest = (0..self.live.len())
            .filter(free)
            .max_by_key(|at| self.live[*at].number);
        let Some(last) = youngest else {
            return false;
        };
        self.live[last].give_way();
        true
    }

    /// Takes the pages of the youngest sequence that has any, if there are others that have some: of those that hold
    /// each other up, the oldest goes on.
    fn make_room(&mut self) -> bool {
        let mut holders = self.live.iter_mut().filter(|s| !s.pages.is_empty());
        let Some(mut youngest) = holders.next() else {
            return false;
        };
        let mut alone = true;
        for other in holders {
            alone = false;
            if other.number > youngest.number {
                youngest = other;
            }
        }
        if !alone {
            youngest.give_way();
        }
        !alone
    }

    fn advance(&mut self, work: Work, logits: Vec<f32>) {
        let sequence = &mut self.live[work.sequence];
        sequence.compute(work.range.end);
        let computed = &sequence.tokens[..sequence.computed];
        self.pool.publish(&mut sequence.pages, computed, false);
        if sequence.pending() > 0 {
            return;
        }
        let tokenizer = self.vocabulary.tokenizer();
        let advance = || sequence.advance(logits, tokenizer);
        let result = catch_unwind(AssertUnwindSafe(advance));
        if let Err(error) = result.unwrap_or_else(|panic| Err(panicked(&*panic))) {
            sequence.fail(error);
        }
    }
}

/// How many sequences of a turn generate, and how many prompt tokens it has.
fn work_sizes(work: &[Work]) -> (usize, usize) {
    let generating = work.iter().filter(|work| work.generates).count();
    let all: usize = work.iter().map(|work| work.range.len()).sum();
    (generating, all - generating)
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    Error::Panicked {
        reason: text.unwrap_or_else(|| "no message".to_owned()),
    }
}
