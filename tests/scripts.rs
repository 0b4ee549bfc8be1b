//! Paired scripts: `tests/scripts/**/x.lua` and `x.rhai` with the same expectation in their header.
//!
//! A header line `expect: TEXT` is a line of output; `error: TEXT` is part of an error that nobody
//! catches. `input: TEXT` is a line to read.

mod common;
mod files;

use std::path::Path;

use llmspell::Language;

/// What a script's header says.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    output: Vec<String>,
    errors: Vec<String>,
    input: Vec<String>,
}

impl Expected {
    fn read(source: &str) -> Self {
        let mut expected = Self::default();
        for line in source.lines() {
            let Some(comment) = line.strip_prefix("-- ").or(line.strip_prefix("// ")) else {
                break;
            };
            match comment.split_once(": ") {
                Some(("expect", text)) => expected.output.push(text.to_owned()),
                Some(("error", text)) => expected.errors.push(text.to_owned()),
                Some(("input", text)) => expected.input.push(text.to_owned()),
                _ => {}
            }
        }
        expected
    }
}

#[test]
fn every_script_does_what_its_header_says() {
    let mut failures = Vec::new();
    let scripts = files::scripts("scripts");
    assert!(scripts.len() >= 20, "the scripts were not found");
    for path in &scripts {
        failures.extend(check(path).err());
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

#[test]
fn every_script_has_a_twin_in_the_other_language_with_the_same_expectation() {
    for path in files::scripts("scripts") {
        let twin = match path.extension().and_then(|e| e.to_str()) {
            Some("lua") => path.with_extension("rhai"),
            _ => path.with_extension("lua"),
        };
        let read = |path: &Path| {
            let text = std::fs::read_to_string(path);
            Expected::read(&text.unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        };
        assert_eq!(read(&path), read(&twin), "{}", path.display());
    }
}

fn check(path: &Path) -> Result<(), String> {
    let source = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let expected = Expected::read(&source);
    let language = Language::of_file(path)?;
    let input: Vec<&str> = expected.input.iter().map(String::as_str).collect();
    let ran = common::run(language, &path.display().to_string(), &source, &input);
    let output: Vec<&str> = ran.output.lines().collect();
    let errors_fit = ran.errors.len() == expected.errors.len()
        && ran
            .errors
            .iter()
            .zip(&expected.errors)
            .all(|(got, part)| got.contains(part));
    if output == expected.output && errors_fit {
        return Ok(());
    }
    Err(format!(
        "{}\nexpected {expected:#?}\ngot {ran:#?}",
        path.display()
    ))
}
