//! Source text: what is stripped from it, how it compiles, whether it is complete.

use llmspell_core::{Check, Diagnostic, Frame, Sources};
use mlua::chunk::ChunkMode;
use mlua::{Function, Lua};

use crate::shared::Shared;
use crate::trace;

/// Compiles a chunk and remembers its text for diagnostics.
pub fn compile(lua: &Lua, shared: &Shared, name: &str, text: &str) -> Result<Function, Diagnostic> {
    shared.cx.add_source(name, text);
    function(lua, name, stripped(text)).map_err(|error| invalid(name, text, &error))
}

/// Whether a chunk, or an expression, is complete.
pub fn check(lua: &Lua, name: &str, text: &str) -> Check {
    let (expression, chunk) = (
        expression(lua, name, text),
        function(lua, name, stripped(text)),
    );
    let (Err(expression), Err(error)) = (expression, chunk) else {
        return Check::Complete;
    };
    if incomplete(&expression) || incomplete(&error) {
        return Check::Incomplete;
    }
    Check::Invalid(invalid(name, text, &error))
}

fn incomplete(error: &mlua::Error) -> bool {
    matches!(
        error,
        mlua::Error::SyntaxError {
            incomplete_input: true,
            ..
        }
    )
}

/// Compiles an expression, or a list of them, as a function that gives their values.
pub fn expression(lua: &Lua, name: &str, text: &str) -> mlua::Result<Function> {
    function(lua, name, &format!("return {text}"))
}

/// Compiles text under a name.
pub fn function(lua: &Lua, name: &str, text: &str) -> mlua::Result<Function> {
    let chunk = lua.load(text).set_name(format!("@{name}"));
    chunk.set_mode(ChunkMode::Text).into_function()
}

/// Without a byte order mark and without a first line for the shell; lines keep their numbers.
pub fn stripped(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.starts_with('#') {
        true => text.find('\n').map_or("", |end| &text[end..]),
        false => text,
    }
}

/// A syntax error with its line.
pub fn invalid(name: &str, text: &str, error: &mlua::Error) -> Diagnostic {
    let message = match error {
        mlua::Error::SyntaxError { message, .. } => message.clone(),
        other => trace::text(other),
    };
    if message.contains("attempt to load a binary chunk") {
        let message = "this is compiled Lua; only source text can be run";
        return Diagnostic::new(message).at(frame(name, 0));
    }
    let mut diagnostic = trace::diagnostic(message, vec![frame(name, 0)], &Sources::default());
    diagnostic.stack.truncate(1);
    let at_end = diagnostic.message.ends_with("near <eof>");
    if let Some(frame) = diagnostic.stack.first_mut().filter(|_| at_end) {
        // What is missing at the end is missing behind the last line, not below it.
        let text = text.trim_end_matches(|c: char| c.is_ascii_whitespace());
        frame.line = frame.line.min(text.lines().count() as u32);
    }
    let line = diagnostic.stack.first().and_then(|frame| {
        let before = frame.line.checked_sub(1)?;
        text.lines().nth(before as usize)
    });
    let help = line.and_then(|line| foreign(line, &diagnostic.message));
    diagnostic.help = help.map(str::to_owned);
    diagnostic
}

/// What to write in the place of a line that is written in another language.
fn foreign(line: &str, message: &str) -> Option<&'static str> {
    let line = line.trim();
    let begins = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
    if begins(&["let ", "const "]) {
        return Some(
            "a variable in Lua begins with `local`; for code in another language say so with --lang, or by the name of the file",
        );
    }
    if message.ends_with("near '!'") {
        return Some("in Lua it is `~=` for not equal, and `not` for not");
    }
    if line.contains("#{") && message.ends_with("near ':'") {
        return Some("a table in Lua is written { key = value }");
    }
    let opens = line.ends_with('{') && !line.ends_with("({");
    (opens && begins(&["if ", "for ", "while ", "} else"]) || begins(&["fn "])).then_some(
        "a block in Lua ends with `end`: function name(x) … end, if x then … end, for … do … end",
    )
}

fn frame(name: &str, line: u32) -> Frame {
    Frame {
        source: name.to_owned(),
        line,
        ..Frame::default()
    }
}

#[cfg(test)]
mod tests {
    use super::foreign;

    #[test]
    fn what_looks_like_another_language_is_told_and_lua_is_not() {
        for (line, message) in [
            ("let a = 1;", "syntax error near 'a'"),
            ("if a != b then", "'then' expected near '!'"),
            ("f(#{ a: 1 })", "'}' expected near ':'"),
            ("fn f(x) { x }", "syntax error near 'f'"),
            ("} else {", "unexpected symbol near '}'"),
        ] {
            assert!(foreign(line, message).is_some(), "{line}");
        }
        for (line, message) in [
            ("if #{...} = 0 then", "'then' expected near '='"),
            ("for _ x in ipairs({", "'=' or 'in' expected near 'x'"),
            ("local letter = )", "unexpected symbol near ')'"),
        ] {
            assert_eq!(foreign(line, message), None, "{line}");
        }
    }
}
