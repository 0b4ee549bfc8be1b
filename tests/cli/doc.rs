//! `llmspell doc`.

use crate::{fails, llmspell};

#[test]
fn a_name_in_any_case_has_its_page() {
    let page = |name| String::from_utf8(llmspell(&["doc", name]).stdout).expect("UTF-8");
    let function = page("task.start");
    assert!(
        function.starts_with("Task.start(function: function, ...)"),
        "{function}"
    );
    let record = page("agentoptions");
    assert!(
        record.starts_with("AgentOptions (record)") && record.contains("temperature?"),
        "{record}"
    );
}

#[test]
fn a_page_can_be_json() {
    for (name, first) in [
        ("Channel", "Channel.create"),
        ("AgentOptions", "AgentOptions"),
    ] {
        let output = llmspell(&["doc", "--json", name]);
        let pages: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(pages[0]["name"], first);
    }
}

#[test]
fn a_misspelt_name_suggests_the_nearest() {
    fails(&["doc", "Agent.creat"], 1, "did you mean Agent.create?");
    fails(&["doc", "AgentOption"], 1, "did you mean AgentOptions?");
}

#[test]
fn without_a_name_everything_is_listed() {
    let page = String::from_utf8(llmspell(&["doc"]).stdout).expect("UTF-8");
    assert!(
        page.contains("\nRecords: ") && page.ends_with("llmspell doc NAME\n"),
        "{page}"
    );
    let output = llmspell(&["doc", "--json"]);
    let all: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let registry = llmspell::registry();
    assert_eq!(
        all.len(),
        registry.functions().count() + registry.globals.len()
    );
}
