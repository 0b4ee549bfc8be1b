//! `model list`, `info`, `available` and `status`.

use serde_json::Value;

use crate::place::{NAME, Place, SPEC, model};

fn fields(value: &Value) -> Vec<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

fn has(value: &Value, names: &[&str]) {
    let there = fields(value);
    for name in names {
        assert!(there.contains(name), "no {name}: {value:#}");
    }
}

#[test]
fn a_list_has_all_fields() {
    let place = Place::pulled();
    let models = place.json(&["model", "list"]);
    let models = models.as_array().expect("a list");
    for model in models {
        has(
            model,
            &[
                "name",
                "backend",
                "size_bytes",
                "size_gb",
                "quantization",
                "architecture",
                "parameters",
                "context_length",
                "modified",
                "loaded",
                "bundled",
            ],
        );
    }
    let pulled = models
        .iter()
        .find(|entry| entry["name"] == NAME)
        .expect("it is listed");
    assert_eq!(pulled["backend"], "candle");
    assert_eq!(pulled["size_bytes"], model().len());
    assert_eq!(pulled["size_gb"], model().len() as f64 / 1e9);
    assert_eq!(pulled["quantization"], "Q4_K_M");
    assert_eq!(pulled["architecture"], "llama");
    assert_eq!(
        (&pulled["loaded"], &pulled["bundled"]),
        (&false.into(), &false.into())
    );
    assert!(
        pulled["modified"].as_f64().is_some_and(|time| time > 1.7e9),
        "{pulled}"
    );
}

#[test]
fn a_list_is_a_table_for_people() {
    let place = Place::pulled();
    let table = place.prints(&["model", "list"]);
    let head = table.lines().next().expect("a line");
    let words: Vec<&str> = head.split_whitespace().collect();
    assert_eq!(
        words,
        ["NAME", "BACKEND", "SIZE", "QUANT", "PARAMS", "CONTEXT"]
    );
    let column = head.find("BACKEND").expect("a column");
    for row in table.lines().skip(1) {
        assert!(row[column..].starts_with("candle "), "{table}");
    }
    assert!(table.contains("bundled") && table.contains(NAME), "{table}");
    let longer = place.prints(&["model", "list", "--verbose"]);
    assert!(
        longer.contains("llama, 20"),
        "with architecture and date: {longer}"
    );
}

#[test]
fn an_ollama_server_that_does_not_answer_is_an_error_only_for_who_asks_for_it() {
    let place = Place::new();
    assert!(place.prints(&["model", "list"]).contains("wisp"));
    let error = place.fails(&["model", "list", "--backend", "ollama"], 1);
    assert!(error.contains("does not answer"), "{error}");
}

#[test]
fn a_server_that_is_no_ollama_hides_no_model() {
    let place = Place::new();
    // The hub's, which knows nothing of what Ollama is asked.
    let list = |args: &[&str]| {
        let mut command = place.command(&[&["model", "list"], args].concat());
        let command = command.env("OLLAMA_HOST", place.server.endpoint());
        command.output().expect("the binary starts")
    };
    let all = list(&[]);
    assert_eq!(all.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&all.stdout).contains("wisp"));
    let told = String::from_utf8_lossy(&all.stderr);
    assert!(told.starts_with("llmspell: Ollama at http://"), "{told}");
    let ollama = list(&["--backend", "ollama"]);
    assert_eq!(ollama.status.code(), Some(1));
}

#[test]
fn a_folder_is_no_model() {
    let place = Place::new();
    std::fs::create_dir(place.path("project/d.gguf")).expect("writable");
    let exists = "print(LocalLLM.exists('d.gguf'))";
    assert_eq!(place.prints(&["exec", exists]), "false\n");
    let error = place.fails(&["model", "info", "d.gguf"], 1);
    assert!(error.contains("is a directory"), "{error}");
}

#[test]
fn info_tells_of_a_model_however_it_is_named() {
    let place = Place::pulled();
    let by_name = place.json(&["model", "info", NAME]);
    assert_eq!(place.json(&["model", "info", SPEC]), by_name);
    assert_eq!(by_name["name"], NAME);
    assert!(by_name["vocabulary_size"].is_u64(), "{by_name}");
    let text = place.prints(&["model", "info", NAME]);
    assert!(
        text.starts_with(&format!("name          {NAME}\n")),
        "{text}"
    );
    let error = place.fails(&["model", "info", "llama9:8b"], 1);
    assert!(error.contains("llmspell model available"), "{error}");
}

#[test]
fn what_could_be_got_is_the_catalogue() {
    let place = Place::new();
    let all = place.json(&["model", "available"]);
    let recommended = place.json(&["model", "available", "--recommended"]);
    let (all, recommended) = (
        all.as_array().expect("a list"),
        recommended.as_array().expect("a list"),
    );
    assert!(all.len() >= 25, "{}", all.len());
    assert!(!recommended.is_empty() && recommended.len() < all.len());
    assert!(recommended.iter().all(|model| model["recommended"] == true));
    for model in all {
        has(
            model,
            &[
                "name",
                "backend",
                "description",
                "size_gb",
                "parameters",
                "quantizations",
                "recommended",
            ],
        );
    }
    let table = place.prints(&["model", "available"]);
    assert!(table.contains("llama3.2:3b"), "{table}");
}

#[test]
fn status_tells_of_both_backends() {
    let place = Place::pulled();
    let status = place.json(&["model", "status"]);
    has(&status["ollama"], &["running", "models", "url", "error"]);
    has(&status["candle"], &["ready", "device", "models", "loaded"]);
    assert_eq!(status["ollama"]["running"], false);
    assert_eq!(status["candle"]["ready"], true);
    assert_eq!(status["candle"]["models"], 2);
    assert_eq!(status["candle"]["loaded"], 0);
    let text = place.prints(&["model", "status"]);
    assert!(
        text.starts_with("candle  ready on cpu, 2 models, 0 loaded; "),
        "{text}"
    );
    assert!(
        text.contains("\nollama  does not answer at http://127.0.0.1:0 ("),
        "{text}"
    );
}

#[test]
fn bad_names_are_wrong_usage_and_say_why() {
    let place = Place::new();
    let long = "a".repeat(300);
    for name in [
        "",
        "a//b",
        "../x",
        "hf:owner",
        "hf:../x/y",
        "hf:a/b/../c.gguf",
        "m@nowhere",
        "m:",
        &long,
    ] {
        for command in ["pull", "info"] {
            let error = place.fails(&["model", command, name], 2);
            assert!(
                error.starts_with("model name "),
                "{command} {name:?}: {error}"
            );
        }
    }
    assert!(place.server.asked().is_empty());
}
