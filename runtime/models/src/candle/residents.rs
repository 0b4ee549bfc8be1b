//! The books of the cache: which models have memory, who uses them, who has to go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use llmspell_inference::Model;
use tokio::sync::watch;

use super::key::Key;
use crate::Error;
use crate::request::{CacheType, KeepAlive};

/// A model that has been loaded.
#[derive(Clone)]
pub struct Loaded {
    pub model: Model,
    pub time: Duration,
}

/// What has become of loading a model, if anything yet.
pub type Progress = Option<Result<Loaded, Arc<Error>>>;

/// All who wait for a model see the same.
pub type Outcome = watch::Receiver<Progress>;

/// A model that has memory, or is about to have it. It is here until its memory is free again.
pub struct Resident {
    pub id: u64,
    pub key: Key,
    pub cache_type: CacheType,
    /// Whether requests still find it.
    pub listed: bool,
    /// `None` once it is going.
    pub outcome: Option<Outcome>,
    /// Closes when its memory is free.
    pub gone: watch::Receiver<()>,
    /// Its weights and what was promised to its users: the keys and values of their contexts.
    pub needed: u64,
    /// The same when it has no users.
    pub least: u64,
    /// What it may hold at most, which others get what is not needed of.
    pub bytes: u64,
    /// Requests that wait for it or are being answered by it.
    pub users: usize,
    pub last_used: Instant,
    pub keep_alive: KeepAlive,
    /// Tokens of context that it was loaded for, if anybody said.
    pub context_size: Option<usize>,
}

impl Resident {
    /// The model, once it is loaded and until it is going.
    pub fn loaded(&self) -> Option<Loaded> {
        let outcome = self.outcome.as_ref()?.borrow();
        outcome.as_ref()?.as_ref().ok().cloned()
    }

    fn is_idle(&self) -> bool {
        self.users == 0 && self.loaded().is_some()
    }

    /// Whether another model may have its memory.
    fn is_evictable(&self) -> bool {
        self.is_idle() && self.keep_alive != KeepAlive::Forever
    }

    /// When it has been idle for long enough.
    fn due(&self) -> Option<Instant> {
        match self.keep_alive {
            KeepAlive::For(length) if self.is_idle() => self.last_used.checked_add(length),
            _ => None,
        }
    }

    /// What it holds until it has gone.
    fn going_bytes(&self) -> u64 {
        match self.outcome {
            Some(_) => 0,
            None => self.bytes,
        }
    }

    /// What it must keep, unless it is going.
    fn staying_bytes(&self) -> u64 {
        match self.outcome {
            Some(_) => self.needed,
            None => 0,
        }
    }

    /// Lets go of it; the memory is free once its thread has ended.
    fn leave(&mut self) {
        self.listed = false;
        self.outcome = None;
    }

    /// To be called when it may have become idle: lets go of it if nobody shall find it any more.
    pub fn settle(&mut self) {
        if !self.is_idle() {
            return;
        }
        self.needed = self.least;
        if !self.listed || self.keep_alive == KeepAlive::For(Duration::ZERO) {
            self.leave();
        }
    }

    /// Promises it `needed` bytes, and lets it hold `share` if that is more; returns what it may hold. What
    /// it was promised before stays promised.
    pub fn promise(&mut self, needed: u64, share: u64) -> u64 {
        if self.least == 0 {
            self.least = needed; // on being loaded
        }
        self.needed = self.needed.max(needed);
        self.limit(self.bytes.max(self.needed).max(share));
        self.bytes
    }

    /// Lets it hold so many bytes at most.
    pub fn limit(&mut self, bytes: u64) {
        self.bytes = bytes;
        if let Some(Loaded { model, .. }) = self.loaded() {
            model.set_cache_bytes(bytes.saturating_sub(model.footprint().weight_bytes));
        }
    }
}

/// All models that have memory.
#[derive(Default)]
pub struct Residents {
    all: Vec<Resident>,
    next: u64,
}

