//! The little that is to be known of a URL before a request is made.

use std::ops::Range;

/// Whether it is an absolute `http` or `https` URL with a host.
pub fn is_http(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or(url.strip_prefix("https://"));
    let Some(rest) = rest else { return false };
    let server = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let server = server.rsplit('@').next().unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control();
    !url.contains(odd) && is_server(server)
}

/// A host, perhaps with a port; an address of IP version 6 stands in brackets.
fn is_server(server: &str) -> bool {
    let (host, port) = match server.strip_prefix('[').and_then(|s| s.split_once(']')) {
        Some((host, port)) => (
            host,
            port.strip_prefix(':').or(port.is_empty().then_some("0")),
        ),
        None => match server.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (server, Some("0")),
        },
    };
    !host.is_empty() && port.is_some_and(|port| port.parse::<u16>().is_ok())
}

/// The URL for people to see, without a password.
pub fn masked(url: &str) -> String {
    match login(url) {
        Some(login) => format!("{}***{}", &url[..login.start], &url[login.end..]),
        None => url.to_owned(),
    }
}

/// Where a user's name and password stand in a URL. Of what is none, all before the last @ may be a password.
pub fn login(url: &str) -> Option<Range<usize>> {
    let start = url.find("://").map_or(0, |at| at + "://".len());
    let rest = &url[start..];
    let end = match is_http(url) {
        true => rest.find(['/', '?', '#']).unwrap_or(rest.len()),
        false => rest.len(),
    };
    rest[..end].rfind('@').map(|at| start..start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_an_at_sign_is_not_shown() {
        for (url, shown) in [
            ("http://ada:secret@host:1/v1", "http://***@host:1/v1"),
            ("http://ada:sec/r@t@host", "http://***@host"),
            ("ada:secret@host", "***@host"),
            ("https://host/v1", "https://host/v1"),
            ("https://evil/@good.com/v1", "https://evil/@good.com/v1"),
            ("host", "host"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }
}
