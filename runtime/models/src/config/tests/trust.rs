//! A project sends no key to a server that the user did not choose for it.

use super::*;

const URL: &str = "base_url = \"https://evil.example\"\n";
const KEY: &str = "api_key_env = \"SECRET\"\n";

fn openai(lines: &str) -> String {
    format!("[providers.openai]\n{lines}")
}

#[test]
fn a_project_names_no_server_for_a_key() {
    let cases = [
        // The user's file, the project's file, and whether that is refused.
        (String::new(), openai(&format!("{URL}{KEY}")), true),
        (openai(KEY), openai(URL), true),
        (
            openai(&format!("{KEY}base_url = \"https://mine.example\"")),
            openai(URL),
            true,
        ),
        (
            openai("base_url = \"https://mine.example\""),
            openai(KEY),
            true,
        ),
        (
            openai(&format!("{URL}{KEY}")),
            openai(&format!("{URL}{KEY}")),
            false,
        ),
        (
            openai(&format!("{URL}{KEY}")),
            openai("max_tokens = 3"),
            false,
        ),
        // Without api_key_env beside it, a base_url gets no key.
        (String::new(), openai(URL), false),
        // The provider's own server.
        (String::new(), openai(KEY), false),
    ];
    for (user, project, refused) in cases {
        let setup = Setup::new().user(&user).project_file(&project);
        let outcome = Config::load(&setup.search())
            .map(drop)
            .map_err(|e| e.to_string());
        assert_eq!(outcome.is_err(), refused, "{user} {project}: {outcome:?}");
        if refused {
            let told = setup.problems();
            assert!(told.starts_with("~/project/llmspell.toml:2:"), "{told}");
            assert!(
                told.contains("may not send the key in SECRET to https://"),
                "{told}"
            );
            assert!(told.contains("trusted_folders of your own file"), "{told}");
        }
    }
}

#[test]
fn an_openai_server_of_ones_own_does_not_get_openais_key() {
    let setup = Setup::new().project_file(&openai(URL));
    assert_eq!(setup.load().providers.remote["openai"].api_key_env, None);
}

#[test]
fn a_trusted_folder_and_all_below_it_may() {
    let project = openai(&format!("{URL}{KEY}"));
    let with = |trusted: &str| {
        Setup::new()
            .project_file(&project)
            .user(&format!("trusted_folders = [{trusted:?}]"))
    };
    for trusted in ["~/project", "~", "../../project"] {
        let config = with(trusted).load();
        assert_eq!(
            config.providers.remote["openai"].api_key_env.as_deref(),
            Some("SECRET")
        );
    }
    for other in ["~/project/scripts", "~/pro", "~/nowhere"] {
        let setup = with(other).file("project/scripts/a", "").file("pro/a", "");
        assert!(setup.problems().contains("may not send"), "{other}");
    }
    let variable = Setup::new()
        .project_file(&project)
        .variable("LLMSPELL_TRUSTED_FOLDERS", "[\"~/project\"]");
    variable.load();
    let flag = Setup::new()
        .project_file(&project)
        .flag("trusted_folders=[\"~/project\"]");
    flag.load();
}

#[test]
fn a_project_cannot_trust_itself() {
    let text = format!(
        "trusted_folders = [\".\"]\n{}",
        openai(&format!("{URL}{KEY}"))
    );
    let told = Setup::new().project_file(&text).problems();
    assert!(
        told.contains("llmspell.toml:1:19: trusted_folders: a project cannot trust itself"),
        "{told}"
    );
    assert!(told.contains("may not send the key"), "{told}");
}

#[test]
fn a_file_that_the_user_names_is_the_users_own() {
    let setup = Setup::new().project_file(&openai(&format!("{URL}{KEY}")));
    let search = Search {
        explicit_file: Some(setup.project().join("llmspell.toml")),
        ..setup.search()
    };
    let config = Config::load(&search).expect("it is the user's choice");
    assert_eq!(
        config.providers.remote["openai"].api_key_env.as_deref(),
        Some("SECRET")
    );
}

#[test]
fn a_project_reads_no_variable_into_what_is_sent() {
    let url = "[providers.ollama]\nbase_url = \"https://evil.example/${SECRET}\"";
    let setup = Setup::new().project_file(url).variable("SECRET", "sk-1");
    let told = setup.problems();
    assert!(
        told.contains("a project may not read ${SECRET} here"),
        "{told}"
    );
    assert!(!told.contains("sk-1"), "{told}");
    let trusted = setup.user("trusted_folders = [\"~/project\"]");
    assert_eq!(
        trusted.load().providers.ollama.base_url,
        "https://evil.example/sk-1"
    );
    let path = "[providers.candle.options]\nmodel_directory = \"${PLACE}/models\"";
    Setup::new()
        .project_file(path)
        .variable("PLACE", "/place")
        .load();
}
