//! What a server says of a file.

use std::ops::Range;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap};
use serde::{Deserialize, Serialize};

/// One version of a file on a server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Remote {
    /// In bytes.
    pub size: Option<u64>,
    /// What changes with the content, without quotes.
    pub etag: Option<String>,
}

impl Remote {
    /// Learns from a redirect: Hugging Face says there what the file at the other end is.
    /// Source: the headers that `huggingface_hub` reads in `get_hf_file_metadata`.
    pub fn learn_linked(&mut self, headers: &HeaderMap) {
        let etag = text(headers, "x-linked-etag").and_then(etag);
        let size = text(headers, "x-linked-size").and_then(|size| size.parse().ok());
        self.etag = self.etag.take().or(etag);
        self.size = self.size.or(size);
    }

    /// Learns from the answer at the end of all redirects what is not yet known.
    pub fn learn(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.learn_linked(headers);
        let etag = text(headers, ETAG.as_str()).and_then(etag);
        let size = match status {
            StatusCode::PARTIAL_CONTENT => content_range(headers).and_then(|(_, size)| size),
            _ => text(headers, CONTENT_LENGTH.as_str()).and_then(|size| size.parse().ok()),
        };
        self.etag = self.etag.take().or(etag);
        self.size = self.size.or(size);
    }

    pub fn is_known(&self) -> bool {
        self.size.is_some() && self.etag.is_some()
    }

    /// The digest of the content in lower case, where the server uses it as the ETag.
    pub fn sha256(&self) -> Option<String> {
        let etag = self.etag.as_deref()?;
        let is_digest = etag.len() == 64 && etag.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then(|| etag.to_ascii_lowercase())
    }

    /// Whether an answer is about another version.
    pub fn differs(&self, answer: &Self) -> bool {
        let other = |ours: bool, theirs: bool| ours && theirs;
        other(self.size.is_some(), answer.size.is_some()) && self.size != answer.size
            || other(self.etag.is_some(), answer.etag.is_some()) && self.etag != answer.etag
    }
}

/// The bytes of a partial answer, and the size of the whole.
pub fn content_range(headers: &HeaderMap) -> Option<(Range<u64>, Option<u64>)> {
    let range = text(headers, CONTENT_RANGE.as_str())?.strip_prefix("bytes ")?;
    let (range, size) = range.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let end = last.parse::<u64>().ok()?.checked_add(1)?;
    Some((first.parse().ok()?..end, size.parse().ok()))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// An ETag without what says that it is weak, and without quotes.
fn etag(text: &str) -> Option<String> {
    let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            let value = value.parse().expect("a header's value");
            (reqwest::header::HeaderName::from_static(name), value)
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn what_a_redirect_says_counts_more_than_what_stands_at_its_end() {
        let digest = "ab".repeat(32);
        let mut remote = Remote::default();
        remote.learn_linked(&headers(&[
            ("x-linked-etag", &format!("\"{digest}\"")),
            ("content-length", "100"),
        ]));
        let end = headers(&[("etag", "\"other\""), ("content-length", "7")]);
        remote.learn(StatusCode::OK, &end);
        assert_eq!(remote.size, Some(7));
        assert_eq!(remote.sha256(), Some(digest));
    }

    #[test]
    fn an_etag_that_is_no_digest_proves_nothing() {
        let of = |etag: &str| {
            let mut remote = Remote::default();
            remote.learn(StatusCode::OK, &headers(&[("etag", etag)]));
            remote
        };
        assert_eq!(of("W/\"abc\"").etag.as_deref(), Some("abc"));
        for odd in ["\"abc\"", "\"\"", &"g".repeat(64), &"a".repeat(63)] {
            assert_eq!(of(odd).sha256(), None, "{odd}");
        }
        assert_eq!(of(&"A".repeat(64)).sha256(), Some("a".repeat(64)));
    }

    #[test]
    fn a_partial_answer_says_what_it_is_part_of() {
        let of = |text: &str| content_range(&headers(&[("content-range", text)]));
        assert_eq!(of("bytes 5-9/20"), Some((5..10, Some(20))));
        assert_eq!(of("bytes 5-9/*"), Some((5..10, None)));
        for odd in [
            "bytes */20",
            "5-9/20",
            "bytes a-b/c",
            "bytes 1-18446744073709551615/2",
        ] {
            assert_eq!(of(odd), None, "{odd}");
        }
    }
}
