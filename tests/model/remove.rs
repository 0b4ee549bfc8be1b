//! `model remove`, which asks whom it can.

use crate::place::{FILE, NAME, Place, SPEC};

#[test]
fn without_a_terminal_nothing_is_deleted_unless_told() {
    let place = Place::pulled();
    let error = place.fails(&["model", "remove", NAME], 2);
    assert!(error.contains("--yes"), "{error}");
    assert_eq!(place.listed(), [NAME]);
    let printed = place.prints(&["model", "remove", SPEC, "--yes"]);
    assert_eq!(printed, format!("{SPEC} is deleted\n"));
    assert!(place.listed().is_empty());
    assert!(!place.stored(FILE).exists());
}

#[test]
fn what_is_removed_is_told_as_json() {
    let place = Place::pulled();
    let removed = place.json(&["model", "remove", NAME, "--yes"]);
    assert_eq!(removed["removed"], NAME);
}

#[test]
fn what_is_not_there_or_in_the_box_cannot_be_removed() {
    let place = Place::new();
    for (name, code) in [(NAME, 1), ("llama9:8b", 1), ("wisp", 1), ("a//b", 2)] {
        let error = place.fails(&["model", "remove", name, "--yes"], code);
        assert!(error.contains(name.trim_end_matches("//b")), "{error}");
    }
}

#[cfg(unix)]
mod terminal {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::process::{Output, Stdio};

    use nix::pty::openpty;

    use super::*;

    /// Runs a command on a terminal of its own, where somebody answers its question.
    fn answered(place: &Place, args: &[&str], answer: &str) -> (Output, String) {
        let terminal = openpty(None, None).expect("a terminal");
        let end = || terminal.slave.try_clone().expect("a second handle");
        let mut command = place.command(args);
        command.stdin(end()).stderr(end()).stdout(Stdio::piped());
        let child = command.spawn().expect("the binary starts");
        let mut screen = File::from(terminal.master);
        let mut shown = String::new();
        while !shown.contains("[y/N] ") {
            let mut bytes = [0; 256];
            let count = screen.read(&mut bytes).expect("it asks");
            shown += &String::from_utf8_lossy(&bytes[..count]);
        }
        screen.write_all(answer.as_bytes()).expect("it listens");
        (child.wait_with_output().expect("it ends"), shown)
    }

    #[test]
    fn on_a_terminal_it_asks_first() {
        let place = Place::pulled();
        for refusal in ["n\n", "\n", "what?\n"] {
            let (output, shown) = answered(&place, &["model", "remove", NAME], refusal);
            assert_eq!(output.status.code(), Some(1), "{refusal:?}");
            assert!(
                shown.starts_with(&format!("Delete {NAME}? [y/N] ")),
                "{shown}"
            );
            assert_eq!(place.listed(), [NAME], "{refusal:?}");
        }
        let (output, _) = answered(&place, &["model", "remove", NAME], "y\n");
        assert_eq!(output.status.code(), Some(0));
        assert!(place.listed().is_empty());
    }
}
