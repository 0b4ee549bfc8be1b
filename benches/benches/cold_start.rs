//! How long `llmspell run` takes on an empty script, beside `lua5.4`; needs `cargo build --release`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use llmspell_benches::{head, median, row};

const RUNS: usize = 51;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let binary = root.join("target/release/llmspell");
    assert!(binary.exists(), "build it first: cargo build --release");
    let folder = std::env::temp_dir();
    let empty = |name: &str| -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, "").expect("the temporary folder is writable");
        path
    };
    let (lua, rhai) = (empty("llmspell-empty.lua"), empty("llmspell-empty.rhai"));
    head(&["command", "ms"]);
    measure(
        "llmspell run empty.lua",
        Command::new(&binary).arg("run").arg(&lua),
    );
    measure(
        "llmspell run empty.rhai",
        Command::new(&binary).arg("run").arg(&rhai),
    );
    match Command::new("lua5.4").arg("-v").output() {
        Ok(_) => measure("lua5.4 empty.lua", Command::new("lua5.4").arg(&lua)),
        Err(_) => row(&["lua5.4 empty.lua", "not installed"]),
    }
}

fn measure(name: &str, command: &mut Command) {
    let command = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    let time = median(RUNS, || {
        let status = command.status().expect("the command starts");
        assert!(status.success(), "{name} failed");
    });
    row(&[name, &format!("{:.2}", time.as_secs_f64() * 1e3)]);
}
