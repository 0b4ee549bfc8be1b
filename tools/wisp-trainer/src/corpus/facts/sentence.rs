//! A doc comment's first sentence as an answer of one short sentence.

/// The longest answer, in bytes.
pub const LIMIT: usize = 110;

/// `call`, such as `Task.sleep(seconds)`, with what its documentation says of it; `name` stands in
/// where the call would make the answer too long.
pub fn answer(call: &str, name: &str, doc: &str) -> String {
    let sentence = first(doc);
    let joint = joint(&sentence);
    shortened(&[call, name], joint, &sentence)
}

/// A subject, a colon and the first sentence of its documentation.
pub fn entry(subject: &str, doc: &str) -> String {
    shortened(&[subject], ": ", &first(doc))
}

/// Whether a text can be an answer.
pub fn fits(text: &str) -> bool {
    text.len() <= LIMIT && text.is_ascii() && !text.contains(['{', '}'])
}

/// The first subject with which the sentence fits, without its last clauses if need be.
fn shortened(subjects: &[&str], joint: &str, sentence: &str) -> String {
    let mut said = lower_first_word(sentence);
    loop {
        let answers = subjects
            .iter()
            .map(|subject| format!("{subject}{joint}{said}."));
        if let Some(answer) = answers.into_iter().find(|answer| fits(answer)) {
            return answer;
        }
        match ["; ", ": ", ", "].iter().find_map(|mark| said.rfind(mark)) {
            Some(end) => said.truncate(end),
            None => return format!("{} is in the script API.", subjects[subjects.len() - 1]),
        }
    }
}

/// The first sentence on one line, without its end and its backticks.
fn first(doc: &str) -> String {
    let paragraph = doc.split("\n\n").next().unwrap_or("");
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = line.find(". ").unwrap_or(line.len());
    line[..end].trim_end_matches('.').replace('`', "")
}

/// What joins a sentence to the name that it describes.
fn joint(sentence: &str) -> &'static str {
    match sentence.split([' ', ',']).next().unwrap_or("") {
        "Whether" | "How" => " tells ",
        "Like" => " is ",
        "A" | "An" | "The" | "What" | "Seconds" => " gives ",
        quoted if quoted.starts_with('"') => " gives ",
        verb if verb.ends_with('s') => " ",
        _ => ": ",
    }
}

/// The text with its first letter in lower case, unless its first word is an abbreviation.
fn lower_first_word(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    match letters.clone().next() {
        Some(second) if second.is_uppercase() => text.to_owned(),
        _ => first.to_lowercase().chain(letters).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doc_comment_becomes_a_sentence_about_its_name() {
        let cases = [
            ("Waits for it.\nMore.", "f(x) waits for it."),
            ("A new\nagent. More.", "f(x) gives a new agent."),
            ("Whether it is.", "f(x) tells whether it is."),
            ("Like `g`, in chunks.", "f(x) is like g, in chunks."),
            ("JSON text.", "f(x): JSON text."),
            ("Gives each: `{ok=true}`.", "f(x) gives each."),
        ];
        for (doc, expected) in cases {
            assert_eq!(answer("f(x)", "f", doc), expected);
        }
    }

    #[test]
    fn what_is_too_long_loses_its_arguments_and_then_its_last_clause() {
        let doc = format!("Runs {}, and ends.", "a function ".repeat(9).trim());
        assert!(answer("f(long, arguments)", "f", &doc).starts_with("f runs a function a"));
        assert!(!answer("f(long, arguments)", "f", &doc).contains("ends"));
    }
}
