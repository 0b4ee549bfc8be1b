//! The models of a server: list, info, load, unload, remove.

use std::time::Duration;

use llmspell_models::{Backend, CacheType, Error, KeepAlive, Loading};
use serde_json::json;

use crate::server::{Asked, Reply, Server};
use crate::{fixtures, name, ollama, wait};

/// A server with the documentation's models, which can do what is said.
fn library(capabilities: &'static [&'static str]) -> Server {
    Server::start(move |asked: &Asked| match asked.line.as_str() {
        "GET /api/version" => Reply::json(200, &fixtures::version()),
        "GET /api/tags" => Reply::json(200, &fixtures::tags()),
        "GET /api/ps" => Reply::json(200, &fixtures::running()),
        "POST /api/embed" => Reply::json(200, &json!({"model": "m", "embeddings": []})),
        _ if asked.body["model"] == "missing" => Reply::json(404, &fixtures::not_found("missing")),
        "POST /api/show" => Reply::json(200, &fixtures::shown(capabilities)),
        "POST /api/generate" => Reply::json(200, &fixtures::loaded("load")),
        "DELETE /api/delete" => Reply::chunks(Vec::new()),
        other => panic!("{other}"),
    })
}

fn complete() -> Server {
    library(&["completion", "tools"])
}

#[test]
fn the_models_are_listed_with_what_is_known_of_them() {
    let models = wait(ollama(&complete()).list()).unwrap();
    let [codellama, llama] = &models[..] else {
        panic!("{models:?}");
    };
    assert_eq!(codellama.name, "codellama:13b");
    assert_eq!(codellama.backend, "ollama");
    assert_eq!(codellama.size_bytes, 7_365_960_935);
    assert_eq!(codellama.quantization.as_deref(), Some("Q4_0"));
    assert_eq!(codellama.architecture.as_deref(), Some("llama"));
    assert_eq!(codellama.parameters, Some(13_000_000_000));
    assert_eq!(codellama.modified, Some(1_699_135_009.277_302_6));
    assert_eq!((codellama.loaded, llama.loaded), (false, true));
}

#[test]
fn the_running_models_are_told_with_their_memory() {
    let running = wait(ollama(&complete()).running()).unwrap();
    assert_eq!(running.len(), 1);
    assert_eq!(running[0].name, "llama3.2:latest");
    assert_eq!(running[0].memory_bytes, 5_137_025_024);
    assert_eq!(running[0].gpu_bytes, 5_137_025_024);
    assert_eq!(running[0].context_size, Some(4096));
    assert_eq!(running[0].expires, Some(1_717_537_111.837_53));
}

#[test]
fn what_is_known_of_one_model_comes_from_its_file_too() {
    let server = complete();
    let info = wait(ollama(&server).info(name("llama3.2"))).unwrap();
    assert_eq!(info.name, "llama3.2:latest");
    assert_eq!(info.size_bytes, 3_825_819_519);
    assert_eq!(info.context_length, Some(8192));
    assert_eq!(info.vocabulary_size, Some(128_256));
    assert_eq!(info.parameters, Some(8_030_261_248));
    assert_eq!(info.architecture.as_deref(), Some("llama"));
    assert_eq!(info.quantization.as_deref(), Some("Q4_0"));
    assert_eq!(info.chat_template, Some(true));
    assert_eq!(info.capabilities, ["completion", "tools"]);
    assert!(info.loaded);
}

#[test]
fn a_model_that_is_not_there_says_how_to_get_it() {
    let server = complete();
    let ollama = ollama(&server);
    let expected = format!(
        "no model \"missing\" is installed on Ollama at {}; get it with `llmspell model pull ollama/missing` or \
         `ollama pull missing`",
        server.url()
    );
    let errors = [
        wait(ollama.info(name("missing"))).map(drop).unwrap_err(),
        wait(ollama.remove(name("missing"))).unwrap_err(),
        wait(ollama.load(name("missing"), Loading::default())).unwrap_err(),
        wait(ollama.unload(name("missing"))).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
        assert_eq!(error.to_string(), expected);
    }
    assert!(wait(ollama.has(&name("llama3.2"))).unwrap());
    assert!(!wait(ollama.has(&name("missing"))).unwrap());
}

#[test]
fn a_model_is_deleted_by_its_name() {
    let server = complete();
    wait(ollama(&server).remove(name("user/llama3:13b"))).unwrap();
    let asked = server.only();
    assert_eq!(asked.line, "DELETE /api/delete");
    assert_eq!(asked.body, json!({"model": "user/llama3:13b"}));
}

#[test]
fn a_model_is_loaded_by_an_empty_prompt_and_unloaded_at_once() {
    let server = complete();
    let ollama = ollama(&server);
    let loading = Loading {
        context_size: Some(4096),
        keep_alive: Some(KeepAlive::For(Duration::from_secs(60))),
        cache_type: None,
    };
    wait(ollama.load(name("llama3.2"), loading)).unwrap();
    wait(ollama.unload(name("llama3.2"))).unwrap();
    let bodies: Vec<_> = server
        .asked()
        .into_iter()
        .filter(|asked| asked.line == "POST /api/generate")
        .map(|asked| asked.body)
        .collect();
    assert_eq!(
        bodies,
        [
            json!({
                "model": "llama3.2",
                "options": {"num_ctx": 4096},
                "keep_alive": 60,
                "stream": false
            }),
            json!({"model": "llama3.2", "keep_alive": 0, "stream": false}),
        ]
    );
}

#[test]
fn a_model_that_only_embeds_is_loaded_by_embedding_nothing() {
    let server = library(&["embedding"]);
    wait(ollama(&server).load(name("all-minilm"), Loading::default())).unwrap();
    let asked = server.asked();
    assert_eq!(asked.last().unwrap().line, "POST /api/embed");
    assert_eq!(
        asked.last().unwrap().body,
        json!({"model": "all-minilm", "input": ""})
    );
}

#[test]
fn how_keys_and_values_are_kept_is_the_servers_choice() {
    let server = complete();
    let loading = Loading {
        cache_type: Some(CacheType::Q8_0),
        ..Loading::default()
    };
    let error = wait(ollama(&server).load(name("llama3.2"), loading)).unwrap_err();
    assert_eq!(error.to_string(), "cache_type: ollama has no such option");
}

#[test]
fn the_status_tells_version_and_number_of_models() {
    let server = complete();
    let status = wait(ollama(&server).status());
    assert!(status.running);
    assert_eq!(status.version.as_deref(), Some("0.13.0"));
    assert_eq!(status.models, 2);
    assert_eq!(status.url, server.url());
    assert_eq!(status.error, None);
    assert_eq!(wait(llmspell_models::ollama::status(server.url())), status);
    assert_eq!(wait(ollama(&server).version()).unwrap(), "0.13.0");
}
