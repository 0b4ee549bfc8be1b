//! OpenAI's chat completions.

use llmspell_models::{
    Backend, Event, FinishReason, Image, Logprob, Message, RemoteKind, Sampling, Think,
};
use serde_json::{Value, json};

use crate::protocol::openai::{check, chunk, says, stream, usage};
use crate::server::{Reply, Server};
use crate::support::{
    KEY, PIXEL, ask, call, calls, chat, finish, name, question, remote, text, thoughts, wait,
    weather,
};

const MODEL: &str = "openai/gpt-4o-mini";

fn server(reply: Reply) -> Server {
    Server::new(check, [reply])
}

#[test]
fn an_answer_streams_and_ends_with_counts() {
    let server = server(says(&["Hel", "lo ", "🦀"]));
    let events = ask(
        &remote("openai", RemoteKind::OpenAi, &server),
        MODEL,
        question(),
    )
    .unwrap();
    let pieces = events
        .iter()
        .filter(|event| matches!(event, Event::Text(_)));
    assert_eq!((text(&events).as_str(), pieces.count()), ("Hello 🦀", 3));
    let end = finish(&events);
    assert_eq!(
        (end.model.as_str(), end.provider.as_str()),
        (MODEL, "openai")
    );
    assert_eq!(
        (end.prompt_tokens, end.completion_tokens, end.cached_tokens),
        (11, 5, 4)
    );
    assert_eq!(end.reason, FinishReason::Stop);
    assert!(end.first_token <= end.total);

    let asked = server.only();
    assert_eq!(asked.header("authorization"), format!("Bearer {KEY}"));
    assert_eq!(asked.body["model"], "gpt-4o-mini");
    assert_eq!(asked.body["stream_options"], json!({"include_usage": true}));
    assert_eq!(asked.body["messages"][0]["role"], "system");
    assert_eq!(
        asked.body["messages"][1],
        json!({"role": "user", "content": "Hi?"})
    );
}

#[test]
fn characters_may_be_torn_apart_on_the_way() {
    let server = server(says(&["Grüße, ", "世界 🦀"]).torn());
    let events = ask(
        &remote("openai", RemoteKind::OpenAi, &server),
        MODEL,
        question(),
    )
    .unwrap();
    assert_eq!(text(&events), "Grüße, 世界 🦀");
}

#[test]
fn every_option_reaches_the_server_under_its_name() {
    let server = server(says(&["ok"]));
    let mut request = question();
    request.sampling = Sampling {
        temperature: Some(0.5),
        top_p: Some(0.9),
        frequency_penalty: Some(0.25),
        presence_penalty: Some(-0.25),
        seed: Some(7),
        logit_bias: [(50256, -100.0)].into(),
        ..Sampling::default()
    };
    request.max_tokens = Some(20);
    request.stop = vec!["END".to_owned()];
    ask(
        &remote("openai", RemoteKind::OpenAi, &server),
        MODEL,
        request,
    )
    .unwrap();
    let body = server.only().body;
    for (field, value) in [
        ("temperature", json!(0.5)),
        ("top_p", json!(0.9)),
        ("frequency_penalty", json!(0.25)),
        ("presence_penalty", json!(-0.25)),
        ("seed", json!(7)),
        ("logit_bias", json!({"50256": -100.0})),
        ("max_tokens", json!(20)),
        ("stop", json!(["END"])),
    ] {
        assert_eq!(body[field], value, "{field}");
    }
}

