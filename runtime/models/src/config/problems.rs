//! [`Problems`]: all that is wrong with a configuration, told at once.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use llmspell_core::Diagnostic;

use super::keys;
use super::origin::Origin;
use crate::url;

/// All that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Problems {
    list: Vec<Diagnostic>,
    texts: BTreeMap<String, String>,
}

impl Problems {
    /// Each problem, with its place where it stands in a file.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.list
    }

    /// The files that the problems stand in: names and contents, without secrets.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(n, t)| (n.as_str(), t.as_str()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn push(&mut self, problem: Diagnostic) {
        self.list.push(problem);
    }

    /// A problem with what stands somewhere.
    pub(super) fn at(&mut self, origin: &Origin, message: String) {
        self.push(origin.problem(message));
    }

    /// Remembers a file, for showing its lines.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.texts.insert(name.to_owned(), redacted(text));
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.list.iter().enumerate() {
            let line_break = if at > 0 { "\n" } else { "" };
            write!(f, "{line_break}{problem}")?;
            if let Some(help) = &problem.help {
                write!(f, "; {help}")?;
            }
        }
        Ok(())
    }
}

/// The text with stars where a key or a password could stand, and nothing in it that a terminal would obey.
fn redacted(text: &str) -> String {
    text.split('\n')
        .map(redacted_line)
        .collect::<Vec<_>>()
        .join("\n")
}

fn redacted_line(line: &str) -> String {
    let mut signs = line.match_indices('=').map(|(at, _)| at);
    let key = signs.find(|&at| keys::is_secret(last_name(&line[..at])));
    let key = key.map_or(line.len()..line.len(), |at| at + 1..line.len());
    let passwords = passwords(line);
    let is_secret = |at: &usize| key.contains(at) || passwords.iter().any(|p| p.contains(at));
    let hide = |(at, c): (usize, char)| match () {
        () if is_secret(&at) && !c.is_whitespace() => '*',
        () if c.is_control() && c != '\t' => ' ',
        () => c,
    };
    line.char_indices().map(hide).collect()
}

/// Where passwords stand in the URLs of a line. A URL ends with the quotation mark before it, else with the line. What
/// is given as a URL may lack its scheme.
fn passwords(line: &str) -> Vec<Range<usize>> {
    let scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let schemes = line.match_indices("://");
    let schemes = schemes.map(|(colon, _)| line[..colon].trim_end_matches(scheme).len());
    let values = line.match_indices('=').filter_map(|(at, _)| {
        let value = line[at + 1..].trim_start_matches([' ', '\t', '"', '\'']);
        (last_name(&line[..at]) == "base_url").then_some(line.len() - value.len())
    });
    let password = |start: usize| {
        let quote = line[..start].chars().last().filter(|c| "\"'".contains(*c));
        let end = quote.and_then(|quote| closing(&line[start..], quote));
        let end = end.map_or(line.len(), |length| start + length);
        let login = url::login(&line[start..end])?;
        Some(start + login.start..start + login.end)
    };
    schemes.chain(values).filter_map(password).collect()
}

/// Where a quoted text ends; with double quotes, a backslash takes a quotation mark along.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && quote == '"' && !escaped;
        ends.then_some(at)
    })
}

/// The last part of a key that stands before an equals sign.
fn last_name(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches(['"', '\'']);
    let part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    text.rsplit(|c| !part(c)).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_passwords_are_not_shown() {
        for (line, shown) in [
            (r#"key = "sk-1""#, r#"key = ******"#),
            (r#"openai.token="sk-1""#, r#"openai.token=******"#),
            (
                r#"openai = { "api_key" = "s 1" }"#,
                r#"openai = { "api_key" = ** ** *"#,
            ),
            (
                r#"base_url = "http://a:b@host:99999""#,
                r#"base_url = "http://***@host:99999""#,
            ),
            (
                r#"url = "http://a:b/c@d@host""#,
                r#"url = "http://*******@host""#,
            ),
            (
                r#"base_url = "ada:secret@host""#,
                r#"base_url = "**********@host""#,
            ),
            (
                r#"base_url = "http://a:p\"w@h:99999""#,
                r#"base_url = "http://******@h:99999""#,
            ),
            (
                r#"url = "https://evil/@good.com""#,
                r#"url = "https://evil/@good.com""#,
            ),
            (r#"u = "http://a:m s@h""#, r#"u = "http://*** *@h""#),
            (r#"u = "http://a:it's@h""#, r#"u = "http://******@h""#),
            (
                r#"x = { a = "http://h", b = "http://u:p@h" }"#,
                r#"x = { a = "http://h", b = "http://***@h" }"#,
            ),
            (r#"openai_api_key = sk"#, r#"openai_api_key = **"#),
            (r#"MY_TOKEN = "sk""#, r#"MY_TOKEN = ****"#),
            (r#"max_tokens = 5"#, r#"max_tokens = 5"#),
            (r#"api_key_env = "sk""#, r#"api_key_env = ****"#),
            ("keys = \u{1b}[31m", "keys =  [31m"),
        ] {
            assert_eq!(redacted(line), shown);
        }
    }
}
