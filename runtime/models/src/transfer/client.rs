//! Requests, with a token that one server alone gets to see.

use std::ops::Range;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION, RANGE, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, redirect};

use super::refusal;
use super::remote::Remote;
use crate::Error;
use crate::settings::{Token, TransferSettings};
use crate::url::masked;

const MOST_REDIRECTS: usize = 10;

/// Why a request brought nothing.
pub enum Failure {
    /// It may work when it is tried again, after so long if the server said.
    Passing {
        reason: String,
        wait: Option<Duration>,
        /// What to say if it never does.
        refusal: Option<Box<Error>>,
    },
    /// The server has another version of the file by now.
    Changed,
    /// The server sends the whole file although a part was asked for.
    Whole,
    Final(Error),
}

impl Failure {
    pub fn passing(reason: impl Into<String>) -> Self {
        Self::Passing {
            reason: reason.into(),
            wait: None,
            refusal: None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// An answer at the end of all redirects, and what is known of the file by then.
pub struct Answer {
    pub remote: Remote,
    pub response: Response,
}

/// Makes requests; knows the server that may see the token.
pub struct Client {
    http: reqwest::Client,
    endpoint: Url,
    token: Option<HeaderValue>,
}

impl Client {
    pub fn new(
        endpoint: Url,
        token: Option<&Token>,
        settings: &TransferSettings,
    ) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.idle_timeout)
            // A redirect may lead to another server, which must not see the token.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("llmspell/", env!("CARGO_PKG_VERSION")));
        if is_this_machine(&endpoint) {
            builder = builder.no_proxy();
        }
        let http = builder.build();
        Ok(Self {
            http: http.map_err(|error| Error::Network(innermost(&error)))?,
            token: token.map(header).transpose()?,
            endpoint,
        })
    }

    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// Asks what a file is.
    pub async fn head(&self, url: &Url) -> Result<Remote, Failure> {
        let answer = self.follow(Method::HEAD, url, None).await?;
        Ok(answer.remote)
    }

    /// Asks for some bytes of a file, or for all of it.
    pub async fn get(&self, url: &Url, range: Option<&Range<u64>>) -> Result<Answer, Failure> {
        self.follow(Method::GET, url, range).await
    }

    async fn follow(
        &self,
        method: Method,
        start: &Url,
        range: Option<&Range<u64>>,
    ) -> Result<Answer, Failure> {
        let (mut url, mut remote) = (start.clone(), Remote::default());
        for _ in 0..=MOST_REDIRECTS {
            let request = self.request(method.clone(), &url, range);
            let response = request.send().await.map_err(|error| failed(&error))?;
            if !is_redirect(response.status()) {
                return self.judge(start, response, remote);
            }
            remote.learn_linked(response.headers());
            // Signed addresses often refuse to be asked this; what they would say is known.
            if method == Method::HEAD && remote.is_known() {
                return Ok(Answer { remote, response });
            }
            url = self.next(&url, &response)?;
        }
        Err(transfer_error(start, "it leads from one address to the next without end").into())
    }

    fn request(&self, method: Method, url: &Url, range: Option<&Range<u64>>) -> RequestBuilder {
        // What is compressed on the way has another length, and no ranges.
        let mut request = self
            .http
            .request(method, url.clone())
            .header(ACCEPT_ENCODING, "identity");
        if let Some(range) = range {
            let last = range.end.saturating_sub(1);
            request = request.header(RANGE, format!("bytes={}-{last}", range.start));
        }
        match &self.token {
            Some(token) if url.origin() == self.endpoint.origin() => {
                request.header(reqwest::header::AUTHORIZATION, token)
            }
            _ => request,
        }
    }

    fn judge(&self, start: &Url, response: Response, remote: Remote) -> Result<Answer, Failure> {
        let status = response.status();
        if status.is_success() {
            let mut remote = remote;
            remote.learn(status, response.headers());
            return Ok(Answer { remote, response });
        }
        let headers = response.headers();
        let error = refusal::explain(&shown(start), status, headers, self.token.is_some());
        match status {
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {}
            // What was asked for is not there any more: the file has become shorter.
            StatusCode::RANGE_NOT_SATISFIABLE => return Err(Failure::Changed),
            status if status.is_server_error() => {}
            _ => return Err(error.into()),
        }
        Err(Failure::Passing {
            reason: format!("the server answers with status {}", status.as_u16()),
            wait: retry_after(headers),
            refusal: Some(Box::new(error)),
        })
    }

    fn next(&self, url: &Url, response: &Response) -> Result<Url, Error> {
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|location| location.to_str().ok());
        let next = location.and_then(|location| url.join(location).ok());
        let next = next.ok_or_else(|| transfer_error(url, "it leads to no address"))?;
        match next.scheme() {
            "https" => Ok(next),
            "http" if url.scheme() == "http" => Ok(next),
            _ => Err(transfer_error(url, "it leads away from https")),
        }
    }
}

fn header(token: &Token) -> Result<HeaderValue, Error> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", token.secret())).map_err(|_| Error::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("").trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// How long to wait; a date instead of seconds counts as nothing said.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}

/// An address for people to see: signed ones carry secrets behind the question mark.
fn shown(url: &Url) -> String {
    masked(url.as_str().split('?').next().unwrap_or_default())
}

pub fn transfer_error(url: &Url, reason: impl Into<String>) -> Error {
    Error::Transfer {
        url: shown(url),
        reason: reason.into(),
    }
}

/// A request that did not come to its end.
pub fn failed(error: &reqwest::Error) -> Failure {
    match error.is_timeout() {
        true => Failure::passing("the server sends nothing"),
        false => Failure::passing(innermost(error)),
    }
}

/// The innermost reason, which says most.
fn innermost(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    reason.to_string()
}
