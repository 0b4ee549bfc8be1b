//! `llmspell doc`.

use crate::{fails, llmspell};

#[test]
fn doc_explains_and_suggests() {
    let output = llmspell(&["doc", "task.start"]);
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("Task.start(function: function, ...)")
    );
    fails(&["doc", "Agent.creat"], 1, "did you mean Agent.create?");
    let output = llmspell(&["doc", "--json", "Channel"]);
    let functions: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(functions[0]["name"], "Channel.create");

    let output = llmspell(&["doc", "agentoptions"]);
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(
        page.starts_with("AgentOptions (record)") && page.contains("temperature?"),
        "{page}"
    );
    let output = llmspell(&["doc", "--json", "AgentOptions"]);
    let records: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(records[0]["name"], "AgentOptions");
    fails(&["doc", "AgentOption"], 1, "did you mean AgentOptions?");
}
