//! [`ModelRequest`] and [`ModelReply`]: everything that can be done with models besides asking them. The command
//! line and the script API speak it, and both sides can be written as JSON.

use std::pin::Pin;

use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::entry::{AvailableModel, ModelEntry, Status};
use crate::models::Models;
use crate::name::LocalBackend;
use crate::pull::{PullOptions, PullProgress};
use crate::request::Loading;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum ModelRequest {
    /// The models that are there.
    List { backend: Option<LocalBackend> },
    /// Models that could be got.
    Available {
        backend: Option<LocalBackend>,
        /// Only those that most people are well served with.
        recommended: bool,
    },
    /// Whether a model is there to be used.
    Exists { model: String },
    /// What is known of a model.
    Info { model: String },
    /// Gets a model, unless it is there.
    Pull {
        model: String,
        #[serde(flatten)]
        options: PullOptions,
    },
    /// Deletes a model.
    Remove { model: String },
    /// Loads a model unless it is loaded.
    Load {
        model: String,
        #[serde(flatten)]
        loading: Loading,
    },
    /// Lets a model go.
    Unload { model: String },
    /// The state of the backends of this machine.
    Status,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "value", rename_all = "snake_case")]
pub enum ModelReply {
    Models {
        models: Vec<ModelEntry>,
        /// Why those of a server are not among them.
        passed_over: Option<String>,
    },
    Available(Vec<AvailableModel>),
    Exists(bool),
    Info(Box<ModelEntry>),
    /// How far a pull is; many of them, the last one complete.
    Progress(PullProgress),
    Status(Box<Status>),
    /// It is done, and there is nothing to tell.
    Done,
}

/// The replies to a request: one, but for a pull.
pub struct Replies(Pin<Box<dyn Stream<Item = Result<ModelReply, Error>> + Send>>);

impl Replies {
    /// The next reply; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<ModelReply, Error>> {
        self.0.next().await
    }

    /// Waits for the last reply.
    pub async fn last(mut self) -> Result<ModelReply, Error> {
        let mut last = None;
        while let Some(reply) = self.next().await {
            last = Some(reply?);
        }
        last.ok_or(Error::Ended("a request about models"))
    }
}

impl Models {
    /// Does what is wanted. Nothing happens before the first reply is asked for, and dropping the replies gives
    /// the request up.
    pub fn handle(&self, request: ModelRequest) -> Replies {
        let models = self.clone();
        Replies(match request {
            ModelRequest::Pull { model, options } => Box::pin(pull(models, model, options)),
            request => Box::pin(stream::once(async move { models.answer(request).await })),
        })
    }

    async fn answer(&self, request: ModelRequest) -> Result<ModelReply, Error> {
        match request {
            ModelRequest::List { backend } => {
                let (models, problem) = self.listed(backend).await?;
                let passed_over = problem.map(|error| error.to_string());
                Ok(ModelReply::Models {
                    models,
                    passed_over,
                })
            }
            ModelRequest::Available {
                backend,
                recommended,
            } => {
                let models = self.available(backend).await?.into_iter();
                let wanted = models.filter(|model| model.recommended || !recommended);
                Ok(ModelReply::Available(wanted.collect()))
            }
            ModelRequest::Exists { model } => self.exists(&model).await.map(ModelReply::Exists),
            ModelRequest::Info { model } => {
                let info = self.info(&model).await?;
                Ok(ModelReply::Info(Box::new(info)))
            }
            ModelRequest::Remove { model } => self.remove(&model).await.map(|()| ModelReply::Done),
            ModelRequest::Load { model, loading } => {
                self.load(&model, loading).await.map(|()| ModelReply::Done)
            }
            ModelRequest::Unload { model } => self.unload(&model).await.map(|()| ModelReply::Done),
            ModelRequest::Status => Ok(ModelReply::Status(Box::new(self.status().await?))),
            ModelRequest::Pull { model, options } => {
                let last = self.pull(&model, options).await?.finish().await?;
                Ok(ModelReply::Progress(last))
            }
        }
    }
}

fn pull(
    models: Models,
    model: String,
    options: PullOptions,
) -> impl Stream<Item = Result<ModelReply, Error>> + Send {
    let start = async move { models.pull(&model, options).await };
    stream::once(start).flat_map(|started| match started {
        Ok(pull) => pull
            .into_stream()
            .map(|p| p.map(ModelReply::Progress))
            .boxed(),
        Err(error) => stream::once(async { Err(error) }).boxed(),
    })
}
