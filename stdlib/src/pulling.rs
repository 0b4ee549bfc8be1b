//! Getting models: options, and how far it is.

use std::fmt;
use std::rc::Rc;

use llmspell_core::{Cx, Error, api};
use llmspell_models::{ModelReply, PullOptions, PullProgress, Replies};

use crate::generation::problem;
use crate::source::Source;

/// How a model is to be got.
#[api(options)]
#[derive(Default)]
pub struct GetOptions {
    /// Such as `"Q4_K_M"`.
    quantization: Option<String>,
    /// Gets it again even if it is there; false unless told.
    force: Option<bool>,
}

impl From<GetOptions> for PullOptions {
    fn from(options: GetOptions) -> Self {
        Self {
            quantization: options.quantization,
            force: options.force.unwrap_or(false),
        }
    }
}

/// How far a pull is.
#[api(result)]
pub struct PullState {
    /// The name under which the model is then found.
    model_id: String,
    /// `"resolving"`, `"waiting"` for another process that gets it, `"downloading"`, `"verifying"` or
    /// `"complete"`.
    status: &'static str,
    /// What is being got, such as a file's name.
    item: Option<String>,
    /// 0 to 100.
    percent_complete: f64,
    completed_bytes: u64,
    /// Nothing while it is not known.
    total_bytes: Option<u64>,
    /// Of late.
    bytes_per_second: f64,
}

impl From<PullProgress> for PullState {
    fn from(progress: PullProgress) -> Self {
        Self {
            model_id: progress.model_id,
            status: progress.status.name(),
            item: progress.item,
            percent_complete: progress.percent_complete,
            completed_bytes: progress.completed_bytes,
            total_bytes: progress.total_bytes,
            bytes_per_second: progress.bytes_per_second,
        }
    }
}

/// A pull as a script reads it piece by piece.
pub struct PullStream(Source<Replies>);

impl PullStream {
    pub fn new(replies: Replies) -> Rc<Self> {
        Rc::new(Self(Source::new("PullStream", replies)))
    }
}

impl fmt::Display for PullStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A model that is being got, piece by piece: `for progress in stream`.
#[api(handle = "PullStream")]
impl PullStream {
    /// How far it is by now; nothing after the last one.
    ///
    /// ```lua
    /// local stream = LocalLLM.pull_streaming("wisp")
    /// pcall(stream.next, stream)
    /// ```
    /// ```rhai
    /// let stream = LocalLLM.pull_streaming("wisp");
    /// try { stream.next(); } catch (problem) { print(problem); }
    /// ```
    #[api(iterates)]
    async fn next(&self, cx: &Cx) -> Result<Option<PullState>, Error> {
        // Whoever drops the task that waits here drops the replies too, which stops the download.
        let Some(mut reading) = self.0.read()? else {
            return Ok(None);
        };
        let reply = cx.external(reading.source().next()).await;
        match reply.transpose().map_err(problem("PullStream:next"))? {
            Some(ModelReply::Progress(progress)) => {
                reading.go_on();
                Ok(Some(progress.into()))
            }
            _ => Ok(None),
        }
    }

    /// Stops the download; what came so far is kept.
    ///
    /// ```lua
    /// LocalLLM.pull_streaming("wisp"):close()
    /// ```
    /// ```rhai
    /// LocalLLM.pull_streaming("wisp").close();
    /// ```
    fn close(&self) -> Result<(), Error> {
        self.0.close()
    }
}
