//! Conversations.

use std::time::Duration;

use llmspell_models::{
    Backend, Event, FinishReason, Image, KeepAlive, Message, Overflow, Prompt, Request, Think,
    Tool, ToolCall,
};
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::{events, finish, fixtures, hello, name, ollama, text, wait};

fn greeting() -> Server {
    Server::always(|| Reply::lines(&fixtures::chat(&["Hello", "! How are you?"])))
}

/// What is sent for a request.
fn sent(request: Request) -> Value {
    let server = greeting();
    events(&ollama(&server), request).unwrap();
    let asked = server.only();
    assert_eq!(asked.line, "POST /api/chat");
    asked.body
}

#[test]
fn an_answer_comes_piece_by_piece_with_the_counts_and_times_of_the_server() {
    let server = greeting();
    let ollama = ollama(&server);
    assert_eq!(ollama.name(), "ollama");
    let events = events(&ollama, hello()).unwrap();
    assert_eq!(events[0], Event::Text("Hello".to_owned()));
    assert_eq!(text(&events), "Hello! How are you?");
    let finish = finish(&events);
    assert_eq!(finish.model, "llama3.2");
    assert_eq!(finish.provider, "ollama");
    assert_eq!(finish.reason, FinishReason::Stop);
    assert_eq!((finish.prompt_tokens, finish.completion_tokens), (26, 282));
    let loading = Duration::from_nanos(1_334_875);
    assert_eq!(finish.load_time, Some(loading));
    let whole = Duration::from_nanos(4_883_583_458);
    assert_eq!(finish.total, whole - loading);
    let answering = Duration::from_nanos(4_535_599_000);
    assert_eq!(finish.first_token, whole - answering - loading);
}

#[test]
fn a_conversation_is_sent_as_it_is() {
    let body = sent(Request::new(
        None,
        Prompt::Chat(vec![
            Message::new("system", "Be brief."),
            Message::new("user", "Hällo!"),
        ]),
    ));
    assert_eq!(body["model"], "llama3.2");
    assert_eq!(body["stream"], true);
    assert_eq!(
        body["messages"],
        json!([
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hällo!"}
        ])
    );
}

#[test]
fn a_conversation_that_is_too_long_is_an_error_unless_its_oldest_turns_may_go() {
    let body = sent(hello());
    assert_eq!(
        (&body["truncate"], &body["shift"]),
        (&json!(false), &json!(false))
    );
    let dropping = Request {
        on_overflow: Overflow::DropOldest,
        ..hello()
    };
    assert_eq!(sent(dropping)["truncate"], true);
}

#[test]
fn how_long_a_model_stays_is_told_in_seconds_or_exactly() {
    for (wanted, expected) in [
        (KeepAlive::For(Duration::from_secs(300)), json!(300)),
        (
            KeepAlive::For(Duration::from_millis(1500)),
            json!("1500000000ns"),
        ),
        (KeepAlive::For(Duration::ZERO), json!(0)),
        (KeepAlive::Forever, json!(-1)),
        (KeepAlive::UntilNeeded, json!(-1)),
    ] {
        let mut request = hello();
        request.loading.keep_alive = Some(wanted);
        assert_eq!(sent(request)["keep_alive"], expected);
    }
    assert_eq!(sent(hello())["keep_alive"], Value::Null);
}

#[test]
fn thinking_is_asked_for_by_degree_and_comes_before_the_text() {
    for (wanted, expected) in [
        (Think::Off, json!(false)),
        (Think::On, json!(true)),
        (Think::Low, json!("low")),
        (Think::Medium, json!("medium")),
        (Think::High, json!("high")),
    ] {
        let request = Request {
            think: Some(wanted),
            ..hello()
        };
        assert_eq!(sent(request)["think"], expected);
    }
    let server = Server::always(|| {
        let mut thinking = fixtures::chat_piece("");
        thinking["message"]["thinking"] = json!("They greet.");
        Reply::lines(&[thinking, fixtures::chat_piece("Hi"), fixtures::chat_end()])
    });
    let events = events(&ollama(&server), hello()).unwrap();
    assert_eq!(
        events[..2],
        [
            Event::Thinking("They greet.".to_owned()),
            Event::Text("Hi".to_owned())
        ]
    );
}

#[test]
fn a_schema_or_any_json_is_asked_for() {
    let schema = json!({"type": "object", "properties": {"age": {"type": "integer"}}});
    for (wanted, expected) in [(schema.clone(), schema), (json!(true), json!("json"))] {
        let request = Request {
            format: Some(wanted),
            ..hello()
        };
        assert_eq!(sent(request)["format"], expected);
    }
    let server = greeting();
    let nonsense = Request {
        format: Some(json!("yaml")),
        ..hello()
    };
    let error = events(&ollama(&server), nonsense).unwrap_err().to_string();
    assert_eq!(
        error,
        "format: expected a JSON schema, or true for any JSON, got \"yaml\""
    );
    assert!(server.asked().is_empty());
}

