//! Slow work beside the caller's thread.

use tokio::sync::oneshot;

use crate::Error;

/// Texts shorter than this, in bytes, are tokenized faster than a thread starts.
const SHORT: usize = 4096;

/// Runs work on a text of so many bytes: at once, or on a thread if that could hold others up.
pub async fn beside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    match bytes < SHORT {
        true => Ok(work()),
        false => on_thread(work).await,
    }
}

/// Runs slow work on a thread of its own; dropping the future lets it end by itself.
pub async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let (sender, receiver) = oneshot::channel();
    spawn(move || drop(sender.send(work())))?;
    receiver.await.map_err(|_| Error::LoaderEnded)
}

/// Starts a thread that nobody waits for.
pub fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let thread = std::thread::Builder::new().name("llmspell-model".to_owned());
    thread.spawn(work).map(drop).map_err(Error::Thread)
}
