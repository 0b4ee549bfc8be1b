//! Anthropic's messages.

use llmspell_models::{Backend, FinishReason, Image, Message, Remote, RemoteKind, Sampling, Think};
use serde_json::json;

use crate::protocol::anthropic::{block, check, end, says, start, stream, text as text_block};
use crate::server::{Reply, Server};
use crate::support::{
    KEY, PIXEL, ask, call, calls, chat, finish, name, question, remote, text, thoughts, wait,
    weather,
};

const MODEL: &str = "claude/claude-sonnet-4-5";

fn claude(server: &Server) -> Remote {
    remote("claude", RemoteKind::Anthropic, server)
}

#[test]
fn an_answer_streams_and_ends_with_counts() {
    let server = Server::new(check, [says(&["Grü", "ße 🦀"]).torn()]);
    let events = ask(&claude(&server), MODEL, question()).unwrap();
    assert_eq!(text(&events), "Grüße 🦀");
    let end = finish(&events);
    assert_eq!(
        (end.model.as_str(), end.provider.as_str()),
        (MODEL, "claude")
    );
    // What was read from the cache counts as prompt here, as everywhere.
    assert_eq!(
        (end.prompt_tokens, end.completion_tokens, end.cached_tokens),
        (32, 15, 7)
    );
    let asked = server.only();
    assert_eq!(asked.header("x-api-key"), KEY);
    assert_eq!(asked.body["system"][0]["text"], "Be brief.");
    assert_eq!(asked.body["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn options_reach_the_server_and_others_are_errors() {
    let server = Server::new(check, [says(&["ok"])]);
    let claude = claude(&server);
    let mut request = question();
    request.sampling.temperature = Some(0.5);
    request.sampling.top_k = Some(40);
    request.max_tokens = Some(20);
    request.stop = vec!["END".to_owned()];
    ask(&claude, MODEL, request).unwrap();
    let body = server.only().body;
    assert_eq!(
        (&body["temperature"], &body["top_k"]),
        (&json!(0.5), &json!(40))
    );
    assert_eq!(
        (&body["max_tokens"], &body["stop_sequences"]),
        (&json!(20), &json!(["END"]))
    );

    let seed = Sampling {
        seed: Some(1),
        ..Sampling::default()
    };
    let expected = "seed: claude has no such option";
    let mut request = question();
    request.sampling = seed;
    let checked = wait(claude.check(&name(MODEL), &request)).unwrap_err();
    assert_eq!(checked.to_string(), expected);
    assert_eq!(
        ask(&claude, MODEL, request).unwrap_err().to_string(),
        expected
    );
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_model_that_nobody_knows_gets_a_number_of_tokens() {
    let server = Server::new(check, [says(&["ok"])]);
    ask(&claude(&server), "claude/fable", question()).unwrap();
    assert_eq!(server.only().body["max_tokens"], 4096);
}

#[test]
fn signed_thoughts_go_back_with_the_results_of_tools() {
    let thinking = block(
        0,
        json!({"type": "thinking", "thinking": "", "signature": ""}),
        [
            json!({"type": "thinking_delta", "thinking": "Oslo, then."}),
            json!({"type": "signature_delta", "signature": "EqQBCgIYAhIM"}),
        ],
    );
    let tool = block(
        2,
        json!({"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}),
        [
            json!({"type": "input_json_delta", "partial_json": "{\"place\": "}),
            json!({"type": "input_json_delta", "partial_json": "\"Oslo\"}"}),
        ],
    );
    let called = [
        vec![start()],
        thinking,
        text_block(1, &["I look."]),
        tool,
        end("tool_use"),
    ];
    let server = Server::new(check, [stream(called.concat()), says(&["Cold."])]);
    let claude = claude(&server);
    let mut request = question();
    request.tools = vec![weather()];
    request.think = Some(Think::Low);
    let events = ask(&claude, MODEL, request).unwrap();
    assert_eq!(thoughts(&events), "Oslo, then.");
    assert_eq!(calls(&events), [call("toolu_1", "Oslo")]);
    assert_eq!(finish(&events).reason, FinishReason::ToolCalls);
    let thinking = &server.received()[0].body["thinking"];
    assert_eq!(thinking, &json!({"type": "enabled", "budget_tokens": 1024}));

    let mut turn = Message::new("assistant", "I look.");
    turn.tool_calls = calls(&events);
    let mut result = Message::new("tool", "cold");
    result.tool_call_id = Some("toolu_1".to_owned());
    let mut request = chat(vec![Message::new("user", "Hi?"), turn, result]);
    request.tools = vec![weather()];
    request.think = Some(Think::Low);
    assert_eq!(text(&ask(&claude, MODEL, request).unwrap()), "Cold.");
    let messages = &server.received()[1].body["messages"];
    let kinds = messages[1]["content"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds.map(|part| part["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["thinking", "text", "tool_use"]);
    assert_eq!(messages[1]["content"][0]["signature"], "EqQBCgIYAhIM");
    assert_eq!(messages[2]["content"][0]["tool_use_id"], "toolu_1");
}

#[test]
fn a_history_from_elsewhere_needs_no_ids() {
    let server = Server::new(check, [says(&["ok"])]);
    let mut turn = Message::new("assistant", "");
    turn.tool_calls = vec![call("", "Oslo")];
    turn.tool_calls[0].id = None;
    turn.thinking = Some("I look.".to_owned());
    let mut result = Message::new("tool", "cold");
    result.tool_name = Some("weather".to_owned());
    let mut request = chat(vec![Message::new("user", "Hi?"), turn, result]);
    request.tools = vec![weather()];
    ask(&claude(&server), MODEL, request).unwrap();
    let messages = server.only().body["messages"].clone();
    let id = &messages[1]["content"][0]["id"];
    assert!(id.is_string());
    assert_eq!(&messages[2]["content"][0]["tool_use_id"], id);
}

#[test]
fn a_result_that_answers_nothing_is_an_error() {
    let server = Server::new(check, [says(&["ok"])]);
    let mut result = Message::new("tool", "cold");
    result.tool_call_id = Some("toolu_9".to_owned());
    let request = chat(vec![Message::new("user", "Hi?"), result]);
    let error = ask(&claude(&server), MODEL, request)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("to answer an open call before it, got one of toolu_9"),
        "{error}"
    );
}

#[test]
fn images_and_schemas_reach_the_server() {
    let server = Server::new(check, [says(&["{}"])]);
    let mut message = Message::new("user", "What is it?");
    message.images = vec![Image::Bytes(PIXEL.to_vec())];
    let mut request = chat(vec![message]);
    request.format = Some(json!({"type": "object", "properties": {"what": {"type": "string"}}}));
    ask(&claude(&server), MODEL, request).unwrap();
    let body = server.only().body;
    let source = &body["messages"][0]["content"][0]["source"];
    assert_eq!(source["media_type"], "image/png");
    assert_eq!(body["output_config"]["format"]["type"], "json_schema");

    let mut request = question();
    request.format = Some(json!(true));
    let error = ask(&claude(&server), MODEL, request)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("format: expected a JSON schema"),
        "{error}"
    );
}

#[test]
fn a_refusal_is_an_error() {
    let refused = [vec![start()], text_block(0, &["I"]), end("refusal")].concat();
    let server = Server::new(check, [stream(refused)]);
    let error = ask(&claude(&server), MODEL, question())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("claude refused to answer: "), "{error}");
}

#[test]
fn models_are_listed_and_names_without_a_date_are_found() {
    let model = json!({"type": "model", "id": "claude-sonnet-4-5-20250929",
        "display_name": "Claude Sonnet 4.5", "created_at": "2025-09-29T00:00:00Z"});
    let list = json!({"data": [model], "has_more": false, "first_id": null, "last_id": null});
    let server = Server::new(check, [Reply::json(200, list)]);
    let claude = claude(&server);
    let models = wait(claude.list()).unwrap();
    assert_eq!(models[0].name, "claude/claude-sonnet-4-5-20250929");
    assert!(wait(claude.has(&name(MODEL))).unwrap());
    assert!(!wait(claude.has(&name("claude/claude-sonnet-4"))).unwrap());
}

#[test]
fn embeddings_are_not_there() {
    let server = Server::new(check, [says(&["ok"])]);
    let error = wait(claude(&server).embed(name(MODEL), vec!["a".to_owned()])).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{MODEL}: claude cannot compute embeddings")
    );
}
