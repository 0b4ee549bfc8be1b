//! REPL inputs: expressions give their values, and top-level locals stay visible.

use llmspell_core::Diagnostic;
use mlua::{Function, Lua};

use crate::shared::Shared;
use crate::source;

/// Compiles one input: as an expression if it is one.
pub fn compile(lua: &Lua, shared: &Shared, name: &str, text: &str) -> Result<Function, Diagnostic> {
    shared.cx.add_source(name, text);
    if let Ok(function) = source::expression(lua, name, text) {
        return Ok(function);
    }
    if let Some(text) = without_local(text)
        && let Ok(function) = source::function(lua, name, &text)
    {
        return Ok(function);
    }
    let stripped = source::stripped(text);
    source::function(lua, name, stripped).map_err(|error| source::invalid(name, text, &error))
}

/// An input that begins with `local` declares globals instead, since a local would end with the
/// input; `<const>` is left out. Only the first statement is rewritten, and no `<close>`; columns and lines
/// stay.
fn without_local(text: &str) -> Option<String> {
    let start = text.len() - text.trim_start().len();
    let rest = text[start..].strip_prefix("local")?;
    if !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let before = format!("{}     ", &text[..start]);
    if starts_with_word(rest.trim_start(), "function") {
        return Some(format!("{before}{rest}"));
    }
    let end = names(rest)?;
    let (names, rest) = rest.split_at(end);
    let next = rest.trim_start();
    match next.starts_with('=') && !next.starts_with("==") {
        true => Some(format!("{before}{names}{rest}")),
        false if next.starts_with("<const>") => {
            let rest = rest.replacen("<const>", "       ", 1);
            let assigned = rest.trim_start().starts_with('=');
            assigned.then(|| format!("{before}{names}{rest}"))
        }
        false if next.starts_with('<') => None,
        false => Some(format!("{before}{names} = nil {rest}")),
    }
}

/// The end of `a, b, c` at the start of `text`.
fn names(text: &str) -> Option<usize> {
    let mut end = 0;
    loop {
        let rest = &text[end..];
        let name = rest.trim_start();
        let length = name.len() - name.trim_start_matches(is_name).len();
        if length == 0 || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        end += rest.len() - name.len() + length;
        let rest = &text[end..];
        match rest.trim_start().strip_prefix(',') {
            Some(after) => end = text.len() - after.len(),
            None => return Some(end),
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn starts_with_word(text: &str, word: &str) -> bool {
    let after = text.strip_prefix(word);
    after.is_some_and(|after| !after.starts_with(is_name))
}

#[cfg(test)]
mod tests {
    use super::without_local;

    #[test]
    fn only_a_leading_local_statement_becomes_global() {
        let cases = [
            ("local x = 1", Some("      x = 1")),
            ("local a, b", Some("      a, b = nil ")),
            ("local function f() end", Some("      function f() end")),
            ("local x <const> = 1", Some("      x         = 1")),
            ("local x <const>, y = 1, 2", None),
            ("local x <close> = y", None),
            ("localx = 1", None),
            ("x = 1 local y = 2", None),
        ];
        for (input, expected) in cases {
            assert_eq!(without_local(input).as_deref(), expected, "{input}");
        }
    }
}
