//! Rhai's errors in plain sentences.

use llmspell_core::suggest;
use rhai::{EvalAltResult, LexError, ParseErrorType};

use crate::convert::CLOSURE;
use crate::names::Names;
use crate::{errors, limits};

/// A message, and what to do about it.
pub type Explained = (String, Option<String>);

/// Where an error happened.
pub struct Place<'a> {
    pub names: &'a Names,
    pub source: &'a str,
    pub in_function: bool,
}

/// The message of an error, and what to do about it. The error has no position any more.
pub fn explain(error: &EvalAltResult, place: &Place) -> Explained {
    use EvalAltResult as E;
    let message = match error {
        E::ErrorRuntime(value, _) => errors::thrown_message(value),
        E::ErrorParsing(kind, _) => return syntax(kind),
        E::ErrorVariableNotFound(name, _) => return variable(name, place),
        E::ErrorFunctionNotFound(signature, _) => return function(signature, place),
        E::ErrorDataRace(name, _) => return in_use(name, place),
        E::ErrorModuleNotFound(name, _) => return module(name),
        E::ErrorMismatchDataType(expected, got, _)
        | E::ErrorMismatchOutputType(expected, got, _) => {
            format!("expected {}, got {}", kind(expected), kind(got))
        }
        E::ErrorIndexingType(types, _) => indexing(types),
        E::ErrorArrayBounds(length, index, _) => bounds("list", "items", *length, *index),
        E::ErrorStringBounds(length, index, _) => bounds("string", "characters", *length, *index),
        E::ErrorIndexNotFound(index, _) => format!("there is nothing at index {index}"),
        E::ErrorPropertyNotFound(name, _) => format!("there is no field \"{name}\""),
        E::ErrorDotExpr(text, _) => property(text),
        E::ErrorFor(_) => {
            return hint(
                "`for` needs a list, a range, a string or a stream".to_owned(),
                "of a map, take `map.keys()` or `map.values()`; execute_streaming gives an answer in chunks",
            );
        }
        E::ErrorUnboundThis(_) => {
            "`this` is only set in a function that is called on a value: value.function()"
                .to_owned()
        }
        E::ErrorAssignmentToConstant(name, _) => format!("{name} is a constant"),
        E::ErrorNonPureMethodCallOnConstant(name, _) => {
            return hint(
                format!(
                    "{} may change its value, which is a constant",
                    changer(name)
                ),
                "change a copy of it: let copy = …",
            );
        }
        E::ErrorArithmetic(text, _) => lower(text),
        E::ErrorStackOverflow(_) => {
            let limit = limits::CALL_LEVELS;
            return hint(
                format!("too many nested calls (limit {limit})"),
                "does a function call itself without an end?",
            );
        }
        E::ErrorTerminated(..) => "the script's calls and values nest too deeply".to_owned(),
        E::ErrorDataTooLarge(what, _) => too_large(what),
        E::ErrorTooManyModules(_) => format!("too many modules (limit {})", limits::MODULES),
        other => lower(&other.to_string()),
    };
    (message, None)
}

/// What to write in the place of a line that is written in another language.
pub fn foreign(line: &str) -> Option<&'static str> {
    let line = &code(line);
    let line = line.trim();
    if line.starts_with("local ") && !line.starts_with("local function ") {
        return Some(
            "a variable in Rhai begins with `let`; for code in another language say so with --lang, or by the name of the file",
        );
    }
    if line.match_indices('{').any(|(at, _)| is_table(line, at)) {
        return Some("a map in Rhai is written #{ key: value }");
    }
    if line.match_indices(':').any(|(at, _)| is_method(line, at)) {
        return Some("a method in Rhai is called with a dot: agent.execute(…)");
    }
    let function = line.trim_start_matches("local ").starts_with("function ");
    (function || line.ends_with(" then") || line.ends_with(" do")).then_some(
        "a block in Rhai stands in braces: fn name(x) { … }, if x { … }, for x in list { … }",
    )
}

/// Whether a brace begins a table, or a map without its sign: `f({ key = 1 })`, `x = { key: 1 }`.
fn is_table(line: &str, at: usize) -> bool {
    let inside = line[at + 1..].trim_start();
    let behind = inside.trim_start_matches(is_name);
    let keyed = behind.len() < inside.len() && behind.trim_start().starts_with([':', '=']);
    keyed && line[..at].trim_end().ends_with(['(', ',', '=', '{'])
}

/// Whether a colon is between a value and its method: `agent:execute(…)`.
fn is_method(line: &str, at: usize) -> bool {
    let method = line[at + 1..].trim_start_matches(is_name);
    let value = line[..at].trim_end_matches(is_name);
    let named = method.len() < line.len() - at - 1 && value.len() < at;
    let entry = value.trim_end().ends_with(['{', ',']) || value.is_empty() && line.ends_with(',');
    named && method.starts_with('(') && !entry
}

