//! `model pull`.

use serde_json::Value;

use crate::place::{FILE, NAME, Place, SPEC, answer, model};
use crate::server::Fault;

#[test]
fn a_pull_tells_in_plain_lines_and_prints_one() {
    let place = Place::new();
    let (printed, told) = place.says(&["model", "pull", SPEC]);
    let size = format!("{:.1} KB", model().len() as f64 / 1e3);
    assert_eq!(printed, format!("{NAME} is there ({size})\n"));
    assert!(!told.contains(['\r', '\x1b']), "{told:?}");
    let words = told
        .lines()
        .map(|line| line.split(' ').next().unwrap_or(""));
    let mut words: Vec<&str> = words.collect();
    words.dedup();
    assert_eq!(
        words,
        ["resolving", "downloading", "verifying", "complete"],
        "{told}"
    );
    let last = told.lines().rfind(|line| line.starts_with("downloading"));
    let last = last.expect("a line");
    assert!(
        last.starts_with(&format!("downloading tiny-Q4_K_M.gguf: 100 % of {size}, ")),
        "{last}"
    );
}

#[test]
fn a_pull_tells_each_step_as_json() {
    let place = Place::new();
    let (printed, told) = place.says(&["model", "pull", SPEC, "--json"]);
    assert_eq!(told, "");
    let lines = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let lines: Vec<Value> = lines.collect();
    for line in &lines {
        assert!(
            line["percent_complete"].is_number() && line["completed_bytes"].is_u64(),
            "{line}"
        );
    }
    let (first, last) = (&lines[0], lines.last().expect("lines"));
    assert_eq!(first["status"], "resolving");
    assert_eq!(last["status"], "complete");
    assert_eq!(last["model_id"], NAME);
    assert_eq!(last["percent_complete"], 100.0);
    assert_eq!(last["total_bytes"], model().len());
}

#[test]
fn a_pulled_model_answers_under_every_name() {
    let place = Place::pulled();
    for name in [NAME, SPEC, &format!("local/{NAME}"), "hf:tiny/model-GGUF"] {
        let code = answer(Some(name), "tokens.completion");
        assert_eq!(place.prints(&["exec", &code]), "3\n", "{name}");
    }
    let again = place.says(&["model", "pull", SPEC]);
    assert!(!again.1.contains("downloading"), "{}", again.1);
}

#[test]
fn an_option_says_which_quantization() {
    let place = Place::new();
    place.server.add("tiny/model-GGUF/tiny-Q8_0.gguf", model());
    place.prints(&[
        "model",
        "pull",
        "hf:tiny/model-GGUF",
        "--quantization",
        "Q8_0",
    ]);
    assert_eq!(place.listed(), ["hf:tiny/model-GGUF/tiny-Q8_0.gguf"]);
    let error = place.fails(&["model", "pull", "hf:tiny/model-GGUF:Q2_K"], 1);
    assert!(
        error.ends_with("there is no Q2_K of it; there are Q4_K_M, Q8_0"),
        "{error}"
    );
}

#[test]
fn a_server_that_refuses_is_an_error_that_says_what_to_do() {
    for (status, code, expected) in [
        (401, "", "set HF_TOKEN"),
        (403, "GatedRepo", "accept the licence"),
        (404, "RepoNotFound", "there is no repository"),
    ] {
        let place = Place::new();
        let headers = vec![("x-error-code", code.to_owned())];
        place.server.at_hub([Fault::Refuse(status, headers)]);
        let error = place.fails(&["model", "pull", SPEC], 1);
        assert!(error.contains(&format!("status {status}")), "{error}");
        assert!(error.contains(expected), "{error}");
        assert!(place.listed().is_empty());
    }
    let place = Place::new();
    let error = place.fails(&["model", "pull", "hf:tiny/none-GGUF"], 1);
    assert!(
        error.contains("/tiny/none-GGUF, or it is private"),
        "{error}"
    );
}

#[test]
fn what_is_damaged_on_the_way_is_not_installed() {
    let place = Place::new();
    place.server.announce_digest(FILE, "0".repeat(64));
    let error = place.fails(&["model", "pull", SPEC], 1);
    assert!(error.contains("another sha256"), "{error}");
    assert!(place.listed().is_empty());
    assert!(!place.stored(FILE).exists());
}

/// Waits until so many lines of a file have been written by another process, which no event tells.
#[cfg(unix)]
fn wait_for_lines(path: &std::path::Path, count: usize) {
    let start = std::time::Instant::now();
    let lines = || std::fs::read_to_string(path).map_or(0, |text| text.matches('\n').count());
    while lines() < count {
        assert!(
            start.elapsed().as_secs() < 60,
            "{} stays short",
            path.display()
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_pull_ends_with_130_and_the_next_goes_on() {
    const NOTED: u64 = 8 << 20; // how often what came is noted
    let place = Place::new();
    let mut content = model();
    content.resize(3 * NOTED as usize, 0);
    place.server.add(FILE, content.clone());
    place
        .server
        .at_cdn([Fault::Pause(2 * NOTED as usize + 1000)]);
    let mut command = place.command(&["model", "pull", SPEC]);
    let command = command.stdout(std::process::Stdio::piped());
    let child = command.stderr(std::process::Stdio::piped()).spawn();
    let child = child.expect("the binary starts");
    place.server.wait_for_pause(1);
    wait_for_lines(&place.stored(&format!("{FILE}.journal")), 2);
    crate::signal::send(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    place.server.go_on();
    let told = crate::place::text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(
        told.contains("the same command goes on from there"),
        "{told}"
    );
    assert!(place.stored(&format!("{FILE}.part")).exists());
    assert!(
        place.listed().is_empty(),
        "what has not come whole is not listed"
    );

    place.prints(&["model", "pull", SPEC]);
    let ranges = place.server.ranges();
    assert_eq!(ranges.len(), 2, "{ranges:?}");
    assert!(ranges[1].start >= NOTED, "{ranges:?}");
    assert!(std::fs::read(place.stored(FILE)).expect("the file") == content);
}

#[cfg(unix)]
#[test]
fn who_stops_reading_the_progress_does_not_end_the_pull() {
    let place = Place::new();
    place.server.at_cdn([Fault::Pause(1000)]);
    let mut command = place.command(&["model", "pull", SPEC]);
    command.stdout(std::process::Stdio::piped());
    let child = command.stderr(std::process::Stdio::piped()).spawn();
    let mut child = child.expect("the binary starts");
    place.server.wait_for_pause(1);
    drop(child.stderr.take());
    place.server.go_on();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(place.listed(), [NAME]);
}

#[test]
fn the_model_in_the_box_takes_no_options() {
    let place = Place::new();
    for (option, name) in [
        (&["--force"][..], "force"),
        (&["--quantization", "Q4_K_M"], "quantization"),
    ] {
        let error = place.fails(&[&["model", "pull", "wisp"], option].concat(), 1);
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
    }
}
