//! The models that are loaded: each once, by whoever asks first, all within one memory budget.
//!
//! A model's share of the budget is its weights and as much for keys and values as it may come to hold:
//! what was promised to those who use it, and of what nobody else has asked for, up to a half. The latter
//! it gives back when others need it, and then idle models go, the longest unused first.

mod lease;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Instant;

use llmspell_inference::{Checkpoint, Footprint, Model, Options, Threads, Vocabulary};
use tokio::sync::watch;

use super::budget::default_budget;
use super::key::Key;
use super::residents::{Loaded, Progress, Resident, Residents, Room};
use super::thread::spawn;
use crate::Error;
use crate::entry::LoadedModel;
use crate::models::Limits;
use crate::request::{KeepAlive, Loading};
use lease::{Claim, Held};

pub use lease::Lease;

/// Tokens that a model must have keys and values for unless its context is smaller, and that an answer is
/// promised at a time unless its request says how many.
pub const LEAST_CONTEXT: usize = 2048;
/// Whole contexts that a model's keys and values may grow to, up to [`MOST_CACHE_BYTES`].
const CONTEXTS: u64 = 64;
const MOST_CACHE_BYTES: u64 = 2 << 30;

/// The loaded models. Cheap to clone; they go with the last clone.
#[derive(Clone)]
pub struct Cache(Arc<Shared>);

struct Shared {
    budget: OnceLock<u64>,
    limits: Limits,
    /// Those of [`Limits::threads`], once a model has been loaded.
    threads: OnceLock<Threads>,
    state: Mutex<State>,
    /// A model's memory has become free.
    freed: Condvar,
}

#[derive(Default)]
struct State {
    residents: Residents,
    /// How many models have been loaded, those that have gone included.
    loads: u64,
    /// Wakes the thread that unloads idle models, once there is one.
    alarm: Option<mpsc::Sender<()>>,
}

impl Cache {
    /// An empty cache; without a memory budget, for a part of the machine's memory.
    pub fn new(limits: &Limits) -> Self {
        Self(Arc::new(Shared {
            budget: limits
                .memory_budget
                .map_or_else(OnceLock::new, OnceLock::from),
            limits: limits.clone(),
            threads: OnceLock::new(),
            state: Mutex::default(),
            freed: Condvar::new(),
        }))
    }

    /// How models are opened, memory aside.
    pub fn options(&self) -> Result<Options, Error> {
        self.0.options()
    }

    /// The model, which stays loaded as long as the lease is held. All who ask while it is being loaded
    /// wait for the same load, which goes on whoever of them stops waiting; if it fails it does for all
    /// of them, and whoever asks next tries again.
    pub async fn acquire(&self, key: &Key, wanted: &Loading) -> Result<Lease, Error> {
        let (claim, first) = self.claim(key, wanted)?;
        let claim = Arc::new(claim);
        let Loaded { model, time } = claim.loaded().await?;
        let footprint = model.footprint();
        check_rotation(key, &model, wanted.context_size)?;
        let usual = || {
            let mut state = self.0.lock();
            let resident = state.residents.get(claim.id);
            let loaded_for = resident.and_then(|resident| resident.context_size);
            self.0.usual_context_size(&footprint, loaded_for)
        };
        let context_size = wanted.context_size.unwrap_or_else(usual);
        footprint.check_context(context_size)?;
        let lease = Lease {
            context_size,
            model,
            load_time: first.then_some(time),
            claim,
        };
        if let Some(asked) = wanted.context_size {
            lease.promise(asked).await?;
        }
        Ok(lease)
    }

    /// Lets a model go once nobody uses it; who asks for it from now on loads it again. Returns when its
    /// memory is free, or at once while it is in use.
    pub async fn unload(&self, key: &Key) {
        let mut gone = {
            let mut state = self.0.lock();
            let Some(resident) = state.residents.listed(key) else {
                return;
            };
            resident.listed = false;
            resident.settle();
            match resident.outcome {
                Some(_) => return,
                None => resident.gone.clone(),
            }
        };
        // Nothing is ever sent; the channel closes.
        let _ = gone.changed().await;
    }

    /// The vocabulary of a model that is loaded.
    pub fn vocabulary(&self, key: &Key) -> Option<Vocabulary> {
        let mut state = self.0.lock();
        let loaded = state.residents.listed(key)?.loaded()?;
        Some(loaded.model.vocabulary().clone())
    }

    /// What is loaded.
    pub fn loaded(&self) -> Vec<LoadedModel> {
        let state = self.0.lock();
        let residents = state.residents.iter().filter(|resident| resident.listed);
        residents
            .filter_map(|resident| self.0.describe(resident))
            .collect()
    }

    /// The threads that compute, of all models together.
    pub fn threads(&self) -> Result<Threads, Error> {
        self.0.threads()
    }

    pub fn is_loaded(&self, key: &Key) -> bool {
        let mut state = self.0.lock();
        let resident = state.residents.listed(key);
        resident.is_some_and(|resident| resident.loaded().is_some())
    }

    /// How many models have been loaded, those that have gone included.
    pub fn loads(&self) -> u64 {
        self.0.lock().loads
    }

