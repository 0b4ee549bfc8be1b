//! Gemini's `streamGenerateContent`.

use llmspell_models::{
    Backend, Event, FinishReason, Image, Message, Remote, RemoteKind, Sampling, Think,
};
use serde_json::json;

use crate::protocol::gemini::{check, chunk, says, stream};
use crate::server::{Reply, Server};
use crate::support::{
    KEY, PIXEL, ask, calls, chat, finish, name, question, remote, text, thoughts, wait, weather,
};

const MODEL: &str = "gemini/gemini-2.5-flash";

fn gemini(server: &Server) -> Remote {
    remote("gemini", RemoteKind::Gemini, server)
}

#[test]
fn an_answer_streams_and_ends_with_counts() {
    let server = Server::new(check, [says(&["Grü", "ße 🦀"]).torn()]);
    let events = ask(&gemini(&server), MODEL, question()).unwrap();
    assert_eq!(text(&events), "Grüße 🦀");
    let end = finish(&events);
    assert_eq!(
        (end.model.as_str(), end.reason),
        (MODEL, FinishReason::Stop)
    );
    assert_eq!(
        (end.prompt_tokens, end.completion_tokens, end.cached_tokens),
        (8, 6, 2)
    );
    let asked = server.only();
    assert_eq!(asked.header("x-goog-api-key"), KEY);
    assert_eq!(
        asked.path,
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    );
    assert_eq!(
        asked.body["systemInstruction"]["parts"][0]["text"],
        "Be brief."
    );
}

#[test]
fn every_option_reaches_the_server_under_its_name() {
    let server = Server::new(check, [says(&["ok"])]);
    let mut request = question();
    request.sampling = Sampling {
        temperature: Some(0.5),
        top_k: Some(40),
        top_p: Some(0.9),
        frequency_penalty: Some(0.25),
        presence_penalty: Some(-0.25),
        seed: Some(7),
        logprobs: Some(true),
        top_logprobs: Some(2),
        ..Sampling::default()
    };
    request.max_tokens = Some(20);
    request.stop = vec!["END".to_owned()];
    request.format = Some(json!(true));
    request.think = Some(Think::Low);
    ask(&gemini(&server), MODEL, request).unwrap();
    let config = server.only().body["generationConfig"].clone();
    let expected = json!({
        "temperature": 0.5, "topK": 40, "topP": 0.9, "frequencyPenalty": 0.25, "presencePenalty": -0.25,
        "seed": 7, "responseLogprobs": true, "logprobs": 2, "maxOutputTokens": 20, "stopSequences": ["END"],
        "responseMimeType": "application/json",
        "thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": true},
    });
    assert_eq!(config, expected);
}

#[test]
fn a_schema_reaches_the_server_as_it_is() {
    let server = Server::new(check, [says(&["{}"])]);
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let mut request = question();
    request.format = Some(schema.clone());
    ask(&gemini(&server), MODEL, request).unwrap();
    let config = &server.only().body["generationConfig"];
    assert_eq!(config["responseJsonSchema"], schema);
    assert_eq!(config["responseMimeType"], "application/json");
}

#[test]
fn thoughts_and_signatures_go_back_with_results() {
    let called = stream([
        chunk(json!([{"text": "Oslo, then.", "thought": true}]), None),
        chunk(
            json!([{"functionCall": {"name": "weather", "args": {"place": "Oslo"}},
                "thoughtSignature": "CpQBAdHtim8="}]),
            Some("STOP"),
        ),
    ]);
    let server = Server::new(check, [called, says(&["Cold."])]);
    let gemini = gemini(&server);
    let mut request = question();
    request.tools = vec![weather()];
    let events = ask(&gemini, MODEL, request).unwrap();
    assert_eq!(thoughts(&events), "Oslo, then.");
    assert_eq!(finish(&events).reason, FinishReason::ToolCalls);
    let called = calls(&events);
    assert_eq!((called.len(), called[0].name.as_str()), (1, "weather"));

    let mut turn = Message::new("assistant", "");
    let mut result = Message::new("tool", "cold");
    result.tool_call_id = called[0].id.clone();
    turn.tool_calls = called;
    let mut request = chat(vec![Message::new("user", "Hi?"), turn, result]);
    request.tools = vec![weather()];
    assert_eq!(text(&ask(&gemini, MODEL, request).unwrap()), "Cold.");
    let body = &server.received()[1].body;
    let declared = &body["tools"][0]["functionDeclarations"][0];
    assert_eq!(declared["name"], "weather");
    let contents = body["contents"].as_array().unwrap();
    let parts = contents
        .iter()
        .flat_map(|content| content["parts"].as_array().unwrap());
    let find = |kind: &str| {
        let mut parts = parts.clone();
        parts
            .find(|part| part[kind].is_object())
            .unwrap_or_else(|| panic!("{kind}: {body}"))
    };
    let call = find("functionCall");
    assert_eq!(call["functionCall"]["args"], json!({"place": "Oslo"}));
    assert_eq!(call["thoughtSignature"], "CpQBAdHtim8=");
    assert_eq!(
        find("functionResponse")["functionResponse"]["name"],
        "weather"
    );
}

