//! Asking while a person may press Ctrl-C.

use std::sync::mpsc::{Sender, channel};

use futures_executor::block_on;
use llmspell_models::{Error, ModelReply, ModelRequest, Models};

use crate::cli::App;

/// Why there is no last reply.
pub enum Ended {
    Failed(Error),
    /// The problem has been shown; with the exit code.
    Told(u8),
    Interrupted,
}

enum News {
    Reply(Box<Result<ModelReply, Error>>),
    End,
    Interrupted,
}

/// The last reply to a request; `each` sees those before it as well.
pub fn ask(
    app: &App,
    request: ModelRequest,
    mut each: impl FnMut(&ModelReply),
) -> Result<ModelReply, Ended> {
    let (sender, news) = channel();
    let interrupted = sender.clone();
    // A host that has a handler of its own keeps it.
    let _ = ctrlc::set_handler(move || drop(interrupted.send(News::Interrupted)));
    let models = app.models(None).map_err(Ended::Told)?;
    std::thread::spawn(move || forward(&models, request, &sender));
    let mut last = None;
    // This function holds a sender in its handler, so the end is told.
    for news in news {
        match news {
            News::Reply(reply) => {
                let reply = reply.map_err(Ended::Failed)?;
                each(&reply);
                last = Some(reply);
            }
            News::End => break,
            News::Interrupted => return Err(Ended::Interrupted),
        }
    }
    last.ok_or(Ended::Failed(Error::Ended("a request about models")))
}

fn forward(models: &Models, request: ModelRequest, sender: &Sender<News>) {
    let mut replies = models.handle(request);
    while let Some(reply) = block_on(replies.next()) {
        if sender.send(News::Reply(Box::new(reply))).is_err() {
            return;
        }
    }
    // Whoever asked may have gone.
    let _ = sender.send(News::End);
}
