//! Downloads.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use llmspell_models::config::{Config, Search};
use llmspell_models::{Backend, Error, Models, PullOptions, PullProgress, PullStatus, Request};
use serde_json::{Value, json};

use crate::server::{Asked, End, Reply, Server};
use crate::{fixtures, hello, name, ollama, rest, text, wait};

/// A server that has no model until it is asked to pull one, which it does in these lines.
fn empty(lines: Vec<Value>, end: End) -> Server {
    Server::start(move |asked: &Asked| match asked.line.as_str() {
        "GET /api/tags" | "GET /api/ps" => Reply::json(200, &json!({"models": []})),
        "POST /api/show" => Reply::json(404, &fixtures::not_found("llama3.2")),
        "POST /api/pull" => Reply::lines(&lines).end(end),
        other => panic!("{other}"),
    })
}

fn pull(server: &Server, options: PullOptions) -> Result<Vec<PullProgress>, Error> {
    wait(async {
        let mut pull = ollama(server).pull(name("llama3.2"), options).await?;
        let mut all = Vec::new();
        while let Some(progress) = pull.next().await {
            all.push(progress?);
        }
        Ok(all)
    })
}

#[test]
fn a_download_tells_how_far_it_is_until_the_model_is_there() {
    let server = empty(fixtures::pulling(), End::Whole);
    let progress = pull(&server, PullOptions::default()).unwrap();
    let statuses: Vec<_> = progress.iter().map(|progress| progress.status).collect();
    use PullStatus::{Complete, Downloading, Resolving, Verifying};
    assert_eq!(
        statuses,
        [
            Resolving,
            Downloading,
            Downloading,
            Downloading,
            Verifying,
            Verifying,
            Verifying,
            Complete
        ]
    );
    assert_eq!(
        (progress[0].total_bytes, progress[0].percent_complete),
        (None, 0.0)
    );
    let half = &progress[2];
    assert_eq!(half.item.as_deref(), Some("digestname"));
    assert_eq!(
        (half.completed_bytes, half.total_bytes),
        (241_970, Some(2_142_590_208))
    );
    assert!(half.percent_complete > 0.01 && half.percent_complete < 0.02);
    assert!(half.bytes_per_second > 0.0);
    let last = progress.last().unwrap();
    assert_eq!(last.model_id, "llama3.2");
    assert_eq!(
        (last.percent_complete, last.completed_bytes),
        (100.0, 2_142_590_208)
    );
    let asked = server.asked();
    let mut pulls = asked.iter().filter(|asked| asked.line == "POST /api/pull");
    assert_eq!(
        pulls.next().unwrap().body,
        json!({"model": "llama3.2", "stream": true})
    );
}

#[test]
fn layers_add_up() {
    let layer = |digest: &str, completed: u64| json!({"status": format!("pulling {digest}"), "digest": digest, "total": 100, "completed": completed});
    let lines = vec![
        layer("a", 100),
        layer("b", 50),
        json!({"status": "success"}),
    ];
    let server = empty(lines, End::Whole);
    let progress = pull(&server, PullOptions::default()).unwrap();
    assert_eq!(
        (progress[1].completed_bytes, progress[1].total_bytes),
        (150, Some(200))
    );
    assert_eq!(progress[1].percent_complete, 75.0);
}

#[test]
fn a_model_that_is_there_is_not_pulled_again_unless_it_is_forced() {
    let server = Server::start(|asked: &Asked| match asked.line.as_str() {
        "GET /api/tags" => Reply::json(200, &fixtures::tags()),
        "GET /api/ps" => Reply::json(200, &json!({"models": null})),
        "POST /api/show" => Reply::json(200, &fixtures::shown(&["completion"])),
        "POST /api/pull" => Reply::lines(&fixtures::pulling()),
        other => panic!("{other}"),
    });
    let pulls = || {
        let asked = server.asked();
        asked
            .iter()
            .filter(|asked| asked.line == "POST /api/pull")
            .count()
    };
    let progress = pull(&server, PullOptions::default()).unwrap();
    assert_eq!(progress.len(), 1);
    assert_eq!(progress[0].status, PullStatus::Complete);
    assert_eq!(progress[0].total_bytes, Some(3_825_819_519));
    assert_eq!(pulls(), 0);
    let forced = PullOptions {
        force: true,
        ..PullOptions::default()
    };
    pull(&server, forced).unwrap();
    assert_eq!(pulls(), 1);
}

