//! Where values come from, which of them counts, and what becomes of them.

use super::*;
use serde_json::json;

#[test]
fn nothing_set_gives_the_defaults() {
    let setup = Setup::new();
    let config = setup.load();
    assert_eq!(config.default_model, None);
    assert_eq!(config.default_backend(), BackendChoice::Auto);
    let Providers {
        ollama,
        candle,
        remote,
        ..
    } = &config.providers;
    assert_eq!(ollama.base_url, "http://127.0.0.1:11434");
    assert_eq!(ollama.timeout, Duration::from_secs(300));
    let models = setup.home().join(".local/share/llmspell/models");
    assert_eq!(candle.options.model_directory, Some(models));
    assert_eq!(candle.options.memory_budget, None);
    let key = |name: &str| remote[name].api_key_env.as_deref();
    assert_eq!(key("openai"), Some("OPENAI_API_KEY"));
    assert_eq!(key("anthropic"), Some("ANTHROPIC_API_KEY"));
    assert_eq!(key("gemini"), Some("GEMINI_API_KEY"));
    assert_eq!(Config::default().providers.remote, *remote);
}

#[test]
fn the_stronger_source_has_its_way_and_is_named() {
    const KEY: &str = "providers.candle.options.cpu_threads";
    const VARIABLE: &str = "LLMSPELL_PROVIDERS__CANDLE__OPTIONS__CPU_THREADS";
    let table = |threads: u32| format!("[providers.candle.options]\ncpu_threads = {threads}");
    let check = |setup: &Setup, threads: usize, origin: &str| {
        let config = setup.load();
        assert_eq!(config.providers.candle.options.cpu_threads, threads);
        let shown = (json!(threads), origin.to_owned());
        assert_eq!(entry(setup, &config, KEY), shown);
    };
    let setup = Setup::new();
    check(&setup, 0, "default");
    let setup = setup.user(&table(1));
    check(&setup, 1, "~/.config/llmspell/config.toml:2");
    let setup = setup.project_file(&format!("\n{}", table(2)));
    check(&setup, 2, "~/project/llmspell.toml:3");
    let setup = setup.variable(VARIABLE, "3");
    check(&setup, 3, VARIABLE);
    let setup = setup.flag(&format!("{KEY}=4"));
    check(&setup, 4, "--set providers.candle.options.cpu_threads");
}

#[test]
fn a_source_leaves_alone_what_it_does_not_set() {
    let setup = Setup::new()
        .user("default_model = \"a\"\n[providers.ollama]\ntimeout_seconds = 1.5\n[fallback]\na = [\"b\"]")
        .project_file("[providers.ollama]\nenabled = false\n[fallback]\nc = [\"d\"]")
        .variable("LLMSPELL_FALLBACK", "{ a = [\"e\", \"f\"] }");
    let config = setup.load();
    assert_eq!(config.default_model.as_deref(), Some("a"));
    assert_eq!(config.providers.ollama.timeout, Duration::from_millis(1500));
    assert!(!config.providers.ollama.enabled);
    assert_eq!(config.fallback["a"], ["e", "f"]);
    assert_eq!(config.fallback["c"], ["d"]);
}

#[test]
fn xdg_folders_count_where_they_are_absolute() {
    let setup = Setup::new()
        .file(
            "elsewhere/llmspell/config.toml",
            "default_model = \"there\"",
        )
        .user("default_model = \"here\"");
    let folder = |path: &Path| path.to_str().expect("its name is UTF-8").to_owned();
    let there = folder(&setup.home().join("elsewhere"));
    let named = setup.load();
    assert_eq!(named.default_model.as_deref(), Some("here"));
    let relative = setup
        .variable("XDG_CONFIG_HOME", "elsewhere")
        .variable("XDG_DATA_HOME", &there);
    let config = relative.load();
    assert_eq!(config.default_model.as_deref(), Some("here"));
    let models = relative.home().join("elsewhere/llmspell/models");
    assert_eq!(
        config.providers.candle.options.model_directory,
        Some(models)
    );
    let absolute = relative.variable("XDG_CONFIG_HOME", &there);
    assert_eq!(absolute.load().default_model.as_deref(), Some("there"));
}

#[test]
fn the_nearest_project_file_counts_and_a_named_file_takes_its_place() {
    let setup = Setup::new()
        .file("llmspell.toml", "default_model = \"far\"")
        .project_file("default_model = \"near\"")
        .file("named.toml", "default_model = \"named\"");
    assert_eq!(setup.load().default_model.as_deref(), Some("near"));
    let named = Search {
        explicit_file: Some(setup.home().join("named.toml")),
        ..setup.search()
    };
    let config = Config::load(&named).expect("it is valid");
    assert_eq!(config.default_model.as_deref(), Some("named"));
}

