//! Raw prompts.

use llmspell_models::{Event, Overflow, Prompt, Request, Tool};
use serde_json::json;

use crate::server::{Reply, Server};
use crate::{events, finish, fixtures, ollama, text};

fn raw() -> Request {
    Request::new(
        None,
        Prompt::Raw("[INST] why is the sky blue? [/INST]".to_owned()),
    )
}

fn server() -> Server {
    Server::always(|| Reply::lines(&fixtures::completion()))
}

#[test]
fn a_raw_prompt_goes_past_the_template() {
    let server = server();
    let request = Request {
        max_tokens: Some(5),
        // Only conversations can be shortened.
        on_overflow: Overflow::DropOldest,
        ..raw()
    };
    let events = events(&ollama(&server), request).unwrap();
    assert_eq!(text(&events), "The");
    assert_eq!(finish(&events).completion_tokens, 259);
    let asked = server.only();
    assert_eq!(asked.line, "POST /api/generate");
    assert_eq!(
        asked.body,
        json!({
            "model": "llama3.2",
            "prompt": "[INST] why is the sky blue? [/INST]",
            "raw": true,
            "stream": true,
            "options": {"num_predict": 5},
            "truncate": false,
            "shift": false
        })
    );
}

#[test]
fn thinking_of_a_raw_prompt_is_told_apart() {
    let server = Server::always(|| {
        let mut answer = fixtures::completion();
        answer[0]["thinking"] = json!("Hm.");
        Reply::lines(&answer)
    });
    let events = events(&ollama(&server), raw()).unwrap();
    assert_eq!(events[0], Event::Thinking("Hm.".to_owned()));
}

#[test]
fn tools_need_a_conversation() {
    let server = server();
    let request = Request {
        tools: vec![Tool {
            name: "t".to_owned(),
            description: String::new(),
            parameters: json!({"type": "object", "properties": {}}),
        }],
        ..raw()
    };
    let error = events(&ollama(&server), request).unwrap_err().to_string();
    assert_eq!(
        error,
        "tools: expected a conversation beside them, got a raw prompt"
    );
    assert!(server.asked().is_empty());
}
