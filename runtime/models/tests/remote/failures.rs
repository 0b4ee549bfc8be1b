//! What goes wrong on the way, and what people are told.

use std::net::TcpListener;
use std::time::Duration;

use llmspell_models::{Error, Event, Overflow, Prompt, Remote, RemoteKind, Request};
use serde_json::{Value, json};

use crate::protocol::{anthropic, gemini, openai};
use crate::server::{Check, End, Reply, Server};
use crate::support::{KEY, ask, chat, name, question, remote, settings, text, wait};
use llmspell_models::{Backend, Message};

const MODEL: &str = "openai/gpt-4o-mini";

fn problem(server: &Server) -> String {
    let remote = remote("openai", RemoteKind::OpenAi, server);
    ask(&remote, MODEL, question()).unwrap_err().to_string()
}

#[test]
fn statuses_are_explained_with_the_providers_own_words() {
    let openai = |message: &str| json!({"error": {"message": message, "type": "x", "code": null}});
    let cases = [
        (
            401,
            openai("Incorrect API key provided."),
            "set OPENAI_API_KEY to one that is valid",
        ),
        (
            403,
            openai("Country not supported."),
            "the key lacks the right to it",
        ),
        (
            404,
            openai("The model does not exist."),
            "check the model's name",
        ),
        (
            429,
            openai("You exceeded your current quota."),
            "try again later",
        ),
        (400, openai("Unsupported value."), "Unsupported value."),
        (
            500,
            json!({"detail": "out of memory"}),
            "out of memory; try again later",
        ),
        (503, json!("overloaded"), "overloaded"),
        (302, Value::Null, "set base_url to the right address"),
    ];
    for (status, body, expected) in cases {
        let error = problem(&Server::new(
            openai::check,
            [Reply::json(status, body.clone())],
        ));
        assert!(error.contains(&format!("({status})")), "{error}");
        assert!(error.contains(expected), "{error}");
        let words = body
            .pointer("/error/message")
            .and_then(Value::as_str)
            .unwrap_or_default();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_provider_says_when_to_come_back() {
    let date = "Wed, 21 Oct 2026 07:28:00 GMT";
    for (wait, hint) in [
        ("17", "try again in 17 seconds".to_owned()),
        (date, format!("try again after {date}")),
    ] {
        let body = json!({"error": {"message": "Rate limit reached"}});
        let reply = Reply::json(429, body).with("retry-after", wait);
        let error = problem(&Server::new(openai::check, [reply]));
        let expected = format!("Rate limit reached; {hint}");
        assert!(error.ends_with(&expected), "{error}");
    }
}

#[test]
fn the_key_is_in_no_error_even_if_the_server_repeats_it() {
    let message = format!("Incorrect API key provided: {KEY}\u{1b}[2J.");
    let reply = Reply::json(401, json!({"error": {"message": message}}));
    let error = problem(&Server::new(openai::check, [reply]));
    assert!(
        error.contains("Incorrect API key provided: [key] [2J."),
        "{error}"
    );
}

/// For each kind: how requests are checked, the start of an answer, and an error in the middle of one.
fn broken() -> [(RemoteKind, Check, Reply, &'static str); 3] {
    let openai = openai::stream([
        openai::chunk(json!({"content": "Hel"}), Value::Null),
        json!({"error": {"message": "The server had an error", "type": "server_error"}}),
    ]);
    let overloaded = json!({"type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let begun = anthropic::text(0, &["Hel"])[..2].to_vec();
    let anthropic = anthropic::stream([vec![anthropic::start()], begun, vec![overloaded]].concat());
    let gemini = gemini::stream([
        gemini::chunk(json!([{"text": "Hel"}]), None),
        json!({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}),
    ]);
    [
        (
            RemoteKind::OpenAi,
            openai::check,
            openai,
            "The server had an error",
        ),
        (
            RemoteKind::Anthropic,
            anthropic::check,
            anthropic,
            "Overloaded",
        ),
        (
            RemoteKind::Gemini,
            gemini::check,
            gemini,
            "The model is overloaded.",
        ),
    ]
}

/// The text that came, and the error after it.
fn partly(remote: &Remote) -> (String, String) {
    wait(async {
        let mut answer = remote
            .generate(name("there/model"), question())
            .await
            .unwrap();
        let mut events: Vec<Event> = Vec::new();
        loop {
            match answer.next().await.expect("an error before the end") {
                Ok(event) => events.push(event),
                Err(error) => return (text(&events), error.to_string()),
            }
        }
    })
}

#[test]
fn an_error_in_the_middle_of_an_answer_is_one() {
    for (kind, check, reply, words) in broken() {
        let server = Server::new(check, [reply]);
        let (text, error) = partly(&remote("there", kind, &server));
        assert_eq!(text, "Hel");
        assert!(
            error.starts_with("there ") && error.contains(words),
            "{kind:?}: {error}"
        );
    }
}

#[test]
fn an_answer_without_its_end_is_an_error() {
    for (kind, check, reply, _) in broken() {
        for end in [End::Whole, End::Cut] {
            let mut reply = reply.clone().ending(end);
            let begun = reply.pieces.len() - if kind == RemoteKind::OpenAi { 2 } else { 1 };
            reply.pieces.truncate(begun);
            let server = Server::new(check, [reply]);
            let (text, error) = partly(&remote("there", kind, &server));
            assert_eq!(text, "Hel");
            let expected = "there broke its answer off: ";
            assert!(error.starts_with(expected), "{kind:?} {end:?}: {error}");
            assert!(error.ends_with("; ask again"), "{error}");
        }
    }
}

#[test]
fn an_error_with_a_good_status_is_one() {
    let reply = Reply::json(200, json!({"error": {"message": "no such deployment"}}));
    let error = problem(&Server::new(openai::check, [reply]));
    assert_eq!(
        error,
        "openai sent an error in place of its answer: no such deployment"
    );
}

#[test]
fn a_page_is_no_answer() {
    let mut page = Reply::json(200, json!(null)).ending(End::Whole);
    page.headers = vec![("content-type", "text/html".to_owned())];
    page.pieces = vec![b"<html>Welcome</html>".to_vec()];
    let error = problem(&Server::new(openai::check, [page]));
    assert!(
        error.starts_with("openai did not answer with a stream: "),
        "{error}"
    );
    assert!(error.ends_with("; check base_url"), "{error}");
}

#[test]
fn a_server_that_is_silent_is_given_up() {
    let silent = Reply::events([]).ending(End::Hang);
    let stuck = openai::stream([openai::chunk(json!({"content": "Hel"}), Value::Null)]);
    let mut stuck = stuck.ending(End::Hang);
    stuck.pieces.truncate(1);
    for reply in [silent, stuck] {
        let server = Server::new(openai::check, [reply]);
        let mut settings = settings("openai", RemoteKind::OpenAi, &server);
        settings.timeout = Duration::from_millis(200);
        let error = ask(&Remote::new(settings).unwrap(), MODEL, question()).unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error}");
        let error = error.to_string();
        let expected =
            "does not answer: it was silent for 0.2 s; raise timeout_seconds of [providers.openai]";
        assert!(error.contains(expected), "{error}");
        server.client_is_gone();
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut settings =
        llmspell_models::RemoteSettings::new("cluster", RemoteKind::OpenAiCompatible);
    settings.base_url = Some(format!("http://{free}"));
    let remote = Remote::new(settings).unwrap();
    let error = ask(&remote, "cluster/m", question())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("cluster at http://{free}/v1 does not answer: ")),
        "{error}"
    );
    assert!(error.contains("refused"), "{error}");
}

#[test]
fn dropping_an_answer_closes_its_request() {
    let mut reply = openai::says(&["Hel", "lo"]).ending(End::Hang);
    reply.pieces.truncate(2);
    let server = Server::new(openai::check, [reply]);
    let remote = remote("openai", RemoteKind::OpenAi, &server);
    wait(async {
        let mut answer = remote.generate(name(MODEL), question()).await.unwrap();
        assert_eq!(
            answer.next().await.unwrap().unwrap(),
            Event::Text("Hel".to_owned())
        );
    });
    server.client_is_gone();
}

#[test]
fn arguments_that_are_no_json_are_an_error() {
    let call = json!({"index": 0, "id": "call_a", "type": "function",
        "function": {"name": "weather", "arguments": "{\"place\": "}});
    let reply = openai::stream([
        openai::chunk(json!({"tool_calls": [call]}), Value::Null),
        openai::chunk(json!({}), json!("length")),
    ]);
    let error = problem(&Server::new(openai::check, [reply]));
    assert!(
        error.starts_with("openai called weather with arguments"),
        "{error}"
    );
}

#[test]
fn what_only_a_model_on_this_machine_has_is_an_error() {
    let server = Server::new(openai::check, [openai::says(&["ok"])]);
    let remote = remote("openai", RemoteKind::OpenAi, &server);
    type Change = fn(&mut Request);
    let change: [(&str, Change); 9] = [
        ("context_size: openai has", |request| {
            request.loading.context_size = Some(512)
        }),
        ("on_overflow: openai has", |request| {
            request.on_overflow = Overflow::DropOldest
        }),
        ("top_k: openai has", |request| {
            request.sampling.top_k = Some(4)
        }),
        ("mirostat: openai has", |request| {
            request.sampling.mirostat = Some(2)
        }),
        ("base_url: openai has", |request| {
            request.base_url = Some("http://127.0.0.1:1".into())
        }),
        (
            "temperature: expected a finite number, got NaN",
            |request| request.sampling.temperature = Some(f64::NAN),
        ),
        ("logit_bias: expected a finite number, got inf", |request| {
            request.sampling.logit_bias = [(1, f64::INFINITY)].into()
        }),
        ("max_tokens: expected at least 1, got 0", |request| {
            request.max_tokens = Some(0)
        }),
        ("openai cannot continue raw text", |request| {
            request.prompt = Prompt::Raw("a".into())
        }),
    ];
    for (expected, change) in change {
        let mut request = question();
        change(&mut request);
        let error = ask(&remote, MODEL, request).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = ask(&remote, MODEL, chat(vec![Message::new("robot", "hi")])).unwrap_err();
    let expected = "messages: expected a role system, user, assistant or tool, got robot";
    assert_eq!(error.to_string(), expected);
    assert!(server.received().is_empty());
}