impl Residents {
    pub fn iter(&self) -> impl Iterator<Item = &Resident> {
        self.all.iter()
    }

    /// The models that requests find, loaded or being loaded.
    pub fn listed(&mut self, key: &Key) -> Option<&mut Resident> {
        let mut all = self.all.iter_mut();
        all.find(|resident| resident.listed && resident.key == *key)
    }

    pub fn get(&mut self, id: u64) -> Option<&mut Resident> {
        self.all.iter_mut().find(|resident| resident.id == id)
    }

    /// Enters a model that is being loaded; returns its number.
    pub fn add(
        &mut self,
        key: Key,
        cache_type: CacheType,
        outcome: Outcome,
        gone: watch::Receiver<()>,
    ) -> u64 {
        self.next += 1;
        self.all.push(Resident {
            id: self.next,
            key,
            cache_type,
            listed: true,
            outcome: Some(outcome),
            gone,
            needed: 0,
            least: 0,
            bytes: 0,
            users: 0,
            last_used: Instant::now(),
            keep_alive: KeepAlive::UntilNeeded,
            context_size: None,
        });
        self.next
    }

    /// Strikes out a model whose memory is free.
    pub fn remove(&mut self, id: u64) {
        self.all.retain(|resident| resident.id != id);
    }

    /// Looks for `needed` bytes for one model within a budget. Others give way: first they give what they
    /// do not need, then idle ones go, the longest unused first.
    pub fn room(&mut self, id: u64, needed: u64, budget: u64) -> Room {
        let left = |used: u64| budget.saturating_sub(used);
        if needed <= left(self.sum(id, |other| other.bytes)) {
            return Room::Free(left(self.sum(id, |other| other.bytes)));
        }
        let going = self.sum(id, Resident::going_bytes);
        let staying = self.sum(id, Resident::staying_bytes);
        if needed <= left(going + staying) {
            self.squeeze(id);
            return Room::Free(left(going + staying));
        }
        if needed <= left(staying) {
            return Room::Soon;
        }
        let busy = |other: &Resident| match other.is_evictable() {
            true => 0,
            false => other.staying_bytes(),
        };
        let used = self.sum(id, busy);
        if needed > left(used) {
            return Room::None { used };
        }
        self.evict(id);
        Room::Soon
    }

    /// The bytes of all models but one.
    fn sum(&self, but: u64, bytes: impl Fn(&Resident) -> u64) -> u64 {
        let others = self.all.iter().filter(|resident| resident.id != but);
        others.map(bytes).sum()
    }

    /// Takes from all but one what they do not need.
    fn squeeze(&mut self, but: u64) {
        for other in self.all.iter_mut().filter(|resident| resident.id != but) {
            if other.outcome.is_some() {
                other.limit(other.needed);
            }
        }
    }

    /// Lets go of the idle model that was not used for longest.
    fn evict(&mut self, but: u64) {
        let idle = self
            .all
            .iter_mut()
            .filter(|resident| resident.is_evictable());
        let others = idle.filter(|resident| resident.id != but);
        if let Some(oldest) = others.min_by_key(|resident| resident.last_used) {
            oldest.leave();
        }
    }

    /// Lets go of the models that have been idle for long enough; returns when the next one will be.
    pub fn expire(&mut self, now: Instant) -> Option<Instant> {
        let due = |resident: &Resident| resident.due().is_some_and(|due| due <= now);
        let expired = self.all.iter_mut().filter(|resident| due(resident));
        expired.for_each(Resident::leave);
        self.all.iter().filter_map(Resident::due).min()
    }
}

/// What there is for a model that needs memory.
#[derive(Debug, PartialEq)]
pub enum Room {
    /// So many bytes.
    Free(u64),
    /// Enough, when those that are going have gone.
    Soon,
    /// Too little, whoever goes: others use so many bytes.
    None { used: u64 },
}
