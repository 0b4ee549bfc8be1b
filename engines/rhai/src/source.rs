//! Script text before it is compiled.

use std::borrow::Cow;

/// Strips a byte order mark and blanks a `#!` line, so that line numbers stay true.
pub fn clean(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.starts_with("#!") {
        return text.into();
    }
    let rest = text.find('\n').map_or("", |end| &text[end..]);
    rest.to_owned().into()
}
