//! What the configuration says of models, and who runs them.

use crate::place::{FILE, NAME, Place, SPEC, answer, text};
use crate::server::Fault;

#[test]
fn a_fallback_answers_for_a_model_that_is_not_there() {
    let place = Place::configured("[fallback]\n\"llama9:8b\" = [\"llama8:8b\", \"wisp\"]");
    let (printed, told) = place.says(&["exec", "-v", &answer(Some("llama9:8b"), "provider")]);
    assert_eq!(printed, "candle\n");
    assert!(told.contains("wisp on candle"), "{told}");
    assert!(
        told.contains("as the fallback of llama9:8b: nothing of this name is installed"),
        "{told}"
    );
}

#[test]
fn who_gets_a_fallback_is_told_so() {
    let place = Place::configured("[fallback]\n\"llama9:8b\" = [\"wisp\"]");
    let script = answer(Some("llama9:8b"), "model");
    let (_, told) = place.says(&["exec", &script]);
    let begin = "llmspell: llama9:8b: nothing of this name is installed (";
    assert!(told.starts_with(begin), "{told}");
    assert!(told.ends_with("; its fallback wisp answers\n"), "{told}");
    let (_, told) = place.says(&["--json", "exec", &script]);
    let told: serde_json::Value = serde_json::from_str(&told).expect("one JSON object");
    assert_eq!(told["severity"], "note");
    let message = told["message"].as_str().expect("a text");
    assert!(
        message.ends_with("; its fallback wisp answers"),
        "{message}"
    );
}

#[test]
fn a_fallback_answers_for_the_default_model_too() {
    let place = Place::configured(
        "default_model = \"llama9:8b\"\n[fallback]\n\"local/llama9:8b\" = [\"wisp\"]",
    );
    assert_eq!(place.prints(&["exec", &answer(None, "model")]), "wisp\n");
    assert_eq!(
        place.prints(&["exec", "print(Agent.create())"]),
        "Agent(wisp)\n"
    );
}

#[test]
fn a_fallback_is_not_what_is_removed_or_shown() {
    let place = Place::pulled();
    let fallback = format!("fallback.\"llama9:8b\"=[\"{NAME}\"]");
    for command in [
        &["remove", "llama9:8b", "--yes"][..],
        &["info", "llama9:8b"],
    ] {
        let args = [&["--set", &fallback, "model"][..], command].concat();
        let error = place.fails(&args, 1);
        assert!(error.contains("no model \"llama9:8b\""), "{error}");
    }
    let exists = "print(LocalLLM.exists('llama9:8b'))";
    assert_eq!(
        place.prints(&["--set", &fallback, "exec", exists]),
        "false\n"
    );
    assert_eq!(place.listed(), [NAME]);
}

#[test]
fn a_name_that_is_none_has_no_fallback() {
    let place = Place::configured(
        "[providers.local]\nfallback_to_cloud = true\n[providers.vllm]\nprovider_type = \"openai\"\nbase_url = \"http://127.0.0.1:9\"\ndefault_model = \"big\"",
    );
    for name in ["llama 3", "llama3@gpu", ""] {
        let error = place.fails(
            &["exec", &format!("Agent.create({{ model = {name:?} }})")],
            1,
        );
        assert!(error.contains("model name \""), "{error}");
    }
}

#[test]
fn a_fallback_that_is_not_there_either_is_told() {
    let place = Place::new();
    for name in ["llama9:8b", "llama9:8b@candle", "missing.gguf"] {
        let fallback = format!("fallback.\"{name}\"=[\"openai/gpt-4o-mini\"]");
        let code = answer(Some(name), "model");
        let error = place.fails(&["exec", "--set", &fallback, &code], 1);
        assert!(
            error.contains("its fallback openai/gpt-4o-mini is not there either"),
            "{error}"
        );
        assert!(error.contains("OPENAI_API_KEY"), "{error}");
    }
}

#[test]
fn without_a_fallback_the_error_says_what_was_tried() {
    let place = Place::new();
    let error = place.fails(&["exec", &answer(Some("llama9:8b"), "provider")], 1);
    assert!(error.contains("candle does not have it"), "{error}");
    assert!(error.contains("llmspell model available"), "{error}");
    let error = place.fails(&["exec", &answer(Some("llama3.2:3b"), "provider")], 1);
    assert!(error.contains("llmspell model pull llama3.2:3b"), "{error}");
}

#[test]
fn only_who_has_chosen_no_model_is_told_of_wisp() {
    let place = Place::new();
    let script = answer(None, "model");
    let (_, told) = place.says(&["exec", &script]);
    assert!(told.contains("no model was named"), "{told}");
    let (_, told) = place.says(&["exec", "--set", "default_model=wisp", &script]);
    assert_eq!(told, "");
}

