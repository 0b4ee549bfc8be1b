//! What is wrong is told with its place and with what to do.

use super::*;

#[test]
fn a_mistake_is_told_with_its_file_its_line_and_a_way_out() {
    let cases = [
        (
            "defalt_model = \"a\"",
            1,
            "defalt_model: there is no such key; did you mean \"default_model\"?",
        ),
        (
            "[provider.ollama]",
            1,
            "provider: there is no such key; did you mean \"providers\"?",
        ),
        (
            "[providers.candle]\ndevice = \"cpu\"",
            2,
            "providers.candle.device: there is no such key; did you mean \"providers.candle.options.device\"?",
        ),
        (
            "\n\n[providers.candle.options]\n  cpu_treads = 3",
            4,
            "providers.candle.options.cpu_treads: there is no such key; did you mean \"cpu_threads\"?",
        ),
        (
            "[providers.local.ollama]\nuri = 1",
            2,
            "did you mean \"url\"?",
        ),
        (
            "[providers.openai.options]\na = 1",
            1,
            "there is no such key; known: api_key_env, base_url",
        ),
        (
            "[providers.candle.options]\ncpu_threads = \"four\"",
            2,
            "expected an integer from 0 to 1024, got \"four\"",
        ),
        (
            "[providers.candle.options]\ncpu_threads = 4.0",
            2,
            "expected an integer from 0 to 1024, got 4.0",
        ),
        (
            "[providers.candle.options]\ncpu_threads = 2000",
            2,
            "from 0 to 1024, got 2000",
        ),
        (
            "[providers.candle.options]\ncpu_threads = -1",
            2,
            "from 0 to 1024, got -1",
        ),
        (
            "[providers.candle.options]\ncpu_threads = 99999999999999999999",
            2,
            "got 99999999999999999999",
        ),
        (
            "[providers.candle.options]\ndevice = \"gpu\"",
            2,
            "expected \"auto\" or \"cpu\", got \"gpu\"",
        ),
        (
            "[providers.candle.options]\ndevice = \"cuda\"",
            2,
            "no model runs on \"cuda\" yet; take \"auto\" or \"cpu\"",
        ),
        (
            "[providers.candle.options]\nuse_flash_attention = true",
            2,
            "no model runs on a GPU yet",
        ),
        (
            "[providers.candle.options]\nmemory_budget = \"6 bananas\"",
            2,
            "a number of bytes above 0, or text such as \"6GB\"",
        ),
        (
            "[providers.candle.options]\nmemory_budget = 0",
            2,
            "above 0, or text such as \"6GB\", got 0",
        ),
        (
            "[providers.candle.options]\nmodel_directory = \"\"",
            2,
            "expected a folder, got \"\"",
        ),
        (
            "[providers.candle.options]\ndefault_quantization = \"a/b\"",
            2,
            "a quantization such as \"Q4_K_M\"",
        ),
        (
            "[providers.ollama]\nenabled = \"yes\"",
            2,
            "expected true or false, got \"yes\"",
        ),
        (
            "[providers.ollama]\nenabled = 1979-05-27",
            2,
            "expected true or false, got 1979-05-27",
        ),
        (
            "[providers.ollama]\ntimeout_seconds = 0",
            2,
            "expected a number of seconds above 0, at most 86400, got 0",
        ),
        ("[providers.ollama]\ntimeout_seconds = nan", 2, "got nan"),
        ("[providers.ollama]\ntimeout_seconds = -inf", 2, "got -inf"),
        (
            "[providers.ollama]\nbase_url = \"localhost:11434\"",
            2,
            "a URL such as \"http://127.0.0.1:11434\"",
        ),
        (
            "[providers.ollama]\nbase_url = \"http://\"",
            2,
            "expected a URL",
        ),
        (
            "[providers.ollama]\nbase_url = \"http://a:b\"",
            2,
            "expected a URL",
        ),
        (
            "[providers.ollama]\nbase_url = \"http://a b\"",
            2,
            "expected a URL",
        ),
        (
            "[providers.ollama]\nprovider_type = \"openai\"",
            2,
            "expected \"ollama\", got \"openai\"",
        ),
        (
            "[providers.ollama.base_url]\na = 1",
            1,
            "expected a URL such as \"http://127.0.0.1:11434\", got a table",
        ),
        (
            "providers = 3",
            1,
            "providers: expected a table, got a value of type integer",
        ),
        (
            "default_model = \"../a\"",
            1,
            "default_model: model name \"../a\"",
        ),
        (
            "[fallback]\na = [\"b/\"]",
            2,
            "fallback.a: model name \"b/\"",
        ),
        (
            "[fallback]\na = \"b\"",
            2,
            "expected a list of models' names, got \"b\"",
        ),
        (
            "[fallback]\na = [1]",
            2,
            "expected a list of models' names, got [1]",
        ),
        ("[fallback]\n\"a@b\" = []", 2, "model name \"a@b\""),
        (
            "[providers.Work]\nenabled = true",
            2,
            "\"Work\" cannot be a provider's name",
        ),
        ("[providers.hf]\nenabled = true", 2, "\"hf\" is taken"),
        (
            "[providers.work]\nbase_url = \"http://a\"",
            2,
            "providers.work.provider_type is missing: say what it speaks",
        ),
        (
            "[providers.olama]\nbase_url = \"http://a\"",
            2,
            "did you mean \"ollama\"?",
        ),
        (
            "[providers.openai]\nmax_tokens = 0",
            2,
            "expected an integer from 1 to 10000000, got 0",
        ),
        (
            "[providers.openai]\ndefault_model = \"a b\"",
            2,
            "expected a model's name, got \"a b\"",
        ),
        (
            "[providers.local_recommended_models]\na = { backend = \"both\" }",
            2,
            "a.model is missing",
        ),
        (
            "[[providers.local_recommended_models]]\nbackend = \"both\"",
            1,
            "expected a table with the key \"model\"",
        ),
        (
            "[providers.local_recommended_models]\nmodel = \"a\"",
            2,
            "expected a table, got a value of type string",
        ),
        (
            "default_model = \"${NOWHERE}\"",
            1,
            "default_model: the environment variable NOWHERE is not set",
        ),
        ("default_model = \"${HOME\"", 1, "has no closing brace"),
        (
            "default_model = \"${A B}\"",
            1,
            "\"${A B}\" does not name an environment variable",
        ),
        (
            "default_model = \"a\"\ndefault_model = \"b\"",
            2,
            "this is not TOML: duplicate key",
        ),
        ("default_model = \n", 1, "this is not TOML"),
    ];
    for (text, line, message) in cases {
        let setup = Setup::new().user(text);
        let told = setup.problems();
        let place = format!("~/.config/llmspell/config.toml:{line}:");
        assert!(told.starts_with(&place), "{text}: {told}");
        assert!(told.contains(message), "{text}: {told}");
        assert_eq!(told.lines().count(), 1, "{text}: {told}");
    }
}

