//! From an address to a verified file.

use std::path::{Path, PathBuf};

use reqwest::Url;
use serde::de::DeserializeOwned;

use super::client::{Client, Failure, failed, transfer_error};
use super::lock::Lock;
use super::meter::{Event, Listener, Meter, Phase};
use super::part::Part;
use super::piece::Pieces;
use super::remote::Remote;
use super::retry::Patience;
use super::verify;
use crate::Error;
use crate::settings::{Token, TransferSettings};

/// How often a file may turn out to be another one while it is got.
const MOST_RESTARTS: usize = 5;
/// The longest text that is read, in bytes.
const MOST_TEXT: usize = 64 << 20;

/// Gets files from one server and from where it sends us.
pub struct Transfer {
    client: Client,
    settings: TransferSettings,
}

/// A file that is wanted.
pub struct Order<'a> {
    pub url: Url,
    pub remote: Remote,
    /// Where it is to lie; its folder exists.
    pub target: PathBuf,
    /// Gets it again even if it is there.
    pub force: bool,
    pub listener: &'a Listener<'a>,
}

impl Transfer {
    /// A transfer from a server, the only one that gets to see the token.
    pub fn new(
        endpoint: Url,
        token: Option<&Token>,
        settings: TransferSettings,
    ) -> Result<Self, Error> {
        let client = Client::new(endpoint, token, &settings)?;
        Ok(Self { client, settings })
    }

    pub fn endpoint(&self) -> &Url {
        self.client.endpoint()
    }

    /// Asks what a file is.
    pub async fn probe(&self, url: &Url) -> Result<Remote, Error> {
        let mut patience = Patience::to_ask(&self.settings, url);
        loop {
            match self.client.head(url).await {
                Ok(remote) => return Ok(remote),
                Err(failure) => patience
                    .wait(failure)
                    .await
                    .map_err(|f| unexpected(f, url))?,
            }
        }
    }

    /// Asks for JSON.
    pub async fn json<T: DeserializeOwned>(&self, url: &Url) -> Result<T, Error> {
        let text = self.text(url).await?;
        let problem =
            |error| transfer_error(url, format!("what it says is not understood: {error}"));
        serde_json::from_slice(&text).map_err(problem)
    }

    /// Asks for a text that is short enough for the memory.
    pub async fn text(&self, url: &Url) -> Result<Vec<u8>, Error> {
        let mut patience = Patience::to_ask(&self.settings, url);
        loop {
            match self.read(url).await {
                Ok(text) => return Ok(text),
                Err(failure) => patience
                    .wait(failure)
                    .await
                    .map_err(|f| unexpected(f, url))?,
            }
        }
    }

    async fn read(&self, url: &Url) -> Result<Vec<u8>, Failure> {
        let mut response = self.client.get(url, None).await?.response;
        let mut text = Vec::new();
        while let Some(bytes) = response.chunk().await.map_err(|error| failed(&error))? {
            text.extend_from_slice(&bytes);
            if text.len() > MOST_TEXT {
                return Err(transfer_error(url, "it says too much").into());
            }
        }
        Ok(text)
    }

    /// Gets a file unless it is there, or waits for whoever is getting it. What it is in the end is given
    /// back, since it may change meanwhile.
    pub async fn fetch(&self, order: &Order<'_>) -> Result<Remote, Error> {
        let waiting = || {
            (order.listener)(Event {
                phase: Phase::Waiting,
                completed: 0,
                total: order.remote.size,
                bytes_per_second: 0.0,
            });
        };
        let lock = Lock::take(&order.target, waiting).await?;
        // Who had the lock has perhaps just got it; a digest tells.
        let anew = order.force && !(lock.waited && order.remote.sha256().is_some());
        let there = !anew
            && self.has_size(order)
            && self
                .is_true(&order.target, &order.remote, order.listener)
                .await?;
        if !there {
            return self.download(order, lock).await;
        }
        lock.remove();
        Ok(order.remote.clone())
    }

    fn has_size(&self, order: &Order<'_>) -> bool {
        let there = std::fs::metadata(&order.target);
        there.is_ok_and(|file| {
            file.is_file() && order.remote.size.is_none_or(|size| size == file.len())
        })
    }

    async fn download(&self, order: &Order<'_>, lock: Lock) -> Result<Remote, Error> {
        let (mut remote, mut resumable) = (order.remote.clone(), true);
        for _ in 0..MOST_RESTARTS {
            let part = Part::open(&order.target, &remote, resumable)?;
            match self.receive(order, &part).await {
                Ok(()) if self.is_true(&part.path, &remote, order.listener).await? => {
                    part.finish(lock).await?;
                    return Ok(remote);
                }
                // What came earlier may have been damaged since.
                Ok(()) if part.resumed => part.discard(),
                Ok(()) => {
                    part.discard();
                    return Err(Error::Digest {
                        file: order.target.clone(),
                    });
                }
                Err(Failure::Changed) => {
                    part.discard();
                    remote = self.probe(&order.url).await?;
                }
                Err(Failure::Whole) => resumable = false,
                Err(failure) => return Err(unexpected(failure, &order.url)),
            }
        }
        Err(transfer_error(
            &order.url,
            "it changes again and again while it is got; try again later",
        ))
    }

    async fn receive(&self, order: &Order<'_>, part: &Part) -> Result<(), Failure> {
        let progress = (part.bytes(), part.remote().size);
        let every = self.settings.tell_every;
        Pieces {
            client: &self.client,
            settings: &self.settings,
            url: &order.url,
            part,
            meter: &Meter::new(order.listener, Phase::Downloading, progress, every),
        }
        .get()
        .await
    }

    /// The digest of a file that was fetched, in lower-case hexadecimal digits.
    #[cfg(feature = "ollama")]
    pub async fn sha256(&self, path: &Path, listener: &Listener<'_>) -> Result<String, Error> {
        let size = std::fs::metadata(path).ok().map(|file| file.len());
        let every = self.settings.tell_every;
        let meter = Meter::new(listener, Phase::Verifying, (0, size), every);
        verify::sha256(path, &meter).await
    }

    /// Whether a file's content is what the server announced, as far as it announced anything.
    async fn is_true(
        &self,
        path: &Path,
        remote: &Remote,
        listener: &Listener<'_>,
    ) -> Result<bool, Error> {
        let Some(expected) = remote.sha256() else {
            return Ok(true); // the size was compared
        };
        let meter = Meter::new(
            listener,
            Phase::Verifying,
            (0, remote.size),
            self.settings.tell_every,
        );
        Ok(verify::sha256(path, &meter).await? == expected)
    }
}

/// The error of a failure that no attempt mends.
fn unexpected(failure: Failure, url: &Url) -> Error {
    match failure {
        Failure::Final(error) => error,
        Failure::Passing { reason, .. } => transfer_error(url, reason),
        Failure::Changed | Failure::Whole => {
            transfer_error(url, "the server's answers contradict each other")
        }
    }
}