#[test]
fn tools_are_offered_and_called() {
    let server = Server::always(|| Reply::lines(&[fixtures::tool_call()]));
    let parameters = json!({"type": "object", "properties": {"location": {"type": "string"}}});
    let request = Request {
        tools: vec![Tool {
            name: "get_current_weather".to_owned(),
            description: "Get the current weather for a location".to_owned(),
            parameters: parameters.clone(),
        }],
        ..hello()
    };
    let events = events(&ollama(&server), request).unwrap();
    let Event::ToolCall(call) = &events[0] else {
        panic!("{events:?}");
    };
    assert_eq!(call.name, "get_current_weather");
    assert_eq!(
        json!(call.arguments),
        json!({"format": "celsius", "location": "Paris, FR"})
    );
    assert_eq!(finish(&events).reason, FinishReason::ToolCalls);
    assert_eq!(
        server.only().body["tools"],
        json!([{
            "type": "function",
            "function": {
                "name": "get_current_weather",
                "description": "Get the current weather for a location",
                "parameters": parameters
            }
        }])
    );
}

#[test]
fn what_a_tool_returned_goes_back_with_the_call() {
    let arguments = json!({"location": "Paris, FR"})
        .as_object()
        .unwrap()
        .clone();
    let called = Message {
        thinking: Some("I need a tool.".to_owned()),
        tool_calls: vec![ToolCall {
            id: Some("call_1".to_owned()),
            name: "get_current_weather".to_owned(),
            arguments,
        }],
        ..Message::new("assistant", "")
    };
    let result = Message {
        tool_name: Some("get_current_weather".to_owned()),
        tool_call_id: Some("call_1".to_owned()),
        ..Message::new("tool", "22 °C")
    };
    let body = sent(Request::new(None, Prompt::Chat(vec![called, result])));
    assert_eq!(
        body["messages"],
        json!([
            {
                "role": "assistant",
                "content": "",
                "thinking": "I need a tool.",
                "tool_calls": [{
                    "id": "call_1",
                    "function": {
                        "name": "get_current_weather",
                        "arguments": {"location": "Paris, FR"}
                    }
                }]
            },
            {
                "role": "tool",
                "content": "22 °C",
                "tool_name": "get_current_weather",
                "tool_call_id": "call_1"
            }
        ])
    );
}

#[test]
fn pictures_are_sent_from_files_and_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    std::fs::write(&path, b"\x89PNG").unwrap();
    let showing = |images| {
        let message = Message {
            images,
            ..Message::new("user", "what is in this image?")
        };
        Request::new(None, Prompt::Chat(vec![message]))
    };
    let body = sent(showing(vec![
        Image::Path(path),
        Image::Bytes(b"\x89PNG".to_vec()),
    ]));
    assert_eq!(
        body["messages"][0]["images"],
        json!(["iVBORw==", "iVBORw=="])
    );

    let server = greeting();
    let missing = showing(vec![Image::Path(folder.path().join("none.png"))]);
    let error = events(&ollama(&server), missing).unwrap_err().to_string();
    assert!(
        error.contains("none.png: the picture cannot be read:"),
        "{error}"
    );
    assert!(server.asked().is_empty());
}

#[test]
fn an_answer_that_was_cut_off_by_its_length_says_so() {
    let server = Server::always(|| {
        let mut end = fixtures::chat_end();
        end["done_reason"] = json!("length");
        Reply::lines(&[fixtures::chat_piece("Once"), end])
    });
    let events = events(&ollama(&server), hello()).unwrap();
    assert_eq!(finish(&events).reason, FinishReason::Length);
}

#[test]
fn connections_are_used_again() {
    let server = greeting();
    let ollama = ollama(&server);
    for _ in 0..20 {
        events(&ollama, hello()).unwrap();
    }
    assert_eq!(server.asked().len(), 20);
    // On a busy machine the end of an answer may come too late for the next request.
    assert!(server.connections() < 20, "{}", server.connections());
}

#[test]
fn a_request_may_go_to_another_server() {
    let (usual, other) = (greeting(), greeting());
    let request = Request {
        base_url: Some(other.url()),
        ..hello()
    };
    events(&ollama(&usual), request).unwrap();
    assert!(usual.asked().is_empty());
    assert_eq!(other.asked().len(), 1);

    let nowhere = Request {
        base_url: Some("ftp://example.org".to_owned()),
        ..hello()
    };
    let error = events(&ollama(&usual), nowhere).unwrap_err().to_string();
    assert!(error.contains("it begins with \"ftp\""), "{error}");
}

#[test]
fn an_answer_begins_before_it_ends() {
    use crate::server::End;
    let server = Server::always(|| Reply::lines(&[fixtures::chat_piece("The")]).end(End::Hang));
    let ollama = ollama(&server);
    wait(async {
        let mut generation = ollama.generate(name("llama3.2"), hello()).await.unwrap();
        let first = generation.next().await.unwrap().unwrap();
        assert_eq!(first, Event::Text("The".to_owned()));
    });
    server.wait_for_close();
}
