//! Rig's requests over reqwest, the one HTTP client of this crate.

use std::future::Future;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use rig_core::http_client::{
    BoxedStream, Error, HttpClientExt, LazyBody, MultipartForm, Request, Response, Result,
    StatusCode, StreamingResponse,
};
use rig_core::wasm_compat::WasmCompatSend;
use serde_json::Value;

/// The longest wait for a connection, which even slow networks make in less.
const CONNECTING: Duration = Duration::from_secs(20);

/// The clients of one provider.
#[derive(Debug, Clone)]
pub struct Http {
    /// For servers on this machine, which no proxy stands before.
    direct: Client,
    others: Client,
}

impl Http {
    /// Clients that give a server up after so long a silence. They follow no redirect, so that a key goes
    /// nowhere but to the address that was configured.
    pub fn new(timeout: Duration) -> reqwest::Result<Self> {
        let client = || {
            Client::builder()
                .redirect(Policy::none())
                .connect_timeout(timeout.min(CONNECTING))
                .read_timeout(timeout)
        };
        Ok(Self {
            direct: client().no_proxy().build()?,
            others: client().build()?,
        })
    }

    async fn answer(self, request: Request<Bytes>) -> Result<reqwest::Response> {
        let request = reqwest::Request::try_from(request).map_err(opaque)?;
        let client = match is_here(request.url()) {
            true => self.direct,
            false => self.others,
        };
        client.execute(key_in_header(request)).await.map_err(opaque)
    }
}

impl HttpClientExt for Http {
    fn send<T, U>(
        &self,
        request: Request<T>,
    ) -> impl Future<Output = Result<Response<LazyBody<U>>>> + WasmCompatSend + 'static
    where
        T: Into<Bytes> + WasmCompatSend,
        U: From<Bytes> + WasmCompatSend + 'static,
    {
        let of_vectors = request.uri().path().ends_with("/embeddings");
        let answer = self.clone().answer(request.map(Into::into));
        async move {
            let answer = answer.await?;
            let head = head(&answer);
            Ok(head.map(|()| -> LazyBody<U> {
                Box::pin(async move {
                    let body = answer.bytes().await.map_err(opaque)?;
                    Ok(U::from(match of_vectors {
                        true => in_order(&body).unwrap_or(body),
                        false => body,
                    }))
                })
            }))
        }
    }

    /// No request of ours uploads files.
    fn send_multipart<U>(
        &self,
        _: Request<MultipartForm>,
    ) -> impl Future<Output = Result<Response<LazyBody<U>>>> + WasmCompatSend + 'static
    where
        U: From<Bytes> + WasmCompatSend + 'static,
    {
        let error = std::io::Error::from(std::io::ErrorKind::Unsupported);
        std::future::ready(Err(Error::instance(error)))
    }

    async fn send_streaming<T>(&self, request: Request<T>) -> Result<StreamingResponse>
    where
        T: Into<Bytes> + WasmCompatSend,
    {
        let answer = self.clone().answer(request.map(Into::into)).await?;
        let head = head(&answer);
        // Rig reads nothing of what is no stream, and would lose the errors that some gateways send so.
        if answer.status() == StatusCode::OK && is_json(answer.headers().get(CONTENT_TYPE)) {
            let text = answer.text().await.map_err(opaque)?;
            let (head, ()) = head.into_parts();
            return Err(Error::non_success_with_details(
                head.status,
                head.headers,
                text,
            ));
        }
        Ok(head.map(|()| -> BoxedStream { Box::pin(answer.bytes_stream().map_err(opaque)) }))
    }
}

/// OpenAI's answer with its vectors in the order of their `index`, which rig does not look at; nothing if they have none.
fn in_order(body: &[u8]) -> Option<Bytes> {
    let mut answer: Value = serde_json::from_slice(body).ok()?;
    let vectors = answer.get_mut("data")?.as_array_mut()?;
    let index = |vector: &Value| vector["index"].as_u64();
    vectors.sort_by_key(index);
    let each = vectors
        .iter()
        .zip(0..)
        .all(|(vector, at)| index(vector) == Some(at));
    each.then(|| answer.to_string().into())
}

/// An answer without its body.
fn head(answer: &reqwest::Response) -> Response<()> {
    let mut head = Response::new(());
    *head.status_mut() = answer.status();
    *head.headers_mut() = answer.headers().clone();
    head
}

fn is_json(content_type: Option<&HeaderValue>) -> bool {
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"))
}

/// Moves the key that rig writes into Gemini's addresses to the header that Google documents for it: addresses
/// end up in the logs of proxies.
fn key_in_header(mut request: reqwest::Request) -> reqwest::Request {
    let pairs = request.url().query_pairs().into_owned();
    let (keys, rest): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| name == "key");
    let Some((_, key)) = keys.first() else {
        return request;
    };
    if let Ok(mut header) = HeaderValue::from_str(key) {
        header.set_sensitive(true);
        request.headers_mut().insert("x-goog-api-key", header);
    }
    let url = request.url_mut();
    url.set_query(None);
    if !rest.is_empty() {
        url.query_pairs_mut().extend_pairs(rest);
    }
    request
}

/// Whether a server is on this machine.
fn is_here(server: &Url) -> bool {
    match server.host_str().unwrap_or_default() {
        "localhost" | "[::1]" => true,
        host => host
            .parse::<Ipv4Addr>()
            .is_ok_and(|host| host.is_loopback()),
    }
}

/// The error, which [`super::failure`] looks into; never with the address.
fn opaque(error: reqwest::Error) -> Error {
    Error::instance(error.without_url())
}
