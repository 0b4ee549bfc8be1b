//! `model install-ollama`, from a server that has releases as GitHub has them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::place::{Place, names, text};
use crate::server::{Fault, sha256};
use crate::terminal;

const ASSET: &str = match (cfg!(target_os = "macos"), cfg!(target_arch = "aarch64")) {
    (true, _) => "ollama-darwin.tgz",
    (false, true) => "ollama-linux-arm64.tgz",
    (false, false) => "ollama-linux-amd64.tgz",
};

/// Where a program of this machine is.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("it is set");
    let found = std::env::split_paths(&path).map(|folder| folder.join(name));
    { found }
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("no {name}"))
}

fn symlink(original: &Path, link: &Path) {
    std::os::unix::fs::symlink(original, link).expect("a link");
}

/// An archive with a program that says `what`.
fn archive(place: &Place, what: &str) -> Vec<u8> {
    let folder = place.path("release");
    std::fs::create_dir_all(folder.join("bin")).expect("writable");
    let script = format!("#!/bin/sh\necho {what}\n");
    std::fs::write(folder.join("bin/ollama"), script).expect("writable");
    let file = place.path("release.tgz");
    let mut tar = Command::new("tar");
    let tar = tar.arg("-czf").arg(&file).arg("-C").arg(&folder).arg("bin");
    assert!(tar.status().expect("tar runs").success());
    std::fs::read(file).expect("the archive")
}

/// A place whose `PATH` has what unpacking needs, and no Ollama.
fn place() -> Place {
    let place = Place::new();
    let folder = place.path("programs");
    std::fs::create_dir(&folder).expect("writable");
    for name in ["tar", "gzip"] {
        symlink(&program(name), &folder.join(name));
    }
    place
}

/// Publishes an archive with a digest.
fn publish(place: &Place, archive: &[u8], digest: &str) {
    let other = "0".repeat(64);
    let list = format!("{other}  ./other-{ASSET}\n{digest}  ./{ASSET}\n");
    place
        .server
        .add("releases/sha256sum.txt", list.into_bytes());
    place
        .server
        .add(&format!("releases/{ASSET}"), archive.to_vec());
}

/// A place and a release that is as it should be.
fn released() -> Place {
    let place = place();
    let archive = archive(&place, "one");
    publish(&place, &archive, &sha256(&archive));
    place
}

fn command(place: &Place, args: &[&str]) -> Command {
    let mut command = place.command(&[&["model", "install-ollama"], args].concat());
    let releases = format!("{}/releases", place.server.endpoint());
    command
        .env("PATH", place.path("programs"))
        .env("LLMSPELL_OLLAMA_RELEASES", releases);
    command
}

fn install(place: &Place, args: &[&str]) -> Output {
    command(place, args).output().expect("the binary starts")
}

/// The text of a program.
fn says(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the program")
}

fn fails(place: &Place, args: &[&str], code: i32) -> String {
    let output = install(place, args);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    let mut error = told.lines().filter_map(|line| line.strip_prefix("error: "));
    error.next_back().expect("an error").to_owned()
}

/// What is in the folder of our data.
fn data(place: &Place) -> Vec<String> {
    names(&place.path("data/llmspell"))
}