#[test]
fn the_nested_spelling_means_the_same() {
    let nested = r#"
        [providers.local]
        default_backend = "ollama"
        [providers.local.ollama]
        url = "http://box:1234/"
        auto_start = true
        timeout_seconds = 9
        [providers.local.candle]
        enabled = false
        device = "cpu"
        [providers.local.candle.performance]
        context_size = 99
        cpu_threads = 3
    "#;
    let flat = r#"
        [providers.local]
        default_backend = "ollama"
        [providers.ollama]
        base_url = "http://box:1234"
        timeout_seconds = 9
        [providers.ollama.options]
        auto_start = true
        [providers.candle]
        enabled = false
        [providers.candle.options]
        device = "cpu"
        context_size = 99
        cpu_threads = 3
    "#;
    let (nested, flat) = (
        Setup::new().user(nested).load(),
        Setup::new().user(flat).load(),
    );
    let without_folder = |config: &Config| {
        let mut providers = config.providers.clone();
        providers.candle.options.model_directory = None;
        providers
    };
    assert_eq!(without_folder(&nested), without_folder(&flat));
    assert_eq!(flat.default_backend(), BackendChoice::Ollama);
    assert_eq!(flat.providers.ollama.base_url, "http://box:1234");
    assert!(!flat.providers.candle.enabled);
}

#[test]
fn every_spelling_leads_to_its_key() {
    for spelling in spellings() {
        let spelling = spelling.replace('*', "name");
        assert!(lookup(&flat(&path(&spelling))).is_some(), "{spelling}");
    }
    assert_eq!(
        dotted(&flat(&path("providers.local.candle.performance.device"))),
        "providers.candle.options.device"
    );
    let elsewhere = path("providers.local.candle.performance.enabled");
    assert_eq!(flat(&elsewhere), elsewhere);
    assert_eq!(
        suggestion(&path("defalt_model")),
        "; did you mean \"default_model\"?"
    );
}

#[test]
fn texts_are_filled_in_and_paths_made_absolute() {
    let cases = [
        ("${HOME}/models", "~/models"),
        ("~/models", "~/models"),
        ("~", "~"),
        ("${PLACE}/a$b/$${c}", "/place/a$b/${c}"),
        ("models", "~/.config/llmspell/models"),
    ];
    for (written, expected) in cases {
        let text = format!("[providers.candle.options]\nmodel_directory = {written:?}");
        let setup = Setup::new().user(&text).variable("PLACE", "/place");
        let expected = expected.replace('~', &setup.home().display().to_string());
        let options = setup.load().providers.candle.options;
        let folder = options.model_directory.expect("it is set");
        assert_eq!(folder, Path::new(&expected), "{written}");
    }
    let setup = Setup::new()
        .user("[providers.ollama]\nbase_url = \"http://${BOX}:1\"")
        .variable("BOX", "b");
    assert_eq!(setup.load().providers.ollama.base_url, "http://b:1");
}

#[test]
fn variables_hold_texts_as_they_are_and_all_else_as_toml() {
    let setup = Setup::new()
        .variable("LLMSPELL_DEFAULT_MODEL", "candle/mistral:7b")
        .variable("LLMSPELL_TRUSTED_FOLDERS", "[\"~/a\"]")
        .variable("LLMSPELL_PROVIDERS__LOCAL__OLLAMA__URL", "http://box")
        .variable(
            "LLMSPELL_PROVIDERS__CANDLE__OPTIONS__MEMORY_BUDGET",
            "1.5GiB",
        )
        .variable(
            "LLMSPELL_PROVIDERS__CANDLE__OPTIONS__DEFAULT_QUANTIZATION",
            "q8_0",
        )
        .variable("LLMSPELL_PROVIDERS__CANDLE__ENABLED", "false")
        .variable("LLMSPELL_PROVIDERS__VLLM__PROVIDER_TYPE", "openai")
        .variable("LLMSPELL_PROVIDERS__LOCAL__DEFAULT_BACKEND", "")
        .variable("LLMSPELL_PEER_DATA", "of someone else");
    let config = setup.load();
    assert_eq!(config.default_model.as_deref(), Some("candle/mistral:7b"));
    assert_eq!(config.trusted_folders, [setup.home().join("a")]);
    assert_eq!(config.providers.ollama.base_url, "http://box");
    let candle = &config.providers.candle;
    assert_eq!(candle.options.memory_budget, Some(3 << 29));
    assert_eq!(candle.options.default_quantization, "Q8_0");
    assert!(!candle.enabled);
    assert_eq!(
        config.providers.remote["vllm"].provider_type,
        ProviderType::OpenAi
    );
    assert_eq!(config.providers.local.default_backend, None);
}

