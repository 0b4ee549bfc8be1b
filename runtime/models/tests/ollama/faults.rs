//! Servers that misbehave.

use std::net::TcpListener;
use std::time::Duration;

use llmspell_models::{Backend, Error, Loading, Ollama, OllamaSettings};
use serde_json::json;

use crate::server::{End, Reply, Server};
use crate::{events, fixtures, hello, name, ollama, rest, text, wait, with};

/// What an answer to a conversation ends with.
fn failure(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Error {
    let server = Server::always(reply);
    events(&ollama(&server), hello()).unwrap_err()
}

/// An address that nobody listens at.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn at(url: &str) -> Ollama {
    Ollama::new(OllamaSettings {
        base_url: Some(url.to_owned()),
        ..OllamaSettings::default()
    })
    .unwrap()
}

/// A server may be silent for so long that a test can wait for it.
fn impatient() -> OllamaSettings {
    OllamaSettings {
        timeout: Duration::from_millis(200),
        ..OllamaSettings::default()
    }
}

#[test]
fn a_server_that_does_not_run_is_named_with_what_to_do() {
    let url = nowhere();
    let error = events(&at(&url), hello()).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    let error = error.to_string();
    assert!(
        error.starts_with(&format!("Ollama at {url} does not answer: ")),
        "{error}"
    );
    assert!(error.contains("refused"), "{error}");
    assert!(
        error.contains("`ollama serve`") && error.contains("OLLAMA_HOST"),
        "{error}"
    );
    let status = wait(at(&url).status());
    assert!(!status.running);
    assert!(status.error.unwrap().contains("refused"));
}

#[test]
fn a_stream_that_ends_early_is_an_error() {
    let pieces = [fixtures::chat_piece("The")];
    let error = failure(move || Reply::lines(&pieces)).to_string();
    assert!(
        error.ends_with("gave no whole answer: it ended without saying that it is done"),
        "{error}"
    );
}

#[test]
fn an_error_after_the_status_200_is_an_error() {
    let lines = [
        fixtures::chat_piece("The"),
        json!({"error": "an error was encountered while running the model"}),
    ];
    let error = failure(move || Reply::lines(&lines));
    assert!(matches!(error, Error::ServerFailed { .. }), "{error}");
    let error = error.to_string();
    assert!(
        error.ends_with("reports: an error was encountered while running the model"),
        "{error}"
    );
}

#[test]
fn a_line_that_is_no_json_is_an_error_that_shows_it() {
    let error = failure(|| Reply::chunks(vec![b"<html>oops\n".to_vec()])).to_string();
    assert!(error.contains("\"<html>oops\n\" is no JSON"), "{error}");
    let error = failure(|| Reply::lines(&[json!({"hello": 1})])).to_string();
    assert!(error.contains("not what Ollama documents"), "{error}");
}

#[test]
fn a_connection_that_is_cut_or_reset_is_an_error() {
    for (end, reason) in [(End::Cut, "unexpected EOF"), (End::Reset, "reset")] {
        let server = Server::always(move || Reply::lines(&[fixtures::chat_piece("The")]).end(end));
        let error = events(&ollama(&server), hello()).unwrap_err();
        assert!(matches!(error, Error::BrokenAnswer { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn what_came_before_a_failure_is_not_lost() {
    let server = Server::always(|| Reply::lines(&[fixtures::chat_piece("The")]).end(End::Cut));
    let ollama = ollama(&server);
    wait(async {
        let mut generation = ollama.generate(name("llama3.2"), hello()).await.unwrap();
        assert_eq!(text(&[generation.next().await.unwrap().unwrap()]), "The");
        assert!(generation.next().await.unwrap().is_err());
        assert!(generation.next().await.is_none());
    });
}

#[test]
fn characters_and_lines_may_be_cut_anywhere() {
    let whole: Vec<u8> = fixtures::chat(&["Grüße", " 🦙", "!"])
        .iter()
        .flat_map(|line| format!("{line}\n").into_bytes())
        .collect();
    for size in [1, 2, 3, 7, 100] {
        let chunks: Vec<Vec<u8>> = whole.chunks(size).map(<[u8]>::to_vec).collect();
        let server = Server::always(move || Reply::chunks(chunks.clone()));
        let events = events(&ollama(&server), hello()).unwrap();
        assert_eq!(text(&events), "Grüße 🦙!", "pieces of {size} bytes");
    }
}

#[test]
fn the_last_line_needs_no_end() {
    let line = fixtures::chat_end().to_string().into_bytes();
    let server = Server::always(move || Reply::chunks(vec![b"\n\n".to_vec(), line.clone()]));
    assert_eq!(events(&ollama(&server), hello()).unwrap().len(), 1);
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    let server = Server::always(|| Reply::lines(&[fixtures::chat_piece("The")]).end(End::Hang));
    let error = events(&with(&server, impatient()), hello()).unwrap_err();
    assert!(matches!(error, Error::Silent { .. }), "{error}");
    let error = error.to_string();
    assert!(error.contains("has been silent for 0.2 s"), "{error}");
    assert!(error.contains("timeout_seconds"), "{error}");
    server.wait_for_close();
}

#[test]
fn a_server_that_takes_a_request_and_says_nothing_is_given_up() {
    // Connections wait to be accepted, which nobody does.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = Ollama::new(OllamaSettings {
        base_url: Some(format!("http://{}", listener.local_addr().unwrap())),
        ..impatient()
    });
    let error = events(&silent.unwrap(), hello()).unwrap_err();
    assert!(matches!(error, Error::Silent { .. }), "{error}");
}

#[test]
fn a_line_without_an_end_is_given_up() {
    let error = failure(|| Reply::chunks(vec![vec![b' '; 1 << 20]; 18]));
    let error = error.to_string();
    assert!(error.contains("a line of more than 16 MiB"), "{error}");
}

#[test]
fn dropping_an_answer_closes_its_connection() {
    let server = Server::always(|| Reply::lines(&[fixtures::chat_piece("The")]).end(End::Hang));
    let ollama = ollama(&server);
    let generation = wait(ollama.generate(name("llama3.2"), hello())).unwrap();
    drop(generation);
    server.wait_for_close();
}

#[test]
fn dropping_a_request_before_its_answer_closes_its_connection() {
    use std::sync::Mutex;
    use std::sync::mpsc;
    let (asked, was_asked) = mpsc::channel();
    let (go, gate) = mpsc::channel::<()>();
    let (asked, gate) = (Mutex::new(asked), Mutex::new(gate));
    let server = Server::always(move || {
        asked.lock().unwrap().send(()).unwrap();
        gate.lock().unwrap().recv().unwrap();
        Reply::lines(&[]).end(End::Hang)
    });
    let ollama = ollama(&server);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut asking = ollama.generate(name("llama3.2"), hello());
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(asking.as_mut().poll(cx)));
        assert!(polled.await.is_pending());
        was_asked.recv().unwrap();
        drop(asking);
    });
    go.send(()).unwrap();
    server.wait_for_close();
}