#[test]
fn a_server_that_is_not_ollama_hides_no_model() {
    let place = Place::pulled();
    let said = |place: &Place| {
        let mut command = place.command(&["exec", &answer(None, "model")]);
        command.env("OLLAMA_HOST", place.server.endpoint());
        let output = command.output().expect("the binary starts");
        (text(&output.stdout), text(&output.stderr))
    };
    let (printed, told) = said(&place);
    assert_eq!(printed, format!("{NAME}\n"), "{told}");
    assert!(
        told.contains("is it the address of an Ollama server?"),
        "{told}"
    );
    assert!(told.ends_with(&format!("; {NAME} answers\n")), "{told}");
    let (printed, told) = said(&Place::new());
    assert_eq!(printed, "wisp\n", "{told}");
    assert!(told.ends_with("; wisp answers\n"), "{told}");
    assert!(!told.contains("no other is installed"), "{told}");
}

#[test]
fn a_file_that_cannot_be_read_is_no_default() {
    let place = Place::pulled();
    let length = std::fs::metadata(place.stored(FILE))
        .expect("it is there")
        .len();
    std::fs::write(place.stored(FILE), vec![0; length as usize]).expect("written");
    assert_eq!(place.prints(&["exec", &answer(None, "model")]), "wisp\n");
}

#[test]
fn the_default_model_answers_when_none_is_named() {
    let place = Place::configured("default_model = \"wisp\"");
    place.prints(&["model", "pull", SPEC]);
    let (_, told) = place.says(&["exec", "-v", &answer(None, "model")]);
    assert!(
        told.contains(
            "wisp on candle: it is the bundled model; it is the default_model of the configuration"
        ),
        "{told}"
    );
    let (printed, told) = place.says(&[
        "exec",
        "-v",
        "--set",
        &format!("default_model={NAME}"),
        &answer(None, "tokens.completion"),
    ]);
    assert_eq!(printed, "3\n");
    assert!(
        told.contains("it is a repository on Hugging Face"),
        "{told}"
    );
}

#[test]
fn without_a_default_the_newest_model_answers() {
    let place = Place::pulled();
    let (_, told) = place.says(&["exec", "-v", &answer(None, "model")]);
    assert!(
        told.contains("none was named, and it is the newest"),
        "{told}"
    );
    assert!(told.contains(NAME), "{told}");
}

#[test]
fn a_missing_model_is_pulled_where_the_configuration_says_so() {
    let place = Place::configured("[providers.local]\nauto_pull_missing = true");
    assert_eq!(
        place.prints(&["exec", &answer(Some(SPEC), "tokens.completion")]),
        "3\n"
    );
    assert!(place.stored(FILE).is_file());
    place.server.forget();
    assert_eq!(
        place.prints(&["exec", &answer(Some(SPEC), "tokens.completion")]),
        "3\n"
    );
    assert!(place.server.asked().is_empty(), "it comes once");
}

#[test]
fn a_missing_model_that_cannot_be_pulled_says_why() {
    let place = Place::configured("[providers.local]\nauto_pull_missing = true");
    place.server.at_hub([Fault::Refuse(401, Vec::new())]);
    let error = place.fails(&["exec", &answer(Some(SPEC), "model")], 1);
    assert!(error.contains("status 401"), "{error}");
}

#[test]
fn a_missing_model_is_not_pulled_unless_told() {
    let place = Place::new();
    let error = place.fails(&["exec", &answer(Some(SPEC), "model")], 1);
    assert!(error.contains("llmspell model pull"), "{error}");
    assert!(place.server.asked().is_empty());
}

#[test]
fn a_backend_that_is_switched_off_has_no_models() {
    let place = Place::configured("[providers.candle]\nenabled = false");
    assert_eq!(place.prints(&["exec", "print(#LocalLLM.list())"]), "0\n");
    let error = place.fails(&["exec", &answer(Some("wisp"), "model")], 1);
    assert!(error.contains("switched off"), "{error}");
    let status = place.json(&["model", "status"]);
    assert_eq!(status["candle"]["ready"], false);
    assert_eq!(status["candle"]["models"], 0);
}

#[test]
fn a_device_that_no_model_runs_on_is_refused() {
    for device in ["cuda", "metal"] {
        let place = Place::configured(&format!("[providers.candle.options]\ndevice = {device:?}"));
        let error = place.fails(&["exec", "print(1)"], 2);
        assert!(
            error.contains(&format!("no model runs on \"{device}\" yet")),
            "{error}"
        );
    }
}

#[test]
fn options_of_candle_reach_the_models() {
    let place = Place::configured("[providers.candle.options]\ncontext_size = 48\ncpu_threads = 1");
    let printed = place.prints(&["exec", &answer(Some("wisp"), "context_size")]);
    assert_eq!(printed, "48\n");
    let long = "print(Agent.create({ model = 'wisp' }):execute(string.rep('word ', 200)).text)";
    let error = place.fails(&["exec", long], 1);
    assert!(error.contains("48"), "{error}");
}

#[test]
fn verbose_tells_which_backend_and_why() {
    let place = Place::pulled();
    for (name, reason) in [
        ("wisp", "wisp on candle: it is the bundled model".to_owned()),
        (
            NAME,
            format!("{NAME} on candle: it is a repository on Hugging Face"),
        ),
        ("wisp@candle", "its name says so".to_owned()),
    ] {
        let (_, told) = place.says(&["exec", "-v", &answer(Some(name), "model")]);
        assert!(told.contains(&reason), "{name}: {told}");
        let (_, told) = place.says(&["exec", &answer(Some(name), "model")]);
        assert_eq!(told, "", "{name}");
    }
}