/// The line without its comment and without what stands in quotes.
fn code(line: &str) -> String {
    let line = line.split("//").next().unwrap_or_default();
    line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The message of a syntax error, and what to do about it.
pub fn syntax(error: &ParseErrorType) -> Explained {
    use ParseErrorType as P;
    let message = match error {
        P::ExprTooDeep => {
            return hint(
                "expressions or blocks nest too deeply".to_owned(),
                "take the inner parts out into variables or functions",
            );
        }
        P::BadInput(LexError::ImproperSymbol(word, _)) if word == "eval" => {
            "eval is not available".to_owned()
        }
        P::Reserved(word) => {
            return hint(
                format!("\"{word}\" is a word that Rhai keeps for itself"),
                "choose another name",
            );
        }
        other => lower(&other.to_string()),
    };
    (message, None)
}

/// What a method that changes its value is called in a script.
fn changer(method: &str) -> String {
    match method.split_once('$') {
        Some(("index", _)) => "this assignment".to_owned(),
        Some((_, property)) => format!("setting {property}"),
        None => format!("{method}()"),
    }
}

fn hint(message: String, help: &str) -> Explained {
    (message, Some(help.to_owned()))
}

fn variable(name: &str, place: &Place) -> Explained {
    if place.in_function && place.names.is_top_level(place.source, name) {
        return hint(
            format!("the variable {name} cannot be seen inside a function"),
            "a function sees only its parameters and its own variables: pass it as a parameter, \
             or write a closure: let f = || …",
        );
    }
    let near = place.names.nearest_variable(place.source, name);
    let near = near.map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
    let message = format!("there is no variable \"{name}\"{near}");
    (message, suggest::planned(name))
}

fn function(signature: &str, place: &Place) -> Explained {
    let (name, types) = split(signature);
    if name.starts_with(CLOSURE) {
        let count = match types.len() {
            1 => "1 argument".to_owned(),
            count => format!("{count} arguments"),
        };
        return hint(
            format!("this closure does not take {count}, captured variables included"),
            "compare its parameters with what it is called with",
        );
    }
    if !signature.contains('(') && signature.contains(' ') {
        return (signature.to_owned(), None); // a sentence of Rhai's
    }
    let kinds: Vec<&str> = types.iter().map(|ty| kind(ty)).collect();
    if !name.contains(char::is_alphabetic) {
        return (
            format!("cannot apply {name} to {}", kinds.join(" and ")),
            None,
        );
    }
    if place.names.has_function(place.source, name) {
        let message = format!(
            "the function {name} is not defined for {} arguments",
            types.len()
        );
        return (message, None);
    }
    let near = match name.contains("::") {
        true => None, // of another text
        false => place.names.nearest_function(place.source, name),
    };
    let near = near.map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
    let kinds = kinds.join(", ");
    (format!("there is no function {name}({kinds}){near}"), None)
}

/// The name and the argument types of `name (type, type)`.
fn split(signature: &str) -> (&str, Vec<&str>) {
    let Some((name, types)) = signature.split_once(" (") else {
        return (signature, Vec::new());
    };
    let types = types.strip_suffix(')').unwrap_or(types);
    let types = types.split(", ").filter(|ty| !ty.is_empty());
    (name, types.collect())
}

/// A Rhai type in the words of the script API.
fn kind(ty: &str) -> &str {
    match ty.trim() {
        "i64" => "integer",
        "f64" => "number",
        "bool" => "boolean",
        "array" => "list",
        "()" => "nothing",
        "Fn" => "function",
        "blob" => "bytes",
        ty if ty.contains("string") || ty.contains("String") => "string",
        ty => ty,
    }
}

fn in_use(name: &str, place: &Place) -> Explained {
    let what = match name {
        "" => "this variable".to_owned(),
        name if rhai::is_valid_identifier(name) => format!("the variable {name}"),
        argument => argument.to_owned(),
    };
    let message = format!("{what} is in use: a call on it, or on an item of it, is still waiting");
    match place.names.is_assigned(place.source, name) {
        true => {
            let help =
                format!("it is assigned to more than once; capture a copy: `let own = {name};`");
            (message, Some(help))
        }
        false => hint(
            message,
            "copy it first: `let npc = npcs[i];`, then call `npc.execute(…)`",
        ),
    }
}

fn module(name: &str) -> Explained {
    hint(
        format!("there is no module \"{name}\" here"),
        "import it first: import \"name\" as name; inside functions, import it there",
    )
}

fn bounds(what: &str, items: &str, length: usize, index: i64) -> String {
    format!("index {index} is outside of the {what}, which has {length} {items}")
}

fn indexing(types: &str) -> String {
    match types.split_once(" [") {
        Some((value, index)) => {
            let index = index.trim_end_matches(']');
            format!("{} cannot be indexed with {}", kind(value), kind(index))
        }
        None => format!("{} cannot be indexed", kind(types)),
    }
}

/// `Unknown property 'x' - a getter is not registered for type 'y'` in fewer words.
fn property(text: &str) -> String {
    let quoted: Vec<&str> = text.split('\'').collect();
    match quoted[..] {
        [_, name, _, ty, ..] => format!("{} has no field \"{name}\"", kind(ty)),
        _ => lower(text),
    }
}

fn too_large(what: &str) -> String {
    match what {
        "Length of string" => format!("the string grew beyond {} bytes", limits::STRING),
        "Size of object map" => format!("the map grew beyond {} entries", limits::MAP),
        _ => format!("the list grew beyond {} items", limits::ARRAY),
    }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::foreign;

    #[test]
    fn what_looks_like_lua_is_told_and_rhai_is_not() {
        for line in [
            "local a = 1",
            "let a = Agent.create({ model = \"m\" });",
            "let a = Agent.create({ temperature: 0 });",
            "print(agent:execute(\"hi\").text)",
            "if x == 1 then",
            "function f(x)",
            "local function f(x)",
            "agent:execute(\"hi\")",
        ] {
            assert!(foreign(line).is_some(), "{line}");
        }
        for line in [
            "let a = Agent.create(#{ temperature: f(0) };",
            "if x == 1 { y = 2 ",
            "let end = greeting::say(1",
            "switch x { 1 => #{ a: b(1), c:d(2) }",
            "key:f(x),",
            "print(\"a:b(c) then\"",
            "let x = 1 + // what to do",
            "end",
        ] {
            assert_eq!(foreign(line), None, "{line}");
        }
    }
}
