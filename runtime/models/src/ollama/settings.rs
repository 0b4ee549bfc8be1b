//! [`OllamaSettings`]: where an Ollama server is, and how it is dealt with.

use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::time::Duration;

/// The port that Ollama documents.
const PORT: u16 = 11434;

/// How an Ollama server is found and used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OllamaSettings {
    /// Such as `http://127.0.0.1:11434`; scheme and port may be left out. `None`, the default, takes the
    /// environment's `OLLAMA_HOST`, and this machine's usual port if that is not set.
    pub base_url: Option<String>,
    /// How long the server may be silent, while it loads a model or reads a long prompt, before it counts as
    /// hung. How long an answer takes as a whole is not limited. 5 minutes unless told, as long as Ollama itself
    /// gives a model to load.
    pub timeout: Duration,
    /// Whether a server on this machine that does not run is started, by `ollama serve`. Not unless told.
    pub auto_start: bool,
    /// What is run for `auto_start`: a name to look for on `PATH`, or a path. `ollama` unless told.
    pub program: PathBuf,
    /// How long a server that was started may take until it answers. 30 seconds unless told.
    pub start_timeout: Duration,
    /// For how long it is remembered whether the server answered, when a model's backend is chosen. 10 seconds
    /// unless told.
    pub health_check_interval: Duration,
}

impl Default for OllamaSettings {
    fn default() -> Self {
        Self {
            base_url: None,
            timeout: Duration::from_secs(300),
            auto_start: false,
            program: "ollama".into(),
            start_timeout: Duration::from_secs(30),
            health_check_interval: Duration::from_secs(10),
        }
    }
}

impl OllamaSettings {
    /// Where the server is, with scheme and port.
    pub fn url(&self) -> String {
        match &self.base_url {
            Some(url) => url_of(url),
            None => crate::ollama::url(),
        }
    }
}

/// A server's address with all that may be left out, by the rules of Ollama's `envconfig.Host`. An address that a server
/// listens at, such as `0.0.0.0`, becomes one to reach it at.
pub(crate) fn url_of(address: &str) -> String {
    let address = address
        .trim()
        .trim_matches(['"', '\''])
        .trim_end_matches('/');
    let (scheme, rest, port) = match address.split_once("://") {
        Some((scheme, rest)) => (scheme, rest, None),
        None => ("http", address, Some(PORT)),
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
            assert_eq!(url_of(given), expected, "{given}");
        }
    }
}
