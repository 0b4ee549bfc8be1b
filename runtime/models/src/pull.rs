//! Getting a model: what is wanted, and how far it is.

use std::fmt;
use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use serde::{Deserialize, Serialize};

use crate::Error;

/// How a model is to be got.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PullOptions {
    /// Such as `Q4_K_M`; `None`: what the name says, else the configured default.
    pub quantization: Option<String>,
    /// Gets it again even if it is there.
    pub force: bool,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullStatus {
    /// Asking what there is to get.
    Resolving,
    /// Another process gets the same file.
    Waiting,
    Downloading,
    /// Comparing the digest.
    Verifying,
    /// Taking the files out of the archive that came; models come without one.
    Unpacking,
    /// It is there.
    Complete,
}

impl PullStatus {
    /// As scripts and JSON spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolving => "resolving",
            Self::Waiting => "waiting",
            Self::Downloading => "downloading",
            Self::Verifying => "verifying",
            Self::Unpacking => "unpacking",
            Self::Complete => "complete",
        }
    }
}

impl fmt::Display for PullStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How far a pull is. The last one has the status `complete`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullProgress {
    /// The name under which the model is then found.
    pub model_id: String,
    pub status: PullStatus,
    /// What is being got, such as a file's name.
    pub item: Option<String>,
    pub completed_bytes: u64,
    /// `None` while it is not known.
    pub total_bytes: Option<u64>,
    /// 0 to 100.
    pub percent_complete: f64,
    /// Of late; 0 while nothing comes.
    pub bytes_per_second: f64,
}

/// A pull under way. Dropping it stops the transfer; what came so far is kept, and the next pull goes on from
/// there.
pub struct Pull(Pin<Box<dyn Stream<Item = Result<PullProgress, Error>> + Send>>);

impl Pull {
    /// A pull from a backend's own stream.
    pub fn new(stream: impl Stream<Item = Result<PullProgress, Error>> + Send + 'static) -> Self {
        Self(Box::pin(stream))
    }

    /// A pull by `work`, which tells `told` how far it is.
    #[cfg(feature = "candle")]
    pub(crate) fn of(
        work: crate::network::Work<Result<(), Error>>,
        told: tokio::sync::mpsc::Receiver<PullProgress>,
    ) -> Self {
        let state = (told, Some(work));
        Self::new(futures_util::stream::unfold(
            state,
            async |(mut told, work)| {
                if let Some(progress) = told.recv().await {
                    return Some((Ok(progress), (told, work)));
                }
                let error = work?.await.flatten().err()?;
                Some((Err(error), (told, None)))
            },
        ))
    }

    /// How far it is by now; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<PullProgress, Error>> {
        self.0.next().await
    }

    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<PullProgress, Error>> + Send {
        self.0
    }

    /// Waits for its end.
    pub async fn finish(mut self) -> Result<PullProgress, Error> {
        let mut last = None;
        while let Some(progress) = self.next().await {
            last = Some(progress?);
        }
        last.ok_or(Error::Ended("the download"))
    }
}
