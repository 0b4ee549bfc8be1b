//! The little that is to be known of a URL before a request is made.

use std::net::Ipv6Addr;
use std::ops::Range;

/// The port that Ollama documents.
const OLLAMA_PORT: u16 = 11434;

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

/// The address of an Ollama server with all that may be left out, by the rules of Ollama's `envconfig.Host`. An address that a server
/// listens at, such as `0.0.0.0`, becomes one to reach it at.
pub fn of_ollama(address: &str) -> String {
    let address = address
        .trim()
        .trim_matches(['"', '\''])
        .trim_end_matches('/');
    let (scheme, rest, port) = match address.split_once("://") {
        Some((scheme, rest)) => (scheme, rest, None),
        None => ("http", address, Some(OLLAMA_PORT)),
    };
    match rest.split_once('/') {
        Some((host, path)) => format!("{scheme}://{}/{path}", authority(host, port)),
        None => format!("{scheme}://{}", authority(rest, port)),
    }
}

fn authority(text: &str, default_port: Option<u16>) -> String {
    let bare = text.parse::<Ipv6Addr>().map(|ip| format!("[{ip}]"));
    let (host, port) = match (&bare, text.rsplit_once(':')) {
        (Ok(host), _) => (host.as_str(), None),
        (_, Some((host, port))) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let host = match host {
        "" | "0.0.0.0" => "127.0.0.1",
        "[::]" => "[::1]",
        host => host,
    };
    match (port, default_port) {
        (Some(port), _) => format!("{host}:{port}"),
        (None, Some(port)) => format!("{host}:{port}"),
        (None, None) => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed_as_ollama_completes_them() {
        for (given, expected) in [
            ("", "http://127.0.0.1:11434"),
            ("10.0.0.5", "http://10.0.0.5:11434"),
            ("10.0.0.5:80", "http://10.0.0.5:80"),
            (" example.org ", "http://example.org:11434"),
            (":8080", "http://127.0.0.1:8080"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            (" \"0.0.0.0:1\" ", "http://127.0.0.1:1"),
            ("http://0.0.0.0:9000/", "http://127.0.0.1:9000"),
            ("::1", "http://[::1]:11434"),
            ("[::1]", "http://[::1]:11434"),
            ("[::1]:80", "http://[::1]:80"),
            ("[::]:80", "http://[::1]:80"),
            ("https://example.org", "https://example.org"),
            ("https://example.org/ollama/", "https://example.org/ollama"),
            ("example.org/ollama", "http://example.org:11434/ollama"),
            (
                "http://user:secret@example.org",
                "http://user:secret@example.org",
            ),
        ] {
            assert_eq!(of_ollama(given), expected, "{given}");
        }
    }

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