    /// What all models hold, those included that are being loaded or are going.
    pub fn memory_bytes(&self) -> u64 {
        let state = self.0.lock();
        state.residents.iter().map(held_bytes).sum()
    }

    /// What all models may hold.
    pub fn budget(&self) -> u64 {
        self.0.budget()
    }

    /// Unloads what has been idle for long enough; returns when there is more to do.
    #[cfg(test)]
    pub fn expire(&self, now: Instant) -> Option<Instant> {
        self.0.expire(now)
    }

    /// Closes when a model's memory is free.
    #[cfg(test)]
    pub fn gone(&self, key: &Key) -> watch::Receiver<()> {
        let mut state = self.0.lock();
        let resident = state.residents.listed(key);
        resident.expect("it is loaded").gone.clone()
    }

    /// Counts the caller among a model's users; says whether the caller has it loaded.
    fn claim(&self, key: &Key, wanted: &Loading) -> Result<(Claim, bool), Error> {
        let mut state = self.0.lock();
        if let Some(KeepAlive::For(_)) = wanted.keep_alive {
            state.start_alarm(&self.0)?;
        }
        let first = state.residents.listed(key).is_none();
        if first {
            self.start_loading(&mut state, key, wanted)?;
        }
        let listed = state.residents.listed(key);
        let resident = listed.expect("listed before or just above");
        check_cache_type(resident, wanted)?;
        resident.keep_alive = wanted.keep_alive.unwrap_or(resident.keep_alive);
        resident.users += 1;
        let outcome = resident.outcome.clone();
        let claim = Claim {
            shared: Arc::clone(&self.0),
            id: resident.id,
            outcome: outcome.expect("who is listed is not going"),
        };
        Ok((claim, first))
    }

    fn start_loading(&self, state: &mut State, key: &Key, wanted: &Loading) -> Result<(), Error> {
        let (done, outcome) = watch::channel(None);
        let (going, gone) = watch::channel(());
        let cache_type = wanted.cache_type.unwrap_or_default();
        let id = state.residents.add(key.clone(), cache_type, outcome, gone);
        let (shared, key, wanted) = (Arc::clone(&self.0), key.clone(), wanted.clone());
        let run = move || {
            // Only here, since dropping it takes the lock, which is held while the thread is started.
            let held = Held {
                shared: Arc::downgrade(&shared),
                id,
                _gone: going,
            };
            shared.load(&key, &wanted, held, &done);
        };
        spawn(run).inspect_err(|_| state.residents.remove(id))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No change of the books can panic half-way, so poison does not matter.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn budget(&self) -> u64 {
        *self.budget.get_or_init(default_budget)
    }

    /// Loads a model and tells all who wait.
    fn load(&self, key: &Key, wanted: &Loading, held: Held, done: &watch::Sender<Progress>) {
        let (id, start) = (held.id, Instant::now());
        let outcome = self.open(key, wanted, held).map(|model| Loaded {
            model,
            time: start.elapsed(),
        });
        let mut state = self.lock();
        state.loads += u64::from(outcome.is_ok());
        done.send_replace(Some(outcome.map_err(Arc::new)));
        if let Some(resident) = state.residents.get(id) {
            resident.limit(resident.bytes); // others may have taken some of it meanwhile
        }
        state.rest(id);
    }

    /// What the limits say of how a model is opened.
    fn options(&self) -> Result<Options, Error> {
        Ok(Options {
            max_sequences: self.limits.max_sequences,
            batch_size: self.limits.batch_size,
            threads: self.threads()?,
            ..Options::default()
        })
    }

    /// The threads of all models, started with the first.
    fn threads(&self) -> Result<Threads, Error> {
        let Some(count) = self.limits.threads else {
            return Ok(Threads::default());
        };
        if let Some(threads) = self.threads.get() {
            return Ok(threads.clone());
        }
        let threads = Threads::new(count)?;
        Ok(self.threads.get_or_init(|| threads).clone())
    }

    fn open(&self, key: &Key, wanted: &Loading, held: Held) -> Result<Model, Error> {
        let checkpoint = Checkpoint::open(key.source())?;
        let mut options = Options {
            cache_type: wanted.cache_type.unwrap_or_default().into(),
            ..self.options()?
        };
        let wanted = wanted.context_size.or(self.limits.context_size);
        let short = checkpoint.short_context();
        options.context_size = wanted.filter(|wanted| Some(*wanted) <= short);
        let footprint = checkpoint.footprint(&options)?;
        let tokens = footprint.context_size.min(LEAST_CONTEXT);
        let bytes = self.reserve(held.id, &footprint, tokens)?;
        options.cache_bytes = Some(bytes - footprint.weight_bytes);
        Ok(checkpoint.load(&options, held, |_| {})?)
    }

    /// Promises a model the memory for its weights and a context of so many tokens; returns how many bytes
    /// it may hold, which can be more. Blocks until the memory of models that go for it is free.
    fn reserve(&self, id: u64, footprint: &Footprint, tokens: usize) -> Result<u64, Error> {
        let budget = self.budget();
        let needed = footprint.bytes(tokens);
        let mut state = self.lock();
        loop {
            match state.residents.room(id, needed, budget) {
                Room::Free(room) => {
                    let resident = state.residents.get(id).expect("it is being loaded or used");
                    return Ok(resident.promise(needed, share(footprint, room)));
                }
                Room::Soon => {
                    let woken = self.freed.wait(state);
                    state = woken.unwrap_or_else(PoisonError::into_inner);
                }
                Room::None { used } => {
                    return Err(Error::MemoryFull {
                        needed,
                        used,
                        budget,
                    });
                }
            }
        }
    }

    /// Tokens that a sequence of a model may have: as many as it was made for, or as there is memory for when
    /// it has all of it to itself.
    fn context_size(&self, footprint: &Footprint) -> usize {
        let cache = self.budget().saturating_sub(footprint.weight_bytes);
        footprint.context_size.min(footprint.tokens(cache))
    }

    /// The same for a sequence that does not say how many it wants, of a model that was loaded for so many.
    fn usual_context_size(&self, footprint: &Footprint, loaded_for: Option<usize>) -> usize {
        let wanted = loaded_for.or(self.limits.context_size);
        let most = self.context_size(footprint);
        wanted.map_or(most, |wanted| wanted.min(most))
    }

    fn describe(&self, resident: &Resident) -> Option<LoadedModel> {
        let model = resident.loaded()?.model;
        let activity = model.activity();
        let idle = resident.users == 0;
        Some(LoadedModel {
            name: resident.key.name(),
            memory_bytes: held_bytes(resident),
            reserved_bytes: resident.bytes,
            context_size: self.usual_context_size(&model.footprint(), resident.context_size),
            cache_type: resident.cache_type,
            sequences: activity.sequences,
            queued: activity.queued,
            idle_seconds: idle.then(|| resident.last_used.elapsed().as_secs_f64()),
            keep_alive: resident.keep_alive,
        })
    }

    /// Whether a model has been promised so many bytes already.
    fn has_promised(&self, id: u64, needed: u64) -> bool {
        let mut state = self.lock();
        let resident = state.residents.get(id);
        resident.is_some_and(|resident| needed <= resident.needed)
    }

    /// Unloads what has been idle for long enough; returns when there is more to do.
    fn expire(&self, now: Instant) -> Option<Instant> {
        self.lock().residents.expire(now)
    }
}

impl State {
    /// To be called when a model has lost a user, or has been loaded.
    fn rest(&mut self, id: u64) {
        let Some(resident) = self.residents.get(id) else {
            return;
        };
        resident.last_used = Instant::now();
        resident.settle();
        if let (KeepAlive::For(_), Some(alarm)) = (resident.keep_alive, &self.alarm) {
            // It ends with the cache and not before.
            let _ = alarm.send(());
        }
    }