#[test]
fn a_quantization_is_part_of_the_name() {
    let server = empty(Vec::new(), End::Whole);
    let options = PullOptions {
        quantization: Some("Q4_K_M".to_owned()),
        ..PullOptions::default()
    };
    let error = pull(&server, options).unwrap_err().to_string();
    assert!(error.contains("quantization: expected none"), "{error}");
    assert!(server.asked().is_empty());
}

#[test]
fn a_download_that_fails_says_why() {
    let missing = json!({"error": "pull model manifest: file does not exist"});
    let late = empty(
        vec![json!({"status": "pulling manifest"}), missing.clone()],
        End::Whole,
    );
    let at_once = Server::start(move |asked: &Asked| match asked.line.as_str() {
        "GET /api/tags" | "GET /api/ps" => Reply::json(200, &json!({"models": []})),
        "POST /api/show" => Reply::json(404, &fixtures::not_found("llama3.2")),
        _ => Reply::json(500, &missing),
    });
    for server in [late, at_once] {
        let error = pull(&server, PullOptions::default()).unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
        assert_eq!(
            error.to_string(),
            "no model \"llama3.2\" can be downloaded by Ollama (pull model manifest: file does not exist); names \
             are at https://ollama.com/library"
        );
    }

    let full = json!({"error": "write: no space left on device"});
    let server = empty(vec![full], End::Whole);
    let error = pull(&server, PullOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("reports: write: no space left on device"),
        "{error}"
    );

    let server = empty(vec![json!({"status": "pulling manifest"})], End::Whole);
    let error = pull(&server, PullOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("pull again to go on"), "{error}");
}

#[test]
fn dropping_a_pull_closes_its_connection() {
    let server = empty(fixtures::pulling()[..3].to_vec(), End::Hang);
    wait(async {
        let options = PullOptions::default();
        let mut pull = ollama(&server)
            .pull(name("llama3.2"), options)
            .await
            .unwrap();
        pull.next().await.unwrap().unwrap();
    });
    server.wait_for_close();
}

#[test]
fn a_missing_model_is_pulled_from_its_own_backend_when_its_fallback_is_missing_too() {
    let there = AtomicBool::new(false);
    let server = Server::start(move |asked: &Asked| match asked.line.as_str() {
        "GET /api/version" => Reply::json(200, &fixtures::version()),
        "POST /api/show" if there.load(Relaxed) && asked.body.to_string().contains("llama3.2") => {
            Reply::json(200, &fixtures::shown(&["completion"]))
        }
        "POST /api/show" => Reply::json(404, &fixtures::not_found("llama3.2")),
        "POST /api/pull" => {
            there.store(true, Relaxed);
            Reply::lines(&fixtures::pulling())
        }
        "POST /api/chat" => Reply::lines(&fixtures::chat(&["Hello"])),
        _ => Reply::json(200, &json!({"models": []})),
    });
    let flags = [
        format!("providers.ollama.base_url={}", server.url()),
        "providers.local.default_backend=ollama".to_owned(),
        "providers.local.auto_pull_missing=true".to_owned(),
        "fallback.\"llama3.2\"=[\"mistral\"]".to_owned(),
    ];
    let config = Config::load(&Search {
        flags: flags.to_vec(),
        ..Search::default()
    });
    let models = Models::configured(config.unwrap()).unwrap();
    let request = Request {
        model: Some("llama3.2".to_owned()),
        ..hello()
    };
    let events = wait(async { rest(models.generate(request).await?).await });
    assert_eq!(text(&events.unwrap()), "Hello");
    let asked = server.asked();
    assert!(asked.iter().any(|asked| asked.line == "POST /api/pull"));
}
