//! The page that explains the configuration: it has every key, and what it shows works.

use super::*;

const PAGE: &str = include_str!("../../../../../docs/user-guide/configuration.md");

/// The text below a heading, up to the next one.
fn section(heading: &str) -> &'static str {
    let begin = PAGE.find(&format!("\n### {heading}\n"));
    let text = &PAGE[begin.unwrap_or_else(|| panic!("no section {heading}")) + 1..];
    text.find("\n#").map_or(text, |end| &text[..end])
}

fn row(key: &str) -> &'static str {
    let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
    let heading = match table {
        "" => "At the top".to_owned(),
        table => format!("`[{}]`", table.replace('*', "NAME")),
    };
    let begin = format!("| `{}` | ", name.replace('*', "NAME"));
    let mut rows = section(&heading).lines();
    rows.find_map(|line| line.strip_prefix(&begin))
        .unwrap_or_else(|| panic!("no row for {key}"))
}

#[test]
fn the_page_has_every_key_with_its_default() {
    for key in KEYS {
        let row = row(key.path);
        let (default, meaning) = row.split_once(" | ").expect("a row has three cells");
        assert!(meaning.len() > 10, "{}: {row}", key.path);
        match key.default {
            Some(value) if key.kind.is_text() => {
                assert_eq!(default, format!("`\"{value}\"`"), "{}", key.path);
            }
            Some(value) => assert_eq!(default, format!("`{value}`"), "{}", key.path),
            None => assert!(
                default == "not set" || default.contains(", else "),
                "{}: {default}",
                key.path
            ),
        }
    }
}

#[test]
fn the_page_has_no_key_that_there_is_not() {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    let known: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
    assert_eq!(rows.count(), known.len());
}

#[test]
fn every_example_is_valid() {
    let examples: Vec<&str> = PAGE.split("```toml\n").skip(1).collect();
    assert!(examples.len() > 8, "{}", examples.len());
    for example in examples {
        let example = example.split("```").next().expect("a block ends");
        let setup = Setup::new().user(example);
        assert_eq!(
            Config::load(&setup.search())
                .map(drop)
                .map_err(|e| e.to_string()),
            Ok(()),
            "{example}"
        );
    }
}
