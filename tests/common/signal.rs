//! Signals, as a person at a terminal sends them.

use std::process::{Child, Command};

/// Sends the signal of this name: `"INT"` is Ctrl-C.
pub fn send(process: &Child, name: &str) {
    let id = process.id().to_string();
    let kill = "kill -\"$0\" \"$1\"";
    let sent = Command::new("sh").args(["-c", kill, name, &id]).status();
    assert!(sent.expect("a shell is there").success());
}
