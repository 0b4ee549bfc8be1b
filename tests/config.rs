//! `llmspell config show` as a person meets it: real files, real variables, a process of its own.

#[path = "common/process.rs"]
mod process;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home and a project in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        std::fs::create_dir(folder.path().join("project")).expect("the folder is writable");
        Self { folder }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there")
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("it is writable");
        std::fs::write(&path, text).expect("the folder is writable");
        path
    }

    /// Runs llmspell in the project's folder with these variables and no others of ours.
    fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        process::llmspell()
            .args(args)
            .current_dir(self.home().join("project"))
            .stdin(Stdio::null())
            .env_remove("XDG_DATA_HOME")
            .env_remove("OLLAMA_HOST")
            .env("HOME", self.home())
            .env("XDG_CONFIG_HOME", self.home().join("settings"))
            .envs(variables.iter().copied())
            .output()
            .expect("the binary starts")
    }

    /// What `config show --json` prints.
    fn shown(&self, args: &[&str], variables: &[(&str, &str)]) -> Value {
        let output = self.run(&[&["config", "show", "--json"], args].concat(), variables);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{errors}");
        serde_json::from_slice(&output.stdout).expect("it is JSON")
    }
}

fn check(shown: &Value, key: &str, value: impl Into<Value>, origin: &str) {
    let expected = serde_json::json!({ "value": value.into(), "origin": origin });
    assert_eq!(shown[key], expected, "{key}");
}

fn at(path: &Path, line: u32) -> String {
    format!("{}:{line}", path.display())
}

#[test]
fn each_value_is_shown_with_who_set_it() {
    let place = Place::new();
    let user = place.file(
        "settings/llmspell/config.toml",
        "default_model = \"a\"\n[providers.ollama]\ntimeout_seconds = 5",
    );
    let project = place.file("project/llmspell.toml", "\ndefault_model = \"b\"");
    let variable = "LLMSPELL_PROVIDERS__CANDLE__OPTIONS__CPU_THREADS";
    let flag = ["--set", "providers.candle.options.device=cpu"];
    let shown = place.shown(&flag, &[(variable, "4")]);
    check(&shown, "default_model", "b", &at(&project, 2));
    check(&shown, "providers.ollama.timeout_seconds", 5, &at(&user, 3));
    check(&shown, "providers.candle.options.cpu_threads", 4, variable);
    check(
        &shown,
        "providers.candle.options.device",
        "cpu",
        "--set providers.candle.options.device",
    );
    check(
        &shown,
        "providers.candle.options.context_size",
        Value::Null,
        "default",
    );
    let models = place.home().join(".local/share/llmspell/models");
    let models = models.to_str().expect("its name is UTF-8");
    check(
        &shown,
        "providers.candle.options.model_directory",
        models,
        "default",
    );
}

#[test]
fn the_lines_are_toml_that_sets_the_same() {
    let place = Place::new();
    place.file(
        "project/llmspell.toml",
        "default_model = \"a\"\n[fallback]\n\"llama3.1:8b\" = [\"b\"]\n[providers.candle.options]\nmemory_budget = \"6GB\"",
    );
    let output = place.run(&["config", "show"], &[]);
    let lines = String::from_utf8(output.stdout).expect("it is text");
    assert_eq!(output.status.code(), Some(0));
    let row = |key: &str| {
        let row = lines.lines().find(|line| line.starts_with(key));
        row.unwrap_or_else(|| panic!("no {key}: {lines}"))
    };
    let place_of = |line: u32| at(&place.home().join("project/llmspell.toml"), line);
    assert!(
        row("fallback.\"llama3.1:8b\"").ends_with(&place_of(3)),
        "{lines}"
    );
    assert!(
        row("providers.candle.options.memory_budget").contains("= 6000000000 "),
        "{lines}"
    );
    assert!(
        row("# providers.candle.options.context_size").ends_with("# not set"),
        "{lines}"
    );
    let columns: Vec<_> = lines
        .lines()
        .filter(|line| line.len() < 140)
        .map(|line| line.find(" = "))
        .collect();
    assert!(
        columns.iter().all(|column| *column == columns[0]),
        "{lines}"
    );

    place.file("again.toml", &lines);
    let again = place.run(&["--config", "../again.toml", "config", "show"], &[]);
    let without_origin = |text: &str| -> Vec<String> {
        let line = |line: &str| {
            line.split("  # ")
                .next()
                .unwrap_or_default()
                .trim_end()
                .to_owned()
        };
        text.lines().map(line).collect()
    };
    let again = String::from_utf8(again.stdout).expect("it is text");
    assert_eq!(without_origin(&again), without_origin(&lines));
}

