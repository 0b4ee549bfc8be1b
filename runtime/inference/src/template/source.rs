//! What templates write and the engine does not read as Jinja2 does, put in other words.

/// A loop's iterable goes through this filter, which refuses what Python cannot iterate over.
pub const EACH: &str = "each";
/// Characters of one tag, those of its strings aside. Real tags have some hundreds.
const MAX_TAG: usize = 1 << 14;

/// The template with line ends as Jinja2 normalizes them, `{% generation %}` (which marks what a model is
/// trained on and renders as its content) as a block that always is, and every loop's iterable checked.
///
/// An error when a tag is so long that compiling it, which recurses, could exhaust the stack.
pub fn rewrite(source: &str) -> Result<String, String> {
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(source.len() + 64);
    let mut rest = source.as_str();
    while let Some(start) = rest.find('{') {
        let (text, tag) = rest.split_at(start);
        out.push_str(text);
        let Some(length) = tag_length(tag) else {
            out.push_str(tag); // Not closed: the compiler's error.
            return Ok(out);
        };
        let (tag, behind) = tag.split_at(length);
        check_length(tag)?;
        match tag.strip_prefix("{%") {
            Some(statement) => push_statement(statement, &mut out),
            None => out.push_str(tag),
        }
        rest = behind;
        if word(tag) == "raw" {
            let raw = raw_length(rest);
            out.push_str(&rest[..raw]);
            rest = &rest[raw..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn check_length(tag: &str) -> Result<(), String> {
    let length = Code(tag).length();
    match tag.starts_with("{#") || length <= MAX_TAG {
        true => Ok(()),
        false => Err(format!("a tag of {length} characters is too long")),
    }
}

/// The length of what `{` begins: a tag, a comment, or only itself.
fn tag_length(tag: &str) -> Option<usize> {
    match tag.as_bytes().get(1) {
        Some(b'#') => tag.find("#}").map(|end| end + 2),
        Some(b'%') => Code(tag)
            .find(2, |rest| rest.starts_with("%}"))
            .map(|end| end + 2),
        Some(b'{') => Code(tag)
            .find(2, |rest| rest.starts_with("}}"))
            .map(|end| end + 2),
        _ => Some(1),
    }
}

/// The first word of a statement's tag.
fn word(tag: &str) -> &str {
    let Some(statement) = tag.strip_prefix("{%") else {
        return "";
    };
    let statement = statement.trim_start_matches(['-', '+']).trim_start();
    let end = statement.find(|c| !is_name(c)).unwrap_or(statement.len());
    &statement[..end]
}

/// The length up to the tag that ends a raw block.
fn raw_length(text: &str) -> usize {
    let mut ends = text.match_indices("{%").map(|(start, _)| start);
    ends.find(|&start| word(&text[start..]) == "endraw")
        .unwrap_or(text.len())
}

/// `statement` is a tag without its `{%`.
fn push_statement(statement: &str, out: &mut String) {
    out.push_str("{%");
    match word(&format!("{{%{statement}")) {
        "for" => push_loop(statement, out),
        name @ "generation" => out.push_str(&statement.replacen(name, "if true", 1)),
        name @ "endgeneration" => out.push_str(&statement.replacen(name, "endif", 1)),
        _ => out.push_str(statement),
    }
}

/// `for TARGET in ITERABLE [if …] [recursive]`, with the iterable filtered.
fn push_loop(statement: &str, out: &mut String) {
    let code = Code(statement);
    let Some(start) = code.find_word(0, &["in"]).map(|at| at + 2) else {
        return out.push_str(statement);
    };
    let close = statement.len() - "%}".len();
    let end = code.find_word(start, &["if", "recursive"]).unwrap_or(close);
    let end = statement[..end].trim_end_matches(['-', '+']).len();
    let iterable = statement[start..end].trim();
    let (head, tail) = (&statement[..start], &statement[end..]);
    *out += &format!("{head} ({iterable})|{EACH} {tail}");
}

/// The inside of a tag.
struct Code<'a>(&'a str);

impl Code<'_> {
    /// Where the characters are that are in no string, each with the brackets around it.
    fn bare(&self, start: usize) -> impl Iterator<Item = (usize, usize)> {
        let mut depth = 0usize;
        let mut quote = None;
        let mut escaped = false;
        self.0[start..].char_indices().filter_map(move |(at, c)| {
            if let Some(open) = quote {
                if !escaped && c == open {
                    quote = None;
                }
                escaped = c == '\\' && !escaped;
                return None;
            }
            let around = depth;
            match c {
                '\'' | '"' => quote = Some(c),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            Some((start + at, around))
        })
    }

    fn length(&self) -> usize {
        self.bare(0).count()
    }

    /// The first place from `start` on that is in no brackets and no string, and where `found` holds.
    fn find(&self, start: usize, found: impl Fn(&str) -> bool) -> Option<usize> {
        let mut places = self.bare(start).filter(|&(_, around)| around == 0);
        places
            .find(|&(at, _)| found(&self.0[at..]))
            .map(|(at, _)| at)
    }

    fn find_word(&self, start: usize, words: &[&str]) -> Option<usize> {
        let begins = |rest: &str, word: &str| {
            let before = self.0[..self.0.len() - rest.len()].chars().next_back();
            let after = rest.strip_prefix(word).map(|after| after.chars().next());
            let is_free = |c: Option<char>| !c.is_some_and(is_name);
            after.is_some_and(is_free) && is_free(before)
        };
        self.find(start, |rest| words.iter().any(|word| begins(rest, word)))
    }
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::rewrite;

    fn check(source: &str, expect: &str) {
        assert_eq!(rewrite(source).as_deref(), Ok(expect));
    }

    #[test]
    fn a_loops_iterable_is_filtered_up_to_its_condition() {
        check("{% for x in y %}", "{% for x in (y)|each %}");
        check(
            "{%- for a, b in y.z() -%}",
            "{%- for a, b in (y.z())|each -%}",
        );
        check("{% for x in y if x %}", "{% for x in (y)|each if x %}");
        check(
            "{% for x in y recursive%}",
            "{% for x in (y)|each recursive%}",
        );
        check(
            "{% for x in (a if b else 'c in d')if x in y %}",
            "{% for x in ((a if b else 'c in d'))|each if x in y %}",
        );
    }

    #[test]
    fn only_statements_are_rewritten() {
        for same in [
            "for x in y",
            "{# {% for x in y %} #}",
            "{{ '{% for x in y %}' }}",
            "{% raw %}{% for x in y %}{% endraw %}",
            "{{ {'a': {}} }} { {",
            "{% set a = 'for x in y' %}",
            "{% for x in y",
        ] {
            check(same, same);
        }
    }

    #[test]
    fn generation_blocks_render_as_their_content() {
        check(
            "{%- generation -%}a{% endgeneration %}",
            "{%- if true -%}a{% endif %}",
        );
    }

    #[test]
    fn a_tag_that_could_exhaust_the_stack_is_refused() {
        assert!(rewrite(&format!("{{{{ {}1 }}}}", "-".repeat(20_000))).is_err());
        assert!(rewrite(&format!("{{{{ '{}' }}}}", "-".repeat(20_000))).is_ok());
    }

    #[test]
    fn line_ends_are_normalized() {
        check("a\r\nb\rc", "a\nb\nc");
    }
}
