//! Who uses a loaded model, and the place that it has in memory.

use std::sync::{Arc, Weak};
use std::time::Duration;

use llmspell_inference::Model;
use tokio::sync::watch;

use super::Shared;
use crate::Error;
use crate::candle::residents::{Loaded, Outcome};
use crate::candle::thread::on_thread;

/// One user of a model that is loaded or being loaded.
pub struct Claim {
    pub(super) shared: Arc<Shared>,
    pub(super) id: u64,
    pub(super) outcome: Outcome,
}

impl Claim {
    pub async fn loaded(&self) -> Result<Loaded, Error> {
        let mut outcome = self.outcome.clone();
        let known = outcome.wait_for(Option::is_some).await;
        match known.map_err(|_| Error::LoaderEnded)?.as_ref() {
            Some(Ok(loaded)) => Ok(loaded.clone()),
            Some(Err(error)) => Err(Error::Loading(Arc::clone(error))),
            None => Err(Error::LoaderEnded),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        if let Some(resident) = state.residents.get(self.id) {
            resident.users -= 1;
        }
        state.rest(self.id);
    }
}

/// A loaded model in use.
pub struct Lease {
    pub model: Model,
    /// Tokens that prompt and answer may have together.
    pub context_size: usize,
    /// How long loading it took, for whoever had it loaded.
    pub load_time: Option<Duration>,
    pub(super) claim: Arc<Claim>,
}

impl Lease {
    /// From now on, sequences of the model that do not say how many tokens they want get so many.
    pub fn set_usual_context_size(&self, tokens: usize) {
        let mut state = self.claim.shared.lock();
        if let Some(resident) = state.residents.get(self.claim.id) {
            resident.context_size = Some(tokens);
        }
    }

    /// Waits until there is memory for a sequence of so many tokens, as long as the model is in use.
    pub async fn promise(&self, tokens: usize) -> Result<(), Error> {
        let footprint = self.model.footprint();
        // The model counts as used until that is settled, also when nobody waits for it any more.
        let claim = Arc::clone(&self.claim);
        if claim.shared.has_promised(claim.id, footprint.bytes(tokens)) {
            return Ok(());
        }
        let reserve = move || {
            let promised = claim.shared.reserve(claim.id, &footprint, tokens);
            promised.map(drop)
        };
        on_thread(reserve).await?
    }
}

/// A model's place in memory. It is dropped by the model's thread, when the memory is free.
pub struct Held {
    pub(super) shared: Weak<Shared>,
    pub(super) id: u64,
    pub(super) _gone: watch::Sender<()>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.lock().residents.remove(self.id);
            shared.freed.notify_all();
        }
    }
}