#[test]
fn a_script_elsewhere_has_the_configuration_of_its_project() {
    let place = Place::new();
    let other = place.file("other/llmspell.toml", "default_model = \"there\"");
    place.file("other/scripts/bot.lua", "");
    place.file("alone/bot.lua", "");
    place.file("project/llmspell.toml", "default_model = \"here\"");
    let shown = place.shown(&["../other/scripts/bot.lua"], &[]);
    check(&shown, "default_model", "there", &at(&other, 1));
    let alone = place.shown(&["../alone/bot.lua"], &[]);
    check(&alone, "default_model", Value::Null, "default");
}

#[test]
fn a_file_that_is_named_takes_the_place_of_the_projects() {
    let place = Place::new();
    place.file("project/llmspell.toml", "this is broken");
    let named = place.file("named.toml", "default_model = \"named\"");
    let named_text = named.to_str().expect("its name is UTF-8");
    let shown = place.shown(&["--config", named_text], &[]);
    check(&shown, "default_model", "named", &at(&named, 1));
}

#[test]
fn keys_are_shown_as_set_or_not_and_never_themselves() {
    let place = Place::new();
    for (variables, state) in [
        (
            &[("OPENAI_API_KEY", "sk-secret")][..],
            "(the variable is set)",
        ),
        (&[], "(the variable is not set)"),
    ] {
        let output = place.run(&["config", "show"], variables);
        let text = String::from_utf8(output.stdout).expect("it is text");
        let row = text
            .lines()
            .find(|line| line.starts_with("providers.openai.api_key_env"));
        let row = row.expect("the key is shown");
        assert!(
            row.contains("\"OPENAI_API_KEY\"") && row.ends_with(state),
            "{row}"
        );
        assert!(!text.contains("sk-secret"), "{text}");
    }
    let shown = place.shown(&[], &[("OPENAI_API_KEY", "sk-secret")]);
    assert_eq!(
        shown["providers.openai.api_key_env"]["variable_is_set"],
        true
    );
}

