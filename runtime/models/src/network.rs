//! Where requests to servers run: a runtime of this crate's own, so that whoever waits for them needs none.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::Error;

fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
    let start = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("llmspell-network")
            .enable_all()
            .build()
    };
    let runtime = RUNTIME.get_or_init(start).as_ref();
    runtime.map_err(|error| Error::Network(error.to_string()))
}

/// Work on the runtime; dropping it ends the work at once, and with it the request that it made.
pub(crate) struct Work<T>(JoinHandle<T>);

impl<T> Future for Work<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(cx)
            .map_err(|_| Error::Ended("a request"))
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs `work` on the runtime; the answer may be awaited anywhere.
pub(crate) async fn run<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    start(work)?.await?
}

/// Starts `work` on the runtime. It ends with what is given back, at the latest.
pub(crate) fn start<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<Work<T>, Error> {
    Ok(Work(runtime()?.spawn(work)))
}