#[test]
fn a_release_is_verified_unpacked_and_linked() {
    let place = released();
    let output = install(&place, &["--yes"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let folder = place.path("data/llmspell/ollama");
    let installed = folder.join("bin/ollama");
    for part in [
        format!("downloads {}/releases/{ASSET} (", place.server.endpoint()),
        format!("unpacks   it to {}\n", folder.display()),
        format!(
            "links     {} to it\n",
            place.path(".local/bin/ollama").display()
        ),
        "unpacking ollama\n".to_owned(),
    ] {
        assert!(told.contains(&part), "{part}: {told}");
    }
    let printed = text(&output.stdout);
    assert!(
        printed.contains(&format!("{} serve", installed.display())),
        "{printed}"
    );
    assert!(says(&installed).contains("echo one"));
    let link = std::fs::read_link(place.path(".local/bin/ollama")).expect("a link");
    assert_eq!(link, installed);
    assert_eq!(data(&place), ["ollama"], "nothing is left beside it");
}

#[test]
fn a_new_release_takes_the_place_of_the_old_one_and_the_link_stays() {
    let place = released();
    std::fs::create_dir_all(place.path(".local/bin")).expect("writable");
    std::fs::write(place.path(".local/bin/ollama"), "mine").expect("writable");
    assert_eq!(install(&place, &["--yes"]).status.code(), Some(0));
    let archive = archive(&place, "two");
    publish(&place, &archive, &sha256(&archive));
    let output = install(&place, &["--yes", "--json"]);
    let last = text(&output.stdout).lines().last().map(str::to_owned);
    let last: serde_json::Value = serde_json::from_str(&last.expect("a line")).expect("JSON");
    assert_eq!(last["status"], "installed");
    let program = last["program"].as_str().expect("a path");
    assert!(says(Path::new(program)).contains("echo two"));
    assert_eq!(says(&place.path(".local/bin/ollama")), "mine");
    assert_eq!(data(&place), ["ollama"]);
}

#[test]
fn a_wrong_checksum_leaves_nothing_behind_and_what_was_there_alone() {
    let place = released();
    assert_eq!(install(&place, &["--yes"]).status.code(), Some(0));
    publish(&place, &archive(&place, "two"), &"a".repeat(64));
    let error = fails(&place, &["--yes"], 1);
    assert!(error.contains("nothing was installed"), "{error}");
    assert_eq!(data(&place), ["ollama"]);
    assert!(says(&place.path("data/llmspell/ollama/bin/ollama")).contains("echo one"));
}

#[test]
fn a_release_without_an_archive_for_this_machine_is_an_error() {
    let place = place();
    place.server.add("releases/sha256sum.txt", b"none".to_vec());
    let error = fails(&place, &["--yes"], 1);
    assert!(error.contains(&format!("names no {ASSET} or ")), "{error}");
    let list = format!("{}  ./{ASSET}\n", "a".repeat(64));
    place
        .server
        .add("releases/sha256sum.txt", list.into_bytes());
    let error = fails(&place, &["--yes"], 1);
    assert!(error.contains("status 404"), "{error}");
    assert!(data(&place).is_empty(), "{:?}", data(&place));
}

#[test]
fn an_archive_that_cannot_be_unpacked_installs_nothing() {
    let place = place();
    let content = b"no archive at all".to_vec();
    publish(&place, &content, &sha256(&content));
    let error = fails(&place, &["--yes"], 1);
    assert!(error.contains("it cannot be unpacked"), "{error}");
    assert_eq!(
        data(&place),
        [ASSET],
        "what was verified need not come again"
    );
    assert!(!place.path(".local/bin/ollama").exists());
}

#[test]
fn a_download_that_breaks_off_is_gone_on_with() {
    let place = released();
    place.server.at_cdn([Fault::None, Fault::Drop(40)]);
    let output = install(&place, &["--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let ranges = place.server.ranges();
    assert_eq!(
        ranges.iter().map(|range| range.start).collect::<Vec<_>>(),
        [0, 40]
    );
}

#[test]
fn an_ollama_that_is_there_is_enough_unless_told() {
    let place = released();
    let program = place.path("programs/ollama");
    std::fs::write(&program, "").expect("writable");
    let output = install(&place, &[]);
    assert_eq!(output.status.code(), Some(0));
    let printed = text(&output.stdout);
    assert!(
        printed.starts_with(&format!("{} is there already", program.display())),
        "{printed}"
    );
    assert!(place.server.asked().is_empty());
    assert_eq!(
        install(&place, &["--force", "--yes"]).status.code(),
        Some(0)
    );
    assert_eq!(data(&place), ["ollama"]);
}

#[test]
fn without_a_terminal_it_does_nothing_unless_told() {
    let place = released();
    let error = fails(&place, &[], 2);
    assert!(error.contains("--yes"), "{error}");
    assert!(data(&place).is_empty());
}

#[test]
fn on_a_terminal_it_says_what_it_will_do_and_asks() {
    let place = released();
    let (output, shown) = terminal::answered(command(&place, &[]), "n\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(shown.starts_with("This installs Ollama:"), "{shown}");
    assert!(data(&place).is_empty());
    let (output, _) = terminal::answered(command(&place, &[]), "yes\n");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(data(&place), ["ollama"]);
}

#[test]
fn an_interrupted_download_ends_with_130_and_the_next_goes_through() {
    let place = released();
    place.server.at_cdn([Fault::None, Fault::Pause(40)]);
    let mut command = command(&place, &["--yes"]);
    let child = command.stderr(std::process::Stdio::piped()).spawn();
    let child = child.expect("the binary starts");
    place.server.wait_for_pause(1);
    crate::signal::send(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    place.server.go_on();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(
        data(&place).contains(&format!("{ASSET}.part")),
        "{:?}",
        data(&place)
    );
    assert!(!place.path("data/llmspell/ollama").exists());
    assert_eq!(install(&place, &["--yes"]).status.code(), Some(0));
    assert_eq!(data(&place), ["ollama"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let place = released();
    std::fs::create_dir_all(place.path("data")).expect("writable");
    std::fs::write(place.path("data/llmspell"), "a file").expect("writable");
    let output = install(&place, &["--yes"]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("Ollama cannot be installed there"),
        "{error}"
    );
}

#[test]
fn an_address_that_is_none_is_an_error() {
    let place = released();
    let mut command = command(&place, &["--yes"]);
    let output = command.env("LLMSPELL_OLLAMA_RELEASES", "nowhere").output();
    let output = output.expect("the binary starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("LLMSPELL_OLLAMA_RELEASES: \"nowhere\""));
}
