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
    let unasked = place.fails(&["model", "remove", NAME], 1);
    assert!(unasked.contains("no model"), "{unasked}");
    let error = place.fails(&["model", "remove", "wispy"], 1);
    assert!(!error.contains("did you mean"), "{error}");
    for (name, code) in [(NAME, 1), ("llama9:8b", 1), ("wisp", 1), ("a//b", 2)] {
        let error = place.fails(&["model", "remove", name, "--yes"], code);
        assert!(error.contains(name.trim_end_matches("//b")), "{error}");
    }
}

#[test]
fn what_is_damaged_can_be_removed_and_what_is_in_the_box_is_no_question() {
    let place = Place::pulled();
    let length = std::fs::metadata(place.stored(FILE))
        .expect("it is there")
        .len();
    let zeros = vec![0; usize::try_from(length).expect("it is small")];
    std::fs::write(place.stored(FILE), zeros).expect("the folder is writable");
    let error = place.fails(&["model", "remove", NAME], 2);
    assert!(error.contains("--yes"), "{error}");
    let error = place.fails(&["model", "remove", "wisp"], 1);
    assert!(error.contains("cannot delete"), "{error}");
    place.prints(&["model", "remove", NAME, "--yes"]);
    assert!(!place.stored(FILE).exists());
}

#[cfg(unix)]
#[test]
fn on_a_terminal_it_asks_first() {
    let place = Place::pulled();
    let answered =
        |answer| crate::terminal::answered(place.command(&["model", "remove", NAME]), answer);
    for refusal in ["n\n", "\n", "what?\n"] {
        let (output, shown) = answered(refusal);
        assert_eq!(output.status.code(), Some(1), "{refusal:?}");
        assert!(
            shown.starts_with(&format!("Delete {NAME}? [y/N] ")),
            "{shown}"
        );
        assert_eq!(place.listed(), [NAME], "{refusal:?}");
    }
    let (output, _) = answered("y\n");
    assert_eq!(output.status.code(), Some(0));
    assert!(place.listed().is_empty());
}
