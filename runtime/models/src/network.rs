//! Where requests to servers run: a runtime of this crate's own, so that whoever waits for them needs none.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use futures_util::{Stream, stream as streams};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{self, Sender};
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
struct Work<T>(JoinHandle<T>);

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
    Work(runtime()?.spawn(work)).await?
}

/// How many items `stream` makes ahead of whoever takes them.
const AHEAD: usize = 32;

/// What `work` sends, as a stream; if it fails, its error is the last item. Dropping the stream ends the work at
/// once, and with it the request that it reads.
#[cfg(feature = "ollama")]
pub(crate) fn stream<T: Send + 'static, W>(
    work: impl FnOnce(Sender<T>) -> W,
) -> Result<impl Stream<Item = Result<T, Error>> + Send + 'static, Error>
where
    W: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (sender, items) = mpsc::channel(AHEAD);
    let work = Work(runtime()?.spawn(work(sender)));
    Ok(streams::unfold(Some((items, work)), next))
}

/// What a stream reads from, until it has ended.
type Source<T> = Option<(mpsc::Receiver<T>, Work<Result<(), Error>>)>;

async fn next<T>(source: Source<T>) -> Option<(Result<T, Error>, Source<T>)> {
    let (mut items, work) = source?;
    match items.recv().await {
        Some(item) => Some((Ok(item), Some((items, work)))),
        None => work
            .await
            .and_then(|done| done)
            .err()
            .map(|error| (Err(error), None)),
    }
}
