//! The models that make vectors: those that were used last stay loaded.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use llmspell_inference::{Embedder, Threads};
use tokio::sync::OnceCell;

use super::key::Key;
use super::thread::on_thread;
use crate::Error;
use crate::request::Embeddings;

/// They are small beside models that write.
const KEPT: usize = 2;

/// One that is loaded, or being loaded by whoever asked first.
type Slot = Arc<OnceCell<Arc<Embedder>>>;

/// Cheap to clone; all clones share what is loaded.
#[derive(Clone, Default)]
pub struct Embedders(Arc<Mutex<Vec<(Key, Slot)>>>);

impl Embedders {
    /// Vectors for texts, by the model in a file. Dropping the future stops the work behind the text that is
    /// under way.
    pub async fn embed(
        &self,
        key: &Key,
        threads: Threads,
        texts: Vec<String>,
    ) -> Result<Embeddings, Error> {
        let embedder = self.get(key, threads).await?;
        let caller = Arc::new(());
        let waiting = Arc::downgrade(&caller);
        let work = move || {
            let tokens = embedder.tokens(&texts)?;
            let prompt_tokens = tokens.iter().map(Vec::len).sum();
            let wanted = tokens.iter().take_while(|_| waiting.strong_count() > 0);
            let vectors = wanted.map(|tokens| embedder.vector(tokens));
            Ok::<_, Error>(Embeddings {
                model: String::new(),
                vectors: vectors.collect::<Result<_, llmspell_inference::Error>>()?,
                prompt_tokens: Some(prompt_tokens),
            })
        };
        let embeddings = on_thread(work).await?;
        drop(caller);
        embeddings
    }

    /// The model in a file, loaded; all who ask while it is being loaded wait for the same load.
    pub async fn get(&self, key: &Key, threads: Threads) -> Result<Arc<Embedder>, Error> {
        let slot = self.slot(key);
        let source = key.source();
        let open = || async {
            let opened = on_thread(move || Embedder::open(source, threads)).await?;
            Ok::<_, Error>(Arc::new(opened?))
        };
        match slot.get_or_try_init(open).await {
            Ok(embedder) => Ok(embedder.clone()),
            Err(error) => {
                self.forget_unloaded(key);
                Err(error)
            }
        }
    }

    pub fn is_loaded(&self, key: &Key) -> bool {
        let mut kept = self.lock().clone().into_iter();
        kept.any(|(kept, slot)| kept == *key && slot.initialized())
    }

    /// How many models are loaded.
    pub fn loaded(&self) -> usize {
        let kept = self.lock();
        kept.iter().filter(|(_, slot)| slot.initialized()).count()
    }

    /// Lets a model go; work that it is doing comes to its end.
    pub fn forget(&self, key: &Key) {
        self.lock().retain(|(kept, _)| kept != key);
    }

    fn forget_unloaded(&self, key: &Key) {
        self.lock()
            .retain(|(kept, slot)| kept != key || slot.initialized());
    }

    /// The place of a model, which is now the one used last.
    fn slot(&self, key: &Key) -> Slot {
        let mut kept = self.lock();
        let slot = match kept.iter().position(|(kept, _)| kept == key) {
            Some(at) => kept.remove(at).1,
            None => Slot::default(),
        };
        kept.push((key.clone(), slot.clone()));
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
        slot
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Key, Slot)>> {
        // Moving an entry cannot leave the list half-changed, so poison does not matter.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