#[test]
fn memory_has_units() {
    let cases = [
        ("1024", 1024),
        ("\"6GB\"", 6_000_000_000),
        ("\"512 MiB\"", 512 << 20),
        ("\"0.5 kb\"", 500),
        ("\"2TiB\"", 2 << 40),
        ("\"7b\"", 7),
    ];
    for (written, bytes) in cases {
        let text = format!("[providers.candle.options]\nmemory_budget = {written}");
        let config = Setup::new().user(&text).load();
        assert_eq!(
            config.providers.candle.options.memory_budget,
            Some(bytes),
            "{written}"
        );
    }
}

#[test]
fn ollamas_own_variable_is_the_default_and_no_more() {
    let setup = Setup::new().variable("OLLAMA_HOST", "box:99");
    let config = setup.load();
    assert_eq!(config.providers.ollama.base_url, "http://box:99");
    let shown = (json!("http://box:99"), "OLLAMA_HOST".to_owned());
    assert_eq!(entry(&setup, &config, "providers.ollama.base_url"), shown);
    let setup = setup.project_file("[providers.ollama]\nbase_url = \"http://other\"");
    assert_eq!(setup.load().providers.ollama.base_url, "http://other");
}

#[test]
fn switching_the_machine_off_switches_both_backends_off() {
    let setup =
        Setup::new().user("[providers.local]\nenabled = false\n[providers.ollama]\nenabled = true");
    let providers = setup.load().providers;
    assert!(!providers.ollama.enabled && !providers.candle.enabled);
}

#[test]
fn recommended_models_are_a_table_or_a_list() {
    let table = "[providers.local_recommended_models]\n\
                 \"phi3:3.8b\" = { model = \"phi3:3.8b\", backend = \"ollama\", size_gb = 2 }";
    let list = "[[providers.local_recommended_models]]\nmodel = \"phi3:3.8b\"\nbackend = \"ollama\"\nsize_gb = 2.0";
    for text in [table, list] {
        let recommended = Setup::new()
            .user(text)
            .load()
            .providers
            .local_recommended_models;
        let expected = RecommendedModel {
            model: "phi3:3.8b".to_owned(),
            backend: OfferedBy::Ollama,
            size_gb: Some(2.0),
        };
        assert_eq!(
            recommended.into_values().collect::<Vec<_>>(),
            [expected],
            "{text}"
        );
    }
    let short = Setup::new()
        .user("[[providers.local_recommended_models]]\nmodel = \"phi3:3.8b\"")
        .load();
    let model = &short.providers.local_recommended_models["phi3:3.8b"];
    assert_eq!((model.backend, model.size_gb), (OfferedBy::Both, None));
}

#[test]
fn fallbacks_are_the_list_and_then_the_cloud() {
    let text = |cloud: bool| {
        format!(
            "[providers.local]\nfallback_to_cloud = {cloud}\n\
             [fallback]\na = [\"b\", \"a\", \"openai/x\"]\n\
             [providers.openai]\ndefault_model = \"y\"\n\
             [providers.gemini]\ndefault_model = \"z\"\nenabled = false\n\
             [providers.anthropic]\ndefault_model = \"w\""
        )
    };
    let listed = Setup::new().user(&text(false)).load();
    assert_eq!(listed.fallbacks("a"), ["b", "openai/x"]);
    assert_eq!(listed.fallbacks("c"), [""; 0]);
    let cloud = Setup::new().user(&text(true)).load();
    assert_eq!(
        cloud.fallbacks("a"),
        ["b", "openai/x", "anthropic/w", "openai/y"]
    );
    assert_eq!(cloud.fallbacks("c"), ["anthropic/w", "openai/y"]);
}

#[test]
fn secrets_are_not_shown() {
    let text = "[providers.work]\nprovider_type = \"openai\"\nbase_url = \"https://me:pass@host/v1\"\n\
                api_key_env = \"WORK_KEY\"";
    let setup = Setup::new().user(text).variable("WORK_KEY", "sk-secret");
    let config = setup.load();
    assert_eq!(
        config.providers.remote["work"].base_url.as_deref(),
        Some("https://me:pass@host/v1")
    );
    let (url, _) = entry(&setup, &config, "providers.work.base_url");
    assert_eq!(url, "https://***@host/v1");
    let key = |name: &str| {
        let mut entries = config.entries().iter();
        entries
            .find(|entry| entry.key == format!("providers.{name}.api_key_env"))
            .expect("an entry")
    };
    assert_eq!(
        (&key("work").value, key("work").variable_is_set),
        (&json!("WORK_KEY"), Some(true))
    );
    assert_eq!(key("openai").variable_is_set, Some(false));
    let shown = format!("{:?}", config.entries());
    assert!(
        !shown.contains("sk-secret") && !shown.contains("pass@"),
        "{shown}"
    );
}
