//! The Ollama backend against a server on loopback, which checks each request against Ollama's published API.
#![cfg(feature = "ollama")]

mod api;
mod chat;
mod embeddings;
mod faults;
mod fixtures;
mod generate;
mod health;
mod models;
mod options;
mod pull;
mod real;
mod server;
mod start;

use std::future::Future;

use llmspell_models::{
    Backend, Error, Event, Finish, Generation, Message, ModelName, Ollama, OllamaSettings, Prompt,
    Request,
};
use server::Server;

/// Waits for a future with no reactor at hand, as scripts do.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn ollama(server: &Server) -> Ollama {
    with(server, OllamaSettings::default())
}

fn with(server: &Server, settings: OllamaSettings) -> Ollama {
    Ollama::new(OllamaSettings {
        base_url: Some(server.url()),
        ..settings
    })
    .unwrap()
}

fn name(model: &str) -> ModelName {
    ModelName::parse(&format!("ollama/{model}")).unwrap()
}

/// A request for an answer to one line.
fn hello() -> Request {
    Request::new(None, Prompt::Chat(vec![Message::new("user", "Hello!")]))
}

/// All that an answer gives, or the first thing that goes wrong.
fn events(ollama: &Ollama, request: Request) -> Result<Vec<Event>, Error> {
    wait(async {
        let generation = ollama.generate(name("llama3.2"), request).await?;
        rest(generation).await
    })
}

async fn rest(mut generation: Generation) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    while let Some(event) = generation.next().await {
        events.push(event?);
    }
    Ok(events)
}

fn text(events: &[Event]) -> String {
    let text = |event: &Event| match event {
        Event::Text(text) => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

fn finish(events: &[Event]) -> &Finish {
    match events.last() {
        Some(Event::Done(finish)) => finish,
        other => panic!("the last event is {other:?}"),
    }
}
