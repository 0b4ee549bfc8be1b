//! Where keys go, and where not.

use llmspell_models::{Backend, Remote, RemoteKind, RemoteSettings};
use serde_json::json;

use crate::protocol::openai::{check, check_compatible, says};
use crate::server::{Reply, Server};
use crate::support::{KEY, ask, name, question, remote, settings, text, wait};

const MODEL: &str = "openai/gpt-4o-mini";

#[test]
fn no_key_names_the_variable_to_set() {
    let server = Server::new(check, [says(&["ok"])]);
    let mut settings = settings("openai", RemoteKind::OpenAi, &server);
    settings.key = None;
    settings.api_key_env = Some("LLMSPELL_TEST_KEY_THAT_IS_NOT_SET".to_owned());
    let remote = Remote::new(settings).unwrap();
    let expected =
        "openai needs a key: set the environment variable LLMSPELL_TEST_KEY_THAT_IS_NOT_SET";
    assert_eq!(
        ask(&remote, MODEL, question()).unwrap_err().to_string(),
        expected
    );
    assert_eq!(wait(remote.list()).unwrap_err().to_string(), expected);
    assert!(server.received().is_empty());
}

#[test]
fn the_key_is_read_from_the_variable() {
    let server = Server::new(check, [says(&["ok"])]);
    let mut settings = settings("openai", RemoteKind::OpenAi, &server);
    settings.key = None;
    // Cargo sets it for every test.
    settings.api_key_env = Some("CARGO_PKG_NAME".to_owned());
    ask(&Remote::new(settings).unwrap(), MODEL, question()).unwrap();
    assert_eq!(
        server.only().header("authorization"),
        "Bearer llmspell-models"
    );
}

#[test]
fn a_key_is_not_taken_to_another_server_by_a_redirect() {
    let thief = Server::new(|_| Ok(()), [says(&["thanks"])]);
    let moved = Reply::json(307, json!(null)).with("location", &format!("{}/v1", thief.url));
    let server = Server::new(|_| Ok(()), [moved]);
    for kind in [
        RemoteKind::OpenAi,
        RemoteKind::Anthropic,
        RemoteKind::Gemini,
    ] {
        let remote = remote("there", kind, &server);
        let error = ask(&remote, "there/model", question())
            .unwrap_err()
            .to_string();
        assert!(error.contains("(307)"), "{error}");
        let error = wait(remote.list()).unwrap_err().to_string();
        assert!(error.contains("(307)"), "{error}");
    }
    assert!(thief.received().is_empty());
}

#[test]
fn a_request_goes_to_another_server_only_without_a_key() {
    let here = Server::new(check_compatible, [says(&["here"])]);
    let there = Server::new(check_compatible, [says(&["there"])]);
    let mut settings = settings("cluster", RemoteKind::OpenAiCompatible, &here);
    let mut request = question();
    request.base_url = Some(there.url.clone());
    let open = Remote::new(settings.clone()).unwrap();
    assert_eq!(
        text(&ask(&open, "cluster/m", request.clone()).unwrap()),
        "there"
    );

    settings.key = Some(KEY.to_owned());
    let closed = Remote::new(settings).unwrap();
    let error = ask(&closed, "cluster/m", request.clone())
        .unwrap_err()
        .to_string();
    assert!(error.contains("is another server than"), "{error}");
    assert!(!error.contains(KEY), "{error}");
    // The same server under another path is not another server.
    request.base_url = Some(format!("{}/v1/", here.url));
    assert_eq!(text(&ask(&closed, "cluster/m", request).unwrap()), "here");
    assert_eq!((here.received().len(), there.received().len()), (1, 1));
}

#[test]
fn settings_show_no_key() {
    let mut settings = RemoteSettings::new("openai", RemoteKind::OpenAi);
    settings.key = Some(KEY.to_owned());
    let remote = Remote::new(settings.clone()).unwrap();
    assert!(!format!("{settings:?} {remote:?}").contains(KEY));
    assert_eq!(remote.settings(), &settings);
}

#[test]
fn settings_that_cannot_work_say_why() {
    let compatible = |url: &str| RemoteSettings::new("x", RemoteKind::OpenAiCompatible).at(url);
    let mut without = compatible("");
    without.base_url = None;
    let mut hasty = compatible("http://localhost");
    hasty.timeout = std::time::Duration::ZERO;
    let named = |name: &str| RemoteSettings::new(name, RemoteKind::OpenAi);
    for (settings, expected) in [
        (without, "[providers.x] base_url: is missing"),
        (
            compatible("localhost:8000"),
            "has to start with http:// or https://",
        ),
        (
            compatible("ftp://host"),
            "has to start with http:// or https://",
        ),
        (compatible("http://"), "is no address"),
        (compatible("http://user:pw@host/v1"), "has a key in it"),
        (compatible("http://host/v1?key=1"), "has more than a path"),
        (hasty, "[providers.x] timeout_seconds: 0 leaves no time"),
        (named("local"), "is taken or no name"),
        (named("ollama"), "is taken or no name"),
        (named("a/b"), "is taken or no name"),
        (named(""), "is taken or no name"),
    ] {
        let error = Remote::new(settings).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn kinds_are_spelled_as_settings_spell_them() {
    for kind in RemoteKind::ALL {
        assert_eq!(RemoteKind::named(kind.name()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
    assert_eq!(RemoteKind::named("other"), None);
}

#[test]
fn a_model_of_a_provider_is_known_by_its_name() {
    let server = Server::new(check, [says(&["ok"])]);
    let remote = remote("openai", RemoteKind::OpenAi, &server);
    assert_eq!(remote.name(), "openai");
    assert_eq!(name(MODEL).model(), "gpt-4o-mini");
}
