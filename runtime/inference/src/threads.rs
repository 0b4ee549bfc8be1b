//! How many threads compute.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::Error;

/// The threads that compute models: those of the process, or a number of their own, which all models that
/// are opened with clones of this share.
#[derive(Clone, Default)]
pub struct Threads(Option<Arc<ThreadPool>>);

impl Threads {
    /// So many threads.
    ///
    /// # Errors
    /// [`Error::Thread`] if the system gives none.
    pub fn new(count: NonZeroUsize) -> Result<Self, Error> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(count.get())
            .thread_name(|number| format!("llmspell-compute-{number}"))
            .build()
            .map_err(|error| Error::Thread {
                source: std::io::Error::other(error),
            })?;
        Ok(Self(Some(Arc::new(pool))))
    }

    /// Runs work whose parallel parts run on these threads.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.0 {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(pool) => write!(f, "Threads({})", pool.current_num_threads()),
            None => f.write_str("Threads(of the process)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_on_as_many_threads_as_were_asked_for() {
        let three = NonZeroUsize::new(3).expect("3 is not 0");
        let threads = Threads::new(three).expect("threads");
        assert_eq!(threads.run(rayon::current_num_threads), 3);
        assert_eq!(Threads::default().run(|| 7), 7);
    }
}
