//! A host's own backend.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use llmspell_models::{
    Backend, Error, Event, Finish, FinishReason, Generation, Message, ModelName, Models, Pending,
    Prompt, Request,
};

use crate::support::{chat, collect, finish, text, wait};

/// Says what it is told.
struct Echo;

impl Backend for Echo {
    fn name(&self) -> &str {
        "echo"
    }

    fn generate(&self, model: ModelName, request: Request) -> Pending<'_, Generation> {
        let Prompt::Chat(messages) = request.prompt else {
            let (model, backend) = (model.to_string(), "echo".to_owned());
            let what = "continue text";
            return Box::pin(async move {
                Err(Error::Cannot {
                    model,
                    backend,
                    what,
                })
            });
        };
        let said = messages
            .last()
            .map(|last| last.content.clone())
            .unwrap_or_default();
        let finish = Finish {
            model: model.to_string(),
            provider: "echo".to_owned(),
            reason: FinishReason::Stop,
            prompt_tokens: messages.len(),
            completion_tokens: 1,
            cached_tokens: 0,
            context_size: None,
            dropped_messages: 0,
            first_token: Duration::ZERO,
            total: Duration::ZERO,
            load_time: None,
        };
        let events = [Ok(Event::Text(said)), Ok(Event::Done(finish))];
        Box::pin(async move { Ok(Generation::new(stream::iter(events))) })
    }
}

fn models() -> Models {
    let models = Models::new();
    models.register(Arc::new(Echo)).unwrap();
    models
}

#[test]
fn a_hosts_backend_is_found_under_its_name() {
    // Servers of one file call their model like that.
    for name in ["echo/cave", "echo/cave.gguf"] {
        let mut request = chat(vec![Message::new("user", "Is there anybody?")]);
        request.model = Some(name.to_owned());
        let events = wait(async { collect(models().generate(request).await?).await }).unwrap();
        assert_eq!(text(&events), "Is there anybody?");
        assert_eq!(
            (
                finish(&events).model.as_str(),
                finish(&events).provider.as_str()
            ),
            (name, "echo")
        );
    }
}

#[test]
fn what_a_hosts_backend_cannot_do_is_an_error() {
    let error = wait(models().embed(Some("echo/cave"), Vec::new())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "echo/cave: echo cannot compute embeddings"
    );
    let error = wait(models().load("echo/cave", Default::default())).unwrap_err();
    assert_eq!(error.to_string(), "echo/cave: echo cannot load models");
}

#[test]
fn a_name_is_given_once() {
    let error = models().register(Arc::new(Echo)).unwrap_err().to_string();
    assert!(
        error.contains("a backend \"echo\" is there already"),
        "{error}"
    );
}