#[test]
fn a_models_calls_come_whole_and_results_go_back_by_their_ids() {
    let fragment = |delta: Value| chunk(json!({"tool_calls": [delta]}), Value::Null);
    let called = stream([
        fragment(json!({"index": 0, "id": "call_a", "type": "function",
            "function": {"name": "weather", "arguments": ""}})),
        fragment(json!({"index": 0, "function": {"arguments": "{\"place\":"}})),
        fragment(json!({"index": 0, "function": {"arguments": "\"Oslo\"}"}})),
        fragment(json!({"index": 1, "id": "call_b", "type": "function",
            "function": {"name": "weather", "arguments": "{\"place\":\"Rome\"}"}})),
        chunk(json!({}), json!("tool_calls")),
        usage(80, 17, 0),
    ]);
    let server = Server::new(check, [called, says(&["Cold, warm."])]);
    let remote = remote("openai", RemoteKind::OpenAi, &server);
    let mut request = question();
    request.tools = vec![weather()];
    let events = ask(&remote, MODEL, request).unwrap();
    assert_eq!(
        calls(&events),
        [call("call_a", "Oslo"), call("call_b", "Rome")]
    );
    assert_eq!(finish(&events).reason, FinishReason::ToolCalls);

    let result = |id: &str, content: &str| Message {
        tool_call_id: Some(id.to_owned()),
        ..Message::new("tool", content)
    };
    let mut turn = Message::new("assistant", "");
    turn.tool_calls = calls(&events);
    let mut request = chat(vec![
        Message::new("user", "Hi?"),
        turn,
        result("call_b", "warm"),
        result("call_a", "cold"),
    ]);
    request.tools = vec![weather()];
    assert_eq!(text(&ask(&remote, MODEL, request).unwrap()), "Cold, warm.");
    let body = &server.received()[1].body;
    assert_eq!(body["tools"][0]["function"]["name"], "weather");
    let messages = body["messages"].as_array().unwrap();
    let arguments = &messages[1]["tool_calls"][0]["function"]["arguments"];
    assert_eq!(arguments, "{\"place\":\"Oslo\"}");
    let answered = messages[2..].iter().map(|message| {
        let text = |key: &str| message[key].as_str().unwrap().to_owned();
        (text("tool_call_id"), text("content"))
    });
    let mut answered: Vec<_> = answered.collect();
    answered.sort();
    let pair = |id: &str, content: &str| (id.to_owned(), content.to_owned());
    assert_eq!(answered, [pair("call_a", "cold"), pair("call_b", "warm")]);
}

#[test]
fn images_go_as_data_from_bytes_and_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pixel");
    std::fs::write(&path, PIXEL).unwrap();
    for image in [Image::Bytes(PIXEL.to_vec()), Image::Path(path)] {
        let server = server(says(&["A pixel."]));
        let mut message = Message::new("user", "What is it?");
        message.images = vec![image];
        let remote = remote("openai", RemoteKind::OpenAi, &server);
        ask(&remote, MODEL, chat(vec![message])).unwrap();
        let content = &server.only().body["messages"][0]["content"];
        let url = content[0]["image_url"]["url"].as_str().unwrap();
        assert!(
            url.starts_with("data:image/png;base64,iVBORw0KGgo"),
            "{url}"
        );
        assert_eq!(content[1]["text"], "What is it?");
    }
}

#[test]
fn a_schema_goes_along_with_tools() {
    let server = server(says(&["{\"n\":1}"]));
    let mut request = question();
    request.tools = vec![weather()];
    request.format = Some(json!({"type": "object", "properties": {"n": {"type": "integer"}}}));
    ask(
        &remote("openai", RemoteKind::OpenAi, &server),
        MODEL,
        request,
    )
    .unwrap();
    let format = server.only().body["response_format"].clone();
    assert_eq!(format["type"], "json_schema");
    let schema = &format["json_schema"]["schema"];
    assert_eq!(schema["properties"], json!({"n": {"type": "integer"}}));
    assert_eq!(schema["required"], json!(["n"]));
}

#[test]
fn any_json_can_be_asked_for() {
    let server = server(says(&["{}"]));
    let mut request = question();
    request.format = Some(json!(true));
    ask(
        &remote("openai", RemoteKind::OpenAi, &server),
        MODEL,
        request,
    )
    .unwrap();
    assert_eq!(
        server.only().body["response_format"],
        json!({"type": "json_object"})
    );
}

#[test]
fn thinking_has_levels_on_models_that_think() {
    let server = server(says(&["ok"]));
    let remote = remote("openai", RemoteKind::OpenAi, &server);
    let mut request = question();
    request.think = Some(Think::High);
    request.max_tokens = Some(30);
    ask(&remote, "openai/o3", request.clone()).unwrap();
    let body = server.only().body;
    assert_eq!(body["reasoning_effort"], "high");
    assert_eq!(body["max_completion_tokens"], 30);

    let error = ask(&remote, MODEL, request).unwrap_err().to_string();
    assert!(
        error.starts_with("think: gpt-4o-mini of openai does not take it: "),
        "{error}"
    );
}

