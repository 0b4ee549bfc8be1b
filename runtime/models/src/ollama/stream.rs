//! What work on the network's runtime sends, for whoever waits outside of it.

use std::future::Future;

use futures_util::{Stream, stream};
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::Error;
use crate::network::{self, Work};

/// How many items are made ahead of whoever takes them.
const AHEAD: usize = 32;

/// What `work` sends; if it fails, its error is the last item. Dropping the stream ends the work at once, and
/// with it the request that it reads.
pub fn sent<T: Send + 'static, W>(
    work: impl FnOnce(Sender<T>) -> W,
) -> Result<impl Stream<Item = Result<T, Error>> + Send + 'static, Error>
where
    W: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (sender, items) = mpsc::channel(AHEAD);
    let work = network::start(work(sender))?;
    Ok(stream::unfold(Some((items, work)), next))
}

/// What a stream reads from, until it has ended.
type Source<T> = Option<(Receiver<T>, Work<Result<(), Error>>)>;

async fn next<T>(source: Source<T>) -> Option<(Result<T, Error>, Source<T>)> {
    let (mut items, work) = source?;
    match items.recv().await {
        Some(item) => Some((Ok(item), Some((items, work)))),
        None => {
            let ended = work.await.and_then(|done| done);
            ended.err().map(|error| (Err(error), None))
        }
    }
}