#[test]
fn the_mistakes_of_all_sources_are_told_at_once() {
    let setup = Setup::new()
        .user("a = 1\n[providers.ollama]\nenabled = 2\nb = 3")
        .project_file("c = 4")
        .variable("LLMSPELL_PROVIDERS__OLAMA__ENABLED", "x")
        .flag("d=5");
    let told = setup.problems();
    for part in [
        "config.toml:1:1: a:",
        "config.toml:3:11: providers.ollama.enabled",
        "config.toml:4:1: providers.ollama.b:",
        "project/llmspell.toml:1:1: c:",
        "LLMSPELL_PROVIDERS__OLAMA__ENABLED: providers.olama.enabled",
        "--set d: there is no such key",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(told.lines().count(), 6, "{told}");
}

#[test]
fn both_spellings_of_a_key_are_an_error_that_names_both_places() {
    let setup = Setup::new().user(
        "[providers.ollama]\nbase_url = \"http://a\"\n[providers.local.ollama]\nurl = \"http://b\"",
    );
    assert_eq!(
        setup.problems(),
        "~/.config/llmspell/config.toml:4:7: providers.local.ollama.url: providers.ollama.base_url is set at \
         ~/.config/llmspell/config.toml:2 already; leave one of them out"
    );
    let variables = Setup::new()
        .variable("LLMSPELL_PROVIDERS__OLLAMA__BASE_URL", "http://a")
        .variable("LLMSPELL_PROVIDERS__LOCAL__OLLAMA__URL", "http://b");
    assert!(
        variables
            .problems()
            .contains("is set at LLMSPELL_PROVIDERS__LOCAL__OLLAMA__URL already")
    );
    let apart = Setup::new()
        .user("[providers.ollama]\nbase_url = \"http://a\"")
        .project_file("[providers.local.ollama]\nurl = \"http://b\"");
    assert_eq!(apart.load().providers.ollama.base_url, "http://b");
}

#[test]
fn variables_that_seem_to_be_keys_and_are_none_are_told() {
    let cases = [
        (
            "LLMSPELL_DEFALT_MODEL",
            "a",
            "did you mean \"LLMSPELL_DEFAULT_MODEL\"?",
        ),
        (
            "LLMSPELL_MODEL",
            "a",
            "did you mean \"LLMSPELL_DEFAULT_MODEL\"?",
        ),
        (
            "LLMSPELL_PROVIDERS_OLLAMA_BASE_URL",
            "a",
            "did you mean \"LLMSPELL_PROVIDERS__OLLAMA__BASE_URL\"?",
        ),
        (
            "LLMSPELL_PROVIDERS__CANDLE__CPU_THREADS",
            "4",
            "did you mean \"LLMSPELL_PROVIDERS__CANDLE__OPTIONS__CPU_THREADS\"?",
        ),
        (
            "LLMSPELL_PROVIDERS__VLLM__BASEURL",
            "a",
            "did you mean \"LLMSPELL_PROVIDERS__VLLM__BASE_URL\"?",
        ),
        (
            "LLMSPELL_QUITE__ANOTHER__THING",
            "a",
            "two underscores stand between the parts of a key",
        ),
        (
            "LLMSPELL_PROVIDERS__OLLAMA__ENABLED",
            "yes",
            "expected true or false, got \"yes\"",
        ),
        (
            "LLMSPELL_FALLBACK",
            "a",
            "LLMSPELL_FALLBACK: fallback: expected a table as TOML writes it",
        ),
        ("OLLAMA_HOST", "", ""),
    ];
    for (name, value, message) in cases {
        let setup = Setup::new().variable(name, value);
        if message.is_empty() {
            assert_eq!(
                setup.load().providers.ollama.base_url,
                "http://127.0.0.1:11434"
            );
            continue;
        }
        let told = setup.problems();
        assert!(told.starts_with(name) && told.contains(message), "{told}");
    }
}

#[test]
fn flags_are_keys_and_values() {
    let cases = [
        ("default_model", "--set default_model: expected KEY=VALUE"),
        ("=a", "expected KEY=VALUE"),
        ("a b=c", "expected KEY=VALUE"),
        (
            "defualt_model=a",
            "there is no such key; did you mean \"default_model\"?",
        ),
        (
            "providers.ollama.enabled=maybe",
            "expected true or false, got \"maybe\"",
        ),
        (
            "providers.candle.options={cpu_threads=\"x\"}",
            "cpu_threads: expected an integer",
        ),
    ];
    for (flag, message) in cases {
        let told = Setup::new().flag(flag).problems();
        assert!(told.contains(message), "{flag}: {told}");
    }
    let setup = Setup::new()
        .flag("fallback.\"llama3.1:8b\"=[\"a\"]")
        .flag("providers.candle.options={cpu_threads=2, device=\"cpu\"}");
    let config = setup.load();
    assert_eq!(config.fallback["llama3.1:8b"], ["a"]);
    assert_eq!(config.providers.candle.options.cpu_threads, 2);
    let twice = Setup::new().flag("default_model=a").flag("default_model=b");
    assert!(
        twice
            .problems()
            .contains("default_model is set at --set default_model already")
    );
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let setup = Setup::new().file("project/nothing", "");
    let explicit = |name: &str| {
        let search = Search {
            explicit_file: Some(setup.home().join(name)),
            ..setup.search()
        };
        Config::load(&search)
            .expect_err("it cannot be read")
            .to_string()
    };
    assert!(
        explicit("missing.toml").contains("missing.toml: "),
        "{}",
        explicit("missing.toml")
    );
    assert!(explicit("project").contains("it is a folder"));
    std::fs::write(setup.home().join("bytes"), b"a = \"\xff\"").expect("the folder is writable");
    assert!(explicit("bytes").contains("it is not UTF-8 text (at byte 5)"));
    std::fs::write(setup.home().join("large"), vec![b'\n'; (1 << 20) + 1])
        .expect("the folder is writable");
    assert!(explicit("large").contains("more than 1048576 bytes"));
}

#[test]
fn a_key_in_a_file_is_refused_and_never_shown() {
    let cases = [
        (
            "[providers.openai]\napi_key = \"sk-secret\"",
            "api_key_env = \"OPENAI_API_KEY\"",
        ),
        (
            "providers.openai = { api_key = \"sk-secret\" }",
            "api_key_env = \"OPENAI_API_KEY\"",
        ),
        (
            "[providers.openai]\napi_key_env = \"sk-secret\"",
            "the name of an environment variable",
        ),
        (
            "[providers.openai]\napi_key = sk-secret",
            "this is not TOML",
        ),
    ];
    for (text, message) in cases {
        let setup = Setup::new().user(text);
        let error = Config::load(&setup.search()).expect_err("it is refused");
        let Error::Configuration(problems) = &error else {
            panic!("{error}");
        };
        assert!(error.to_string().contains(message), "{error}");
        let shown = format!("{error} {:?}", problems.texts().collect::<Vec<_>>());
        assert!(!shown.contains("secret"), "{shown}");
    }
}

#[test]
fn what_a_terminal_would_obey_is_not_in_the_shown_lines() {
    let setup = Setup::new().user("a = \"\u{1b}[31m\"");
    let error = Config::load(&setup.search()).expect_err("it is not TOML");
    let Error::Configuration(problems) = error else {
        panic!("{error}");
    };
    assert!(problems.texts().all(|(_, text)| !text.contains('\u{1b}')));
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_read_or_told_of() {
    let text = "default_model = \"a\"\n[fallback]\n\"llama3.1:8b\" = [\"ä\"]\n[providers.local.candle.performance]\n\
                cpu_threads = 0x4\n[[providers.local_recommended_models]]\nmodel = \"b\"\nsize_gb = 1e1";
    let setup = Setup::new();
    let path = setup.home().join("cut.toml");
    let search = Search {
        explicit_file: Some(path.clone()),
        ..setup.search()
    };
    let mut told = 0;
    for length in 0..=text.len() {
        std::fs::write(&path, &text.as_bytes()[..length]).expect("the folder is writable");
        match Config::load(&search) {
            Ok(_) => {}
            Err(Error::Configuration(problems)) => told += problems.diagnostics().len(),
            Err(other) => panic!("{length}: {other}"),
        }
    }
    assert!(told > text.len() / 2, "{told}");
}