#[test]
fn a_refusal_is_told_in_the_servers_words() {
    let refusal = json!({"error": "\"llama3.2\" does not support tools"});
    let error = failure(move || Reply::json(400, &refusal)).to_string();
    assert!(
        error.ends_with("answers with status 400: \"llama3.2\" does not support tools"),
        "{error}"
    );

    let error = failure(|| Reply::json(404, &fixtures::not_found("llama3.2")));
    assert!(matches!(error, Error::NotFound { .. }), "{error}");

    let page = || Reply::chunks(vec![b"404 page not found\n".to_vec()]).status(404);
    let error = failure(page).to_string();
    assert!(
        error.contains("404 page not found; is it the address of an Ollama server?"),
        "{error}"
    );
}

#[test]
fn a_server_is_not_left_for_another_that_it_points_to() {
    let error = failure(|| Reply {
        headers: "location: http://example.org/\r\n",
        ..Reply::chunks(Vec::new()).status(307)
    });
    assert!(
        matches!(error, Error::ServerRefused { status: 307, .. }),
        "{error}"
    );
}

#[test]
fn an_address_that_is_none_is_an_error_without_its_secrets() {
    for (address, problem) in [
        ("http://user:secret@", "empty host"),
        ("ftp://user:secret@example.org", "it begins with \"ftp\""),
        ("http://example.org:port", "invalid port"),
        ("http://example.org/?a=b", "more than host, port and path"),
    ] {
        let settings = OllamaSettings {
            base_url: Some(address.to_owned()),
            ..OllamaSettings::default()
        };
        let error = Ollama::new(settings).err().expect(address).to_string();
        assert!(error.contains(problem), "{address}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
    let error = events(&at(&nowhere().replace("//", "//user:secret@")), hello());
    let error = error.unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn many_answers_come_at_the_same_time() {
    let server = Server::always(|| Reply::lines(&fixtures::chat(&["Hello"])));
    let ollama = ollama(&server);
    wait(async {
        let asked = (0..8).map(|_| ollama.generate(name("llama3.2"), hello()));
        for generation in futures_util::future::join_all(asked).await {
            assert_eq!(text(&rest(generation.unwrap()).await.unwrap()), "Hello");
        }
    });
}

#[test]
fn an_error_in_the_place_of_an_answer_is_told_and_none_is_none() {
    let server = Server::always(|| Reply::json(200, &json!({ "error": "cannot load" })));
    let loaded = wait(ollama(&server).load(name("llama3.2"), Loading::default()));
    let error = loaded.unwrap_err().to_string();
    assert!(error.ends_with("reports: cannot load"), "{error}");
    let fine = json!({ "error": null, "done": true });
    let server = Server::always(move || Reply::json(200, &fine));
    wait(ollama(&server).load(name("llama3.2"), Loading::default())).unwrap();
}