#[test]
fn how_likely_tokens_were_is_told() {
    let mut piece = chunk(json!([{"text": "a"}]), Some("STOP"));
    piece["candidates"][0]["logprobsResult"] = json!({
        "chosenCandidates": [{"token": "a", "tokenId": 5, "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "b", "tokenId": 6, "logProbability": -2.0}]}],
    });
    let server = Server::new(check, [stream([piece])]);
    let mut request = question();
    request.sampling.logprobs = Some(true);
    let events = ask(&gemini(&server), MODEL, request).unwrap();
    let Some(Event::Logprobs(tokens)) = events.first() else {
        panic!("{events:?}");
    };
    assert_eq!(
        (tokens[0].chosen.token, tokens[0].chosen.logprob),
        (Some(5), -0.5)
    );
    assert_eq!(
        (tokens[0].top[0].token, tokens[0].top[0].logprob),
        (Some(6), -2.0)
    );
}

#[test]
fn images_are_sent_in_types_that_it_reads() {
    let server = Server::new(check, [says(&["A pixel."])]);
    let shown = |bytes: &[u8]| {
        let mut message = Message::new("user", "What is it?");
        message.images = vec![Image::Bytes(bytes.to_vec())];
        chat(vec![message])
    };
    ask(&gemini(&server), MODEL, shown(PIXEL)).unwrap();
    let part = &server.only().body["contents"][0]["parts"][0];
    assert_eq!(part["inlineData"]["mimeType"], "image/png");
    let problem = |bytes: &[u8]| {
        ask(&gemini(&server), MODEL, shown(bytes))
            .unwrap_err()
            .to_string()
    };
    let gif = problem(b"GIF89a\x01\0\x01\0\0\0\0;");
    assert!(gif.contains("gemini does not read this type"), "{gif}");
    let other = problem(b"BM");
    assert_eq!(
        other,
        "images: one of 2 bytes cannot be sent: it is no PNG, JPEG, GIF or WebP"
    );
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_blocked_answer_is_an_error() {
    let server = Server::new(check, [stream([chunk(json!([]), Some("SAFETY"))])]);
    let error = ask(&gemini(&server), MODEL, question())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("gemini refused to answer: "), "{error}");
}

#[test]
fn a_name_cannot_lead_to_another_address() {
    let server = Server::new(check, [says(&["ok"])]);
    for model in ["gemini/x?y=", "gemini/x:generateContent"] {
        let error = ask(&gemini(&server), model, question())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("Gemini's models have letters"),
            "{model}: {error}"
        );
    }
    assert!(server.received().is_empty());
}

#[test]
fn embeddings_have_length_one() {
    let vectors = json!({"embeddings": [{"values": [3.0, 4.0]}, {"values": [0.0, 2.0]}]});
    let server = Server::new(check, [Reply::json(200, vectors)]);
    let texts = vec!["one".to_owned(), "two".to_owned()];
    let model = name("gemini/gemini-embedding-001");
    let embeddings = wait(gemini(&server).embed(model, texts)).unwrap();
    assert_eq!(embeddings.vectors, [[0.6, 0.8], [0.0, 1.0]]);
    let asked = server.only();
    assert_eq!(
        asked.path,
        "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    );
    assert_eq!(
        asked.body["requests"][1]["content"]["parts"][0]["text"],
        "two"
    );
}

#[test]
fn models_are_listed_with_their_context() {
    let list = json!({"models": [{"name": "models/gemini-2.5-flash", "version": "001",
        "displayName": "Gemini 2.5 Flash", "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent"]}]});
    let server = Server::new(check, [Reply::json(200, list)]);
    let models = wait(gemini(&server).list()).unwrap();
    assert_eq!(models[0].name, MODEL);
    assert_eq!(models[0].context_length, Some(1_048_576));
}
