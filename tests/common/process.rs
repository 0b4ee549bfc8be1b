//! The binary as the tests start it.

use std::path::Path;
use std::process::Command;

/// The binary, which finds no model, server or setting of whoever runs the tests.
pub fn llmspell() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llmspell"));
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nowhere");
    for folder in [
        "HOME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
    ] {
        command.env(folder, &nowhere);
    }
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        let ours = ["LLMSPELL_", "HF_"].iter().any(|our| name.starts_with(our));
        if ours || name.ends_with("_API_KEY") {
            command.env_remove(&variable);
        }
    }
    // No server can have this port.
    command
        .env("OLLAMA_HOST", "127.0.0.1:0")
        .env("NO_COLOR", "1");
    command
}