#[test]
fn what_a_model_thinks_is_told_apart() {
    let server = server(stream([
        chunk(json!({"reasoning_content": "Let me "}), Value::Null),
        chunk(json!({"reasoning_content": "see."}), Value::Null),
        chunk(json!({"content": "Yes."}), Value::Null),
        chunk(json!({}), json!("stop")),
    ]));
    let events = ask(
        &remote("openai", RemoteKind::OpenAi, &server),
        MODEL,
        question(),
    )
    .unwrap();
    assert_eq!(
        (thoughts(&events), text(&events)),
        ("Let me see.".into(), "Yes.".into())
    );
}

#[test]
fn how_likely_tokens_were_comes_before_their_text() {
    let mut piece = chunk(json!({"content": "é"}), Value::Null);
    piece["choices"][0]["logprobs"] = json!({"content": [{
        "token": "é", "bytes": [195, 169], "logprob": -0.25,
        "top_logprobs": [{"token": "e", "bytes": null, "logprob": -1.5}],
    }]});
    let server = server(stream([piece, chunk(json!({}), json!("stop"))]));
    let mut request = question();
    request.sampling.logprobs = Some(true);
    request.sampling.top_logprobs = Some(1);
    let events = ask(
        &remote("openai", RemoteKind::OpenAi, &server),
        MODEL,
        request,
    )
    .unwrap();
    let [Event::Logprobs(tokens), Event::Text(text), Event::Done(_)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(text, "é");
    assert_eq!(tokens[0].chosen.bytes, "é".as_bytes());
    assert_eq!(tokens[0].chosen.logprob, -0.25);
    let other = Logprob {
        token: None,
        bytes: b"e".to_vec(),
        logprob: -1.5,
    };
    assert_eq!(tokens[0].top, [other]);
    assert_eq!(server.only().body["top_logprobs"], 1);
}

#[test]
fn the_end_by_max_tokens_is_told() {
    let cut = chunk(json!({"content": "and"}), json!("length"));
    let server = server(stream([cut, usage(3, 1, 0)]));
    let events = ask(
        &remote("openai", RemoteKind::OpenAi, &server),
        MODEL,
        question(),
    )
    .unwrap();
    assert_eq!(finish(&events).reason, FinishReason::Length);
}

#[test]
fn embeddings_have_length_one_and_the_order_of_their_texts() {
    let vector = |index: usize, embedding: Value| json!({"object": "embedding", "index": index, "embedding": embedding});
    let server = server(Reply::json(
        200,
        json!({
            "object": "list", "model": "text-embedding-3-small",
            "data": [vector(1, json!([0.0, -2.0])), vector(0, json!([3.0, 4.0]))],
            "usage": {"prompt_tokens": 8, "total_tokens": 8},
        }),
    ));
    let remote = remote("openai", RemoteKind::OpenAi, &server);
    let texts = vec!["one".to_owned(), "two".to_owned()];
    let model = name("openai/text-embedding-3-small");
    let embeddings = wait(remote.embed(model, texts)).unwrap();
    assert_eq!(embeddings.vectors, [[0.6, 0.8], [0.0, -1.0]]);
    assert_eq!(embeddings.prompt_tokens, Some(8));
    assert_eq!(server.only().body["input"], json!(["one", "two"]));
}

#[test]
fn models_are_listed_and_found() {
    let entry = |id: &str| json!({"id": id, "object": "model", "created": 1686935002, "owned_by": "openai"});
    let list = json!({"object": "list", "data": [entry("gpt-4o"), entry("gpt-4o-mini")]});
    let server = server(Reply::json(200, list));
    let remote = remote("openai", RemoteKind::OpenAi, &server);
    let models = wait(remote.list()).unwrap();
    let names: Vec<_> = models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["openai/gpt-4o", "openai/gpt-4o-mini"]);
    assert_eq!(models[0].modified, Some(1_686_935_002.0));
    assert!(wait(remote.has(&name(MODEL))).unwrap());
    assert!(!wait(remote.has(&name("openai/gpt-4o-mini-x"))).unwrap());
    let error = wait(remote.info(name("openai/gpt-4o-mino")))
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean \"gpt-4o-mini\"?"), "{error}");
}
