//! Servers that speak as OpenAI does.

use llmspell_models::config::{Config, Search};
use llmspell_models::{Backend, Models, Remote, RemoteKind, Sampling, Think};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::protocol::openai::{check_compatible, says};
use crate::protocol::{anthropic, openai};
use crate::server::{Reply, Server};
use crate::support::{ask, collect, name, question, remote, settings, text, wait};

const MODEL: &str = "cluster/meta-llama/Llama-3.1-8B-Instruct";

fn cluster(server: &Server) -> Remote {
    remote("cluster", RemoteKind::OpenAiCompatible, server)
}

#[test]
fn a_server_needs_no_key_and_gets_none() {
    let server = Server::new(check_compatible, [says(&["Hello"])]);
    let events = ask(&cluster(&server), MODEL, question()).unwrap();
    assert_eq!(text(&events), "Hello");
    let asked = server.only();
    assert_eq!(asked.header("authorization"), "");
    assert_eq!(asked.body["model"], "meta-llama/Llama-3.1-8B-Instruct");
}

#[test]
fn an_address_without_a_path_means_v1() {
    let server = Server::new(check_compatible, [says(&["Hello"])]);
    let mut settings = settings("cluster", RemoteKind::OpenAiCompatible, &server);
    settings.base_url = Some(server.url.clone());
    ask(&Remote::new(settings).unwrap(), MODEL, question()).unwrap();
    assert_eq!(server.only().path, "/v1/chat/completions");
}

#[test]
fn such_servers_take_more_options_than_openai() {
    let server = Server::new(check_compatible, [says(&["ok"])]);
    let mut request = question();
    request.sampling = Sampling {
        temperature: Some(0.5),
        top_k: Some(40),
        top_p: Some(0.9),
        min_p: Some(0.05),
        repeat_penalty: Some(1.1),
        seed: Some(7),
        ..Sampling::default()
    };
    request.stop = vec!["END".to_owned()];
    ask(&cluster(&server), MODEL, request).unwrap();
    let body = server.only().body;
    for (field, value) in [
        ("temperature", json!(0.5)),
        ("top_k", json!(40)),
        ("top_p", json!(0.9)),
        ("min_p", json!(0.05)),
        ("repetition_penalty", json!(1.1)),
        ("repeat_penalty", json!(1.1)),
        ("seed", json!(7)),
        ("stop", json!(["END"])),
    ] {
        assert_eq!(body[field], value, "{field}");
    }
}

#[test]
fn a_schema_reaches_the_server_as_it_is() {
    let server = Server::new(check_compatible, [says(&["{}"])]);
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let mut request = question();
    request.format = Some(schema.clone());
    ask(&cluster(&server), MODEL, request).unwrap();
    let format = server.only().body["response_format"].clone();
    assert_eq!(format["json_schema"]["schema"], schema);
}

#[test]
fn thinking_is_switched_in_the_template_or_has_levels() {
    let cases: [(Think, &str, Value); 4] = [
        (
            Think::Off,
            "chat_template_kwargs",
            json!({"enable_thinking": false}),
        ),
        (
            Think::On,
            "chat_template_kwargs",
            json!({"enable_thinking": true}),
        ),
        (Think::Low, "reasoning_effort", json!("low")),
        (Think::High, "reasoning_effort", json!("high")),
    ];
    for (think, field, value) in cases {
        let server = Server::new(check_compatible, [says(&["ok"])]);
        let mut request = question();
        request.think = Some(think);
        ask(&cluster(&server), MODEL, request).unwrap();
        assert_eq!(server.only().body[field], value);
    }
}

#[test]
fn a_server_without_a_list_has_the_configured_model() {
    let server = Server::new(
        |_| Ok(()),
        [Reply::json(404, json!({"detail": "Not Found"}))],
    );
    let mut settings = settings("cluster", RemoteKind::OpenAiCompatible, &server);
    settings.default_model = Some("qwen3".to_owned());
    let remote = Remote::new(settings).unwrap();
    let models = wait(remote.list()).unwrap();
    assert_eq!(models[0].name, "cluster/qwen3");
    assert_eq!(
        wait(remote.info(name("cluster/other"))).unwrap().name,
        "cluster/other"
    );
}

#[test]
fn the_configured_number_of_tokens_holds_unless_a_request_says_another() {
    let server = Server::new(check_compatible, [says(&["ok"])]);
    let mut settings = settings("cluster", RemoteKind::OpenAiCompatible, &server);
    settings.max_tokens = Some(100);
    let remote = Remote::new(settings).unwrap();
    let mut request = question();
    ask(&remote, MODEL, request.clone()).unwrap();
    request.max_tokens = Some(5);
    ask(&remote, MODEL, request).unwrap();
    let asked = server.received();
    let most = asked.iter().map(|asked| asked.body["max_tokens"].clone());
    assert_eq!(most.collect::<Vec<_>>(), [100, 5]);
}

#[test]
fn one_request_goes_to_another_provider_by_its_models_name() {
    let here = Server::new(check_compatible, [says(&["from the cluster"])]);
    let there = Server::new(anthropic::check, [anthropic::says(&["from Claude"])]);
    let third = Server::new(openai::check, [says(&["from OpenAI"])]);
    let models = Models::new();
    for remote in [
        cluster(&here),
        remote("claude", RemoteKind::Anthropic, &there),
        remote("openai", RemoteKind::OpenAi, &third),
    ] {
        models.register(Arc::new(remote)).unwrap();
    }
    for (model, expected) in [
        (MODEL, "from the cluster"),
        ("claude/claude-sonnet-4-5", "from Claude"),
        ("openai/gpt-4o", "from OpenAI"),
    ] {
        let mut request = question();
        request.model = Some(model.to_owned());
        request.max_tokens = Some(50);
        let events = wait(async { collect(models.generate(request).await?).await });
        assert_eq!(text(&events.unwrap()), expected);
    }
}

#[test]
fn a_server_that_lists_no_models_is_asked_all_the_same_whatever_its_fallback_is() {
    for fallback in ["missing.gguf", "wisp"] {
        let refusal = Reply::json(403, json!({"error": {"message": "no rights"}}));
        let server = Server::new(check_compatible, [refusal, says(&["from the cluster"])]);
        let flags = [
            "providers.cluster.provider_type=openai".to_owned(),
            format!("providers.cluster.base_url={}/v1", server.url),
            format!("fallback.\"{MODEL}\"=[\"{fallback}\"]"),
        ];
        let config = Config::load(&Search {
            flags: flags.to_vec(),
            ..Search::default()
        });
        let models = Models::configured(config.unwrap()).unwrap();
        let mut request = question();
        request.model = Some(MODEL.to_owned());
        let events = wait(async { collect(models.generate(request).await?).await });
        assert_eq!(text(&events.unwrap()), "from the cluster", "{fallback}");
    }
}

#[test]
fn a_configured_server_without_a_key_can_be_asked_elsewhere() {
    let [configured, asked] =
        ["here", "there"].map(|text| Server::new(check_compatible, [says(&[text])]));
    let flags = [
        "providers.cluster.provider_type=openai".to_owned(),
        format!("providers.cluster.base_url={}/v1", configured.url),
    ];
    let config = Config::load(&Search {
        flags: flags.to_vec(),
        ..Search::default()
    });
    let models = Models::configured(config.unwrap()).unwrap();
    let mut request = question();
    request.model = Some(MODEL.to_owned());
    request.base_url = Some(format!("{}/v1", asked.url));
    let events = wait(async { collect(models.generate(request).await?).await });
    assert_eq!(text(&events.unwrap()), "there");
}
