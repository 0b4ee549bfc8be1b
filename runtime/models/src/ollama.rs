//! Looking for an Ollama server.

use crate::entry::OllamaStatus;

/// Where the server is: `OLLAMA_HOST`, else the port that Ollama documents.
pub fn url() -> String {
    url_of(&std::env::var("OLLAMA_HOST").unwrap_or_default())
}

/// Where the server is when `OLLAMA_HOST` says this.
pub(crate) fn url_of(host: &str) -> String {
    let host = match host.trim() {
        "" => "127.0.0.1:11434",
        host => host.trim_end_matches('/'),
    };
    if host.contains("://") {
        return host.to_owned();
    }
    match host.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => format!("http://{host}"),
        _ => format!("http://{host}:11434"),
    }
}

/// Asks the server how it is. Needs a tokio runtime.
pub async fn status(url: String) -> OllamaStatus {
    match server::ask(&url).await {
        Ok((version, models)) => OllamaStatus {
            running: true,
            version: Some(version),
            models,
            url,
            error: None,
        },
        Err(error) => OllamaStatus {
            error: Some(error),
            url,
            ..OllamaStatus::default()
        },
    }
}

#[cfg(not(feature = "ollama"))]
mod server {
    /// Says that this build asks no server.
    pub async fn ask(_: &str) -> Result<(String, usize), String> {
        Err(
            "this build does not talk to Ollama; build it with the cargo feature `ollama`"
                .to_owned(),
        )
    }
}

#[cfg(feature = "ollama")]
mod server {
    use std::time::Duration;

    use serde::Deserialize;

    /// How long a server may take to answer before it counts as not running.
    const PATIENCE: Duration = Duration::from_secs(2);

    #[derive(Deserialize)]
    struct Version {
        version: String,
    }

    #[derive(Deserialize)]
    struct Tags {
        models: Vec<serde::de::IgnoredAny>,
    }

    /// The server's version and how many models it has, or why it does not answer.
    pub async fn ask(url: &str) -> Result<(String, usize), String> {
        request(url).await.map_err(|error| innermost(&error))
    }

    async fn request(url: &str) -> Result<(String, usize), reqwest::Error> {
        let builder = reqwest::Client::builder().timeout(PATIENCE).no_proxy();
        let client = builder.build()?;
        let get = async |path: &str| {
            let answer = client.get(format!("{url}{path}")).send().await?;
            answer.error_for_status()
        };
        let version: Version = get("/api/version").await?.json().await?;
        let tags: Tags = get("/api/tags").await?.json().await?;
        Ok((version.version, tags.models.len()))
    }

    /// The innermost reason, which says most.
    fn innermost(error: &reqwest::Error) -> String {
        let mut reason: &dyn std::error::Error = error;
        while let Some(inner) = reason.source() {
            reason = inner;
        }
        reason.to_string()
    }
}
