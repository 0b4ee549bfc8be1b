//! Pages of documentation as wide as the terminal.

use console::Term;

/// The page for whoever reads it: on a terminal, long lines go on below the column that they end in, those of
/// examples aside.
pub fn to_terminal(page: &str) -> String {
    match Term::stdout().size_checked() {
        Some((_, columns)) => fit(page, columns.into()),
        None => page.to_owned(),
    }
}

fn fit(page: &str, columns: usize) -> String {
    let mut out = String::with_capacity(page.len());
    for line in page.lines() {
        let (before, text) = line.split_at(last_column(line));
        let is_code = line.starts_with(' ') && before.trim().is_empty();
        let width = before.chars().count();
        let indent = if width * 2 <= columns { width } else { 4 };
        out.push_str(before);
        let mut length = width;
        for (index, word) in text.split(' ').enumerate() {
            let word_length = word.chars().count();
            if index > 0 && !is_code && length + 1 + word_length > columns {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                length = indent;
            } else if index > 0 {
                out.push(' ');
                length += 1;
            }
            out.push_str(word);
            length += word_length;
        }
        out.push('\n');
    }
    out
}

/// Where the last column of a line begins: behind the last two spaces.
fn last_column(line: &str) -> usize {
    line.rfind("  ").map_or(0, |at| at + "  ".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_below_their_last_column() {
        let page = "A sentence that is long.\n  name  What it is for.\n  a_very_long_name  Its use.\n\n  f(the, example, is, code)\n";
        let expected = "A sentence that\nis long.\n  name  What it\n        is for.\n  a_very_long_name  Its\n    use.\n\n  f(the, example, is, code)\n";
        assert_eq!(fit(page, 16), expected);
        assert_eq!(fit(page, 100), page);
    }
}
