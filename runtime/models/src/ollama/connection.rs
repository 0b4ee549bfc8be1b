//! The connections to servers, and the addresses that they lead to.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, Url, redirect};

use crate::Error;
use crate::ollama::problems::innermost;
use crate::url::masked;

/// How long it may take until a connection stands.
const CONNECT: Duration = Duration::from_secs(5);

/// The clients of this process, with one pool of connections each. What is on this machine is never asked
/// through a proxy.
pub fn client(local: bool) -> Result<&'static Client, Error> {
    static LOCAL: OnceLock<Result<Client, String>> = OnceLock::new();
    static REMOTE: OnceLock<Result<Client, String>> = OnceLock::new();
    let build = || {
        let builder = Client::builder()
            .connect_timeout(CONNECT)
            .redirect(redirect::Policy::none())
            .tcp_keepalive(Duration::from_secs(60));
        let builder = if local { builder.no_proxy() } else { builder };
        builder.build().map_err(|error| innermost(&error))
    };
    let client = if local { &LOCAL } else { &REMOTE };
    let client = client.get_or_init(build).as_ref();
    client.map_err(|reason| Error::Network(reason.clone()))
}

/// A server's address.
pub fn parse(url: &str) -> Result<Url, Error> {
    let unfit = |problem: String| Error::Address {
        url: masked(url),
        problem,
    };
    let parsed = Url::parse(url).map_err(|error| unfit(error.to_string()))?;
    match parsed.scheme() {
        "http" | "https" if parsed.query().is_none() && parsed.fragment().is_none() => Ok(parsed),
        "http" | "https" => Err(unfit("it has more than host, port and path".to_owned())),
        scheme => Err(unfit(format!(
            "it begins with \"{scheme}\", not with \"http\""
        ))),
    }
}

/// Whether it leads to this machine.
pub fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}