    fn start_alarm(&mut self, shared: &Arc<Shared>) -> Result<(), Error> {
        if self.alarm.is_none() {
            let (alarm, rung) = mpsc::channel();
            let shared = Arc::downgrade(shared);
            spawn(move || keep_time(&shared, &rung))?;
            self.alarm = Some(alarm);
        }
        Ok(())
    }
}

/// Unloads idle models when their time has come, as long as there is a cache.
fn keep_time(shared: &Weak<Shared>, rung: &mpsc::Receiver<()>) {
    loop {
        let Some(next) = shared.upgrade().map(|shared| shared.expire(Instant::now())) else {
            return;
        };
        let rang = match next {
            Some(at) => rung.recv_timeout(at.saturating_duration_since(Instant::now())),
            None => rung.recv().map_err(RecvTimeoutError::from),
        };
        if rang == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

fn check_cache_type(resident: &Resident, wanted: &Loading) -> Result<(), Error> {
    match wanted.cache_type {
        Some(asked) if asked != resident.cache_type => Err(Error::CacheType {
            model: resident.key.name(),
            loaded: resident.cache_type,
            asked,
        }),
        _ => Ok(()),
    }
}

/// Refuses a long context of a model that was loaded to rotate as short ones want it.
fn check_rotation(key: &Key, model: &Model, asked: Option<usize>) -> Result<(), Error> {
    let loaded = model.footprint().context_size;
    let trained = model.info().context_length;
    match asked {
        Some(asked) if (loaded + 1..=trained).contains(&asked) => Err(Error::ShortContext {
            model: key.name(),
            loaded,
            asked,
        }),
        _ => Ok(()),
    }
}

/// What a model may hold of so much room, if it needs no more.
fn share(footprint: &Footprint, room: u64) -> u64 {
    let context = footprint.cache_bytes(footprint.context_size);
    let several = context.saturating_mul(CONTEXTS).min(MOST_CACHE_BYTES);
    let half = room.saturating_sub(footprint.weight_bytes) / 2;
    footprint.weight_bytes + half.min(several.max(context))
}

/// What a model holds now; until that is known, and while it is going, what it may hold.
fn held_bytes(resident: &Resident) -> u64 {
    match resident.loaded() {
        Some(Loaded { model, .. }) => model.footprint().weight_bytes + model.activity().cache_bytes,
        None => resident.bytes,
    }
}