#[test]
fn what_is_wrong_is_shown_where_it_stands() {
    let place = Place::new();
    let text = "[providers.ollama]\nenabled = 3\ntimeout_secs = 1\n\n[providers.openai]\napi_key = \"sk-secret\"";
    let path = place.file("project/llmspell.toml", text);
    let output = place.run(&["config", "show"], &[]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(output.stdout.is_empty());
    for part in [
        "error: providers.ollama.enabled: expected true or false, got 3\n",
        &format!("  --> {}:11\n", at(&path, 2)),
        "   2 | enabled = 3\n",
        "did you mean \"timeout_seconds\"?",
        "put it into an environment variable",
        "   6 | api_key = ***",
    ] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
    assert_eq!(errors.matches("error: ").count(), 3, "{errors}");
    assert!(!errors.contains("sk-secret"), "{errors}");
}

#[test]
fn errors_are_json_where_that_is_asked_for() {
    let place = Place::new();
    let path = place.file("project/llmspell.toml", "\nmodel = 1");
    let output = place.run(&["config", "show", "--json"], &[]);
    assert_eq!(output.status.code(), Some(2));
    let error: Value = serde_json::from_slice(&output.stderr).expect("one JSON object");
    assert_eq!(error["line"], 2);
    assert_eq!(error["file"].as_str(), path.to_str());
}

#[test]
fn wrong_variables_flags_and_files_are_wrong_usage() {
    let place = Place::new();
    let cases = [
        (&["--config", "missing.toml"][..], "", "missing.toml"),
        (&["--config", "."], "", "it is a folder"),
        (&["--set", "default_model"], "", "expected KEY=VALUE"),
        (
            &["--set", "defualt_model=a"],
            "",
            "did you mean \"default_model\"?",
        ),
        (
            &[],
            "x",
            "LLMSPELL_PROVIDERS__OLLAMA__ENABLED: providers.ollama.enabled: expected true or false",
        ),
    ];
    for (args, variable, message) in cases {
        let variables = [("LLMSPELL_PROVIDERS__OLLAMA__ENABLED", variable)];
        let output = place.run(&[&["config", "show"], args].concat(), &variables);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {errors}");
        assert!(errors.contains(message), "{args:?}: {errors}");
    }
}

#[test]
fn a_variable_that_is_no_key_is_told_what_is_near_and_no_secret() {
    let place = Place::new();
    for (name, hint) in [
        (
            "OPENAI__TIMEOUT",
            "did you mean \"LLMSPELL_PROVIDERS__OPENAI__TIMEOUT_SECONDS\"?",
        ),
        (
            "OPENAI__MODEL",
            "did you mean \"LLMSPELL_PROVIDERS__OPENAI__DEFAULT_MODEL\"?",
        ),
        ("OPENAI__API_KEY", "name that one in api_key_env"),
        ("CANDLE__OPTIONS__CPU_TREADS", "__CPU_THREADS\"?"),
    ] {
        let variable = format!("LLMSPELL_PROVIDERS__{name}");
        let output = place.run(&["config", "show"], &[(&variable, "sk-secret")]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(hint), "{errors}");
        assert!(!errors.contains("sk-secret"), "{errors}");
    }
}

#[test]
fn a_password_in_an_address_is_never_shown() {
    let place = Place::new();
    let url = "http://ada:se/cret@127.0.0.1:1";
    let own = format!("providers.openai.base_url={url}/v1");
    for (args, variable) in [
        (&["model", "status"][..], "OLLAMA_HOST"),
        (
            &["model", "status", "--set", "providers.ollama.enabled=false"],
            "OLLAMA_HOST",
        ),
        (&["model", "pull", "hf:owner/repo/a.gguf"], "HF_ENDPOINT"),
        (&["model", "list", "--set", &own], "NONE"),
        (&["config", "show", "--set", &own], "OLLAMA_HOST"),
    ] {
        let output = place.run(args, &[(variable, url)]);
        let shown = [output.stdout, output.stderr].concat();
        let shown = String::from_utf8_lossy(&shown);
        assert!(!shown.contains("cret"), "{args:?}: {shown}");
    }
}

#[test]
fn what_reads_no_configuration_refuses_to_be_given_one() {
    let place = Place::new();
    let script = place.file("project/a.lua", "");
    let script = script.to_str().expect("UTF-8");
    for args in [
        &["check", script, "--set", "default_model=wisp"][..],
        &["doc", "--config", "a.toml"],
    ] {
        let output = place.run(args, &[]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(
            errors.contains("--config and --set mean nothing to"),
            "{errors}"
        );
    }
}

#[test]
fn a_project_that_nobody_trusts_sends_no_key_to_a_server_of_its_choice() {
    let place = Place::new();
    let text = "[providers.openai]\nbase_url = \"https://evil.example\"\napi_key_env = \"AWS_SECRET_ACCESS_KEY\"";
    place.file("project/llmspell.toml", text);
    let refused = place.run(&["config", "show"], &[]);
    let errors = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("may not send the key in AWS_SECRET_ACCESS_KEY to https://evil.example"),
        "{errors}"
    );
    place.file(
        "settings/llmspell/config.toml",
        "trusted_folders = [\"~/project\"]",
    );
    let shown = place.shown(&[], &[]);
    assert_eq!(
        shown["providers.openai.base_url"]["value"],
        "https://evil.example"
    );
}
