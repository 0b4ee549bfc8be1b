//! Asking while a person may press Ctrl-C.

use std::sync::mpsc::channel;

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

/// Tells how far the work is; says whether anybody still listens.
pub type Tell<'a, T> = dyn Fn(Result<T, Error>) -> bool + 'a;

enum News<T> {
    Reply(Box<Result<T, Error>>),
    End,
    Interrupted,
}

/// The last reply to a request; `each` sees those before it as well.
pub fn ask(
    app: &App,
    request: ModelRequest,
    each: impl FnMut(&ModelReply),
) -> Result<ModelReply, Ended> {
    let models = app.models(None).map_err(Ended::Told)?;
    follow(move |tell| forward(&models, request, tell), each)
}

/// The last of what `work` tells; `each` sees those before it as well. The work goes on on a thread of its own,
/// and is left alone when a person presses Ctrl-C. Once in a process.
pub fn follow<T: Send + 'static>(
    work: impl FnOnce(&Tell<'_, T>) + Send + 'static,
    mut each: impl FnMut(&T),
) -> Result<T, Ended> {
    let (sender, news) = channel();
    let interrupted = sender.clone();
    // A host that has a handler of its own keeps it.
    let _ = ctrlc::set_handler(move || drop(interrupted.send(News::Interrupted)));
    std::thread::spawn(move || {
        work(&|reply| sender.send(News::Reply(Box::new(reply))).is_ok());
        // Whoever asked may have gone.
        let _ = sender.send(News::End);
    });
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
    last.ok_or(Ended::Failed(Error::Ended("a request")))
}

fn forward(models: &Models, request: ModelRequest, tell: &Tell<'_, ModelReply>) {
    let mut replies = models.handle(request);
    while let Some(reply) = block_on(replies.next()) {
        if !tell(reply) {
            return;
        }
    }
}
