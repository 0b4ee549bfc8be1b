//! Error snapshots: every script in `tests/errors` fails, and what it shows stands beside it in
//! `NAME.lua.txt` or `NAME.rhai.txt`. `UPDATE_SNAPSHOTS=1` writes them anew.

mod files;

#[path = "common/process.rs"]
mod process;

use std::path::Path;
use std::process::Stdio;

/// What a person sees, with the file's name instead of its path.
fn rendered(script: &Path) -> String {
    let folder = script.parent().expect("a script lies in a folder");
    let name = script.file_name().expect("a script has a name");
    let shown = |style: &str| {
        let output = process::llmspell()
            .args(["run", "--color", "never", "--diagnostics", style])
            .arg(name)
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .expect("the binary starts");
        assert_eq!(output.status.code(), Some(1), "{}", script.display());
        String::from_utf8(output.stderr).expect("errors are UTF-8")
    };
    format!("{}\n{}", shown("plain"), shown("fancy"))
}

#[test]
fn errors_look_as_they_did() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let scripts = files::scripts("errors");
    assert!(scripts.len() >= 10, "the scripts were not found");
    let mut changed = Vec::new();
    for script in scripts {
        let snapshot = script.with_added_extension("txt");
        let now = rendered(&script);
        if update {
            std::fs::write(&snapshot, &now).expect("the folder is writable");
        }
        let before = std::fs::read_to_string(&snapshot).unwrap_or_default();
        if before != now {
            changed.push(format!(
                "{}\nexpected:\n{before}\ngot:\n{now}",
                script.display()
            ));
        }
    }
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}
