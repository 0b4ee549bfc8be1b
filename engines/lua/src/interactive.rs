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
    if let Some(text) = without_locals(text)
        && let Ok(function) = source::function(lua, name, &text)
    {
        return Ok(function);
    }
    let stripped = source::stripped(text);
    source::function(lua, name, stripped).map_err(|error| source::invalid(name, text, &error))
}

/// An input whose `local` statements outside of any block declare globals instead, since a local would end with the
/// input; none with `<close>`. Columns and lines stay.
fn without_locals(text: &str) -> Option<String> {
    let mut rewritten = None;
    for at in top_level_locals(text).into_iter().rev() {
        // What stands behind has been rewritten already.
        let whole: &str = rewritten.as_deref().unwrap_or(text);
        if let Some(rest) = without_local(&whole[at..]) {
            rewritten = Some(format!("{}{rest}", &whole[..at]));
        }
    }
    rewritten
}

/// Where the word `local` stands outside of any block, string and comment.
fn top_level_locals(text: &str) -> Vec<usize> {
    let (mut found, mut depth, mut at) = (Vec::new(), 0, 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some(comment) = rest.strip_prefix("--") {
            let line = comment.find('\n').unwrap_or(comment.len());
            at += 2 + long_bracket(comment).unwrap_or(line);
        } else if c == '"' || c == '\'' {
            at += quoted(rest, c);
        } else if is_name(c) {
            let word = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
            match word {
                "local" if depth == 0 => found.push(at),
                "do" | "function" | "if" | "repeat" => depth += 1,
                "end" | "until" => depth -= 1,
                _ => {}
            }
            at += word.len();
        } else {
            at += long_bracket(rest).unwrap_or(c.len_utf8());
        }
    }
    found
}

/// How long a text in quotation marks is.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = true; // the mark that opens it
    let end = text.char_indices().find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + quote.len_utf8())
}

/// How long a text such as `[[…]]` or `[=[…]=]` is, if it begins with one.
fn long_bracket(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?;
    let level = inside.len() - inside.trim_start_matches('=').len();
    inside[level..].strip_prefix('[')?;
    let close = format!("]{}]", "=".repeat(level));
    Some(text.find(&close).map_or(text.len(), |at| at + close.len()))
}

/// A `local` statement, and what follows it, as an assignment; `<const>` is left out.
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
    use super::without_locals;

    #[test]
    fn local_statements_outside_of_blocks_become_global() {
        let cases = [
            ("local x = 1", Some("      x = 1")),
            ("local a, b", Some("      a, b = nil ")),
            ("local function f() end", Some("      function f() end")),
            ("local x <const> = 1", Some("      x         = 1")),
            ("local x <const>, y = 1, 2", None),
            ("local x <close> = y", None),
            ("localx = 1", None),
            ("x = 1 local y = 2", Some("x = 1       y = 2")),
            (
                "local a = 1; local b, c = 2",
                Some("      a = 1;       b, c = 2"),
            ),
            (
                "local a <close> = f() local b = 2",
                Some("local a <close> = f()       b = 2"),
            ),
            ("if x then local y = 2 end", None),
            ("repeat local y = 2 until y", None),
            ("f(function() local y end)", None),
            (
                "for i = 1, 2 do end local z = 3",
                Some("for i = 1, 2 do end       z = 3"),
            ),
            ("x = 'it\\'s local a' -- local b", None),
            ("x = [=[ local a ]] ]=] --[[ local b ]]", None),
        ];
        for (input, expected) in cases {
            assert_eq!(without_locals(input).as_deref(), expected, "{input}");
        }
    }
}
