//! What the tests have in common.

use llmspell_models::{
    Backend, Error, Event, Finish, Generation, Message, ModelName, Prompt, Remote, RemoteKind,
    RemoteSettings, Request, Tool, ToolCall,
};
use serde_json::{Map, Value, json};

use crate::server::Server;

pub const KEY: &str = "sk-test-0123456789";

/// A PNG of one pixel.
pub const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// Waits on a runtime without a network and without timers: callers need neither.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// A provider at a server, with a key.
pub fn settings(name: &str, kind: RemoteKind, server: &Server) -> RemoteSettings {
    let path = match kind {
        RemoteKind::OpenAi | RemoteKind::OpenAiCompatible => "/v1",
        RemoteKind::Anthropic | RemoteKind::Gemini => "",
    };
    let mut settings = RemoteSettings::new(name, kind).at(format!("{}{path}", server.url));
    settings.key = (kind != RemoteKind::OpenAiCompatible).then(|| KEY.to_owned());
    settings
}

pub fn remote(name: &str, kind: RemoteKind, server: &Server) -> Remote {
    Remote::new(settings(name, kind, server)).unwrap()
}

pub fn name(model: &str) -> ModelName {
    ModelName::parse(model).unwrap()
}

pub fn chat(messages: Vec<Message>) -> Request {
    Request::new(None, Prompt::Chat(messages))
}

/// A request of one question.
pub fn question() -> Request {
    chat(vec![
        Message::new("system", "Be brief."),
        Message::new("user", "Hi?"),
    ])
}

pub fn weather() -> Tool {
    Tool {
        name: "weather".to_owned(),
        description: "The weather at a place.".to_owned(),
        parameters: json!({"type": "object", "properties": {"place": {"type": "string"}}}),
    }
}

pub fn call(id: &str, place: &str) -> ToolCall {
    ToolCall {
        id: Some(id.to_owned()),
        name: "weather".to_owned(),
        arguments: Map::from_iter([("place".to_owned(), Value::from(place))]),
    }
}

/// Asks and waits for the end.
pub fn ask(remote: &Remote, model: &str, request: Request) -> Result<Vec<Event>, Error> {
    wait(async { collect(remote.generate(name(model), request).await?).await })
}

pub async fn collect(mut answer: Generation) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    while let Some(event) = answer.next().await {
        events.push(event?);
    }
    Ok(events)
}

pub fn text(events: &[Event]) -> String {
    let text = |event: &Event| match event {
        Event::Text(text) => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

pub fn thoughts(events: &[Event]) -> String {
    let text = |event: &Event| match event {
        Event::Thinking(text) => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

pub fn calls(events: &[Event]) -> Vec<ToolCall> {
    let call = |event: &Event| match event {
        Event::ToolCall(call) => Some(call.clone()),
        _ => None,
    };
    events.iter().filter_map(call).collect()
}

pub fn finish(events: &[Event]) -> &Finish {
    match events.last() {
        Some(Event::Done(finish)) => finish,
        other => panic!("expected the end, got {other:?}"),
    }
}
