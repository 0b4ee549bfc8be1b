//! Whether the server answers, remembered for a while.

use std::time::Duration;

use llmspell_models::{Backend, Error, OllamaSettings};

use crate::server::{Asked, End, Reply, Server};
use crate::{fixtures, name, ollama, wait, with};

fn library() -> Server {
    Server::start(|asked: &Asked| match asked.line.as_str() {
        "GET /api/version" => Reply::json(200, &fixtures::version()),
        "POST /api/show" => Reply::json(200, &fixtures::shown(&["completion"])),
        other => panic!("{other}"),
    })
}

fn versions(server: &Server) -> usize {
    let asked = server.asked();
    let version = |asked: &&Asked| asked.line == "GET /api/version";
    asked.iter().filter(version).count()
}

#[test]
fn models_without_a_configuration_ask_no_server() {
    let status = wait(llmspell_models::Models::new().status()).unwrap();
    assert!(!status.ollama.running);
    let why = status.ollama.error.unwrap();
    assert!(why.starts_with("it is switched off"), "{why}");
}

#[test]
fn a_server_is_asked_once_within_the_interval_whether_it_is_there() {
    let server = library();
    let ollama = ollama(&server);
    for _ in 0..3 {
        assert!(wait(ollama.has(&name("llama3.2"))).unwrap());
    }
    assert_eq!(versions(&server), 1);
}

#[test]
fn a_server_is_asked_anew_after_the_interval() {
    let server = library();
    let ollama = with(
        &server,
        OllamaSettings {
            health_check_interval: Duration::ZERO,
            ..OllamaSettings::default()
        },
    );
    for _ in 0..3 {
        assert!(wait(ollama.has(&name("llama3.2"))).unwrap());
    }
    assert_eq!(versions(&server), 3);
}

#[test]
fn many_who_choose_at_once_ask_a_hanging_server_once() {
    let server = Server::always(|| Reply::chunks(Vec::new()).end(End::Hang));
    let (ollama, name) = (ollama(&server), name("llama3.2"));
    let answers =
        wait(async { futures_util::future::join_all((0..5).map(|_| ollama.has(&name))).await });
    for answer in answers {
        let error = answer.unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error}");
        assert!(
            error.to_string().contains("no answer within 2 s"),
            "{error}"
        );
    }
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_hanging_server_holds_up_no_list() {
    let server = Server::always(|| Reply::chunks(Vec::new()).end(End::Hang));
    let error = wait(ollama(&server).list()).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(server.asked()[0].line, "GET /api/version");
}

#[test]
fn a_request_of_ones_own_asks_even_a_server_that_was_down() {
    let server = Server::start(|asked: &Asked| match asked.line.as_str() {
        "GET /api/version" => Reply::chunks(Vec::new()).end(End::Hang),
        _ => Reply::lines(&fixtures::chat(&["Hi"])),
    });
    let ollama = ollama(&server);
    assert!(wait(ollama.alive()).is_err());
    let events = crate::events(&ollama, crate::hello()).unwrap();
    assert_eq!(crate::text(&events), "Hi");
    // What answered counts as there.
    wait(ollama.alive()).unwrap();
    assert_eq!(versions(&server), 1);
}
