//! Installing Ollama itself: one of its published archives, verified, in a folder of our own.

mod release;
mod unpack;

use std::path::{Path, PathBuf};

use reqwest::Url;
use tokio::sync::mpsc;

use self::release::Release;
use crate::network;
use crate::pull::{Pull, PullProgress, PullStatus};
use crate::settings::TransferSettings;
use crate::transfer::{self, Event, Lock, Order, Phase, Transfer};
use crate::url::masked;
use crate::{Error, folders};

/// What is installed, in progress that is told.
const NAME: &str = "ollama";
/// Progress that nobody has read yet; what comes beyond that is left out.
const UNREAD: usize = 64;

/// Finds out what would be installed, and where.
pub struct Installer {
    release: Release,
    folder: PathBuf,
    link: PathBuf,
}

/// What will be done when it is told to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Where the archive comes from.
    url: Url,
    /// The digest that the release publishes for it, in lower-case hexadecimal digits.
    pub sha256: String,
    /// In bytes, where the server tells.
    pub size: Option<u64>,
    /// Where it is unpacked; what is there is replaced.
    pub folder: PathBuf,
    /// Where a link to the program is made unless something of that name is there.
    pub link: PathBuf,
    /// The archive's name.
    asset: String,
}

impl Installer {
    /// The release for this machine, to be put where the environment says: `LLMSPELL_OLLAMA_RELEASES`, which
    /// stands for Ollama's own address of releases, `XDG_DATA_HOME` and `HOME`.
    ///
    /// # Errors
    /// [`Error::NoOllamaFor`] where Ollama publishes no archive that can simply be unpacked.
    pub fn new() -> Result<Self, Error> {
        let home = std::env::home_dir().ok_or(Error::NoOllamaFolder)?;
        Ok(Self {
            release: Release::for_this_machine()?,
            folder: folders::data().ok_or(Error::NoOllamaFolder)?.join(NAME),
            link: home.join(".local/bin").join(NAME),
        })
    }

    /// Asks what there is. Nothing is written.
    pub async fn plan(self) -> Result<Installation, Error> {
        network::run(async move {
            let transfer = transfer(&self.release.address)?;
            let (asset, sha256) = self.release.choose(&transfer).await?;
            let url = self.release.url(&asset);
            Ok(Installation {
                size: transfer.probe(&url).await?.size,
                url,
                sha256,
                folder: self.folder,
                link: self.link,
                asset,
            })
        })
        .await
    }
}

impl Installation {
    /// Where the archive comes from, for people to see.
    pub fn source(&self) -> String {
        masked(self.url.as_str())
    }

    /// Whether there is something where the link would go; it stays as it is.
    pub fn link_is_taken(&self) -> bool {
        self.link.symlink_metadata().is_ok()
    }

    /// The program, once it is installed; where it is depends on the archive.
    pub fn program(&self) -> Option<PathBuf> {
        unpack::program(&self.folder)
    }

    /// Starts to do it. What was there before stays until the new one is whole; what has come of an archive is
    /// gone on with.
    pub fn start(self) -> Result<Pull, Error> {
        let (sender, receiver) = mpsc::channel(UNREAD);
        let job = Job {
            installation: self,
            sender,
        };
        Ok(Pull::of(network::start(job.run())?, receiver))
    }
}

fn transfer(address: &Url) -> Result<Transfer, Error> {
    Transfer::new(address.clone(), None, TransferSettings::default())
}

/// The path of a program that `PATH` leads to.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let paths = std::env::split_paths(&folders).map(|folder| folder.join(program));
    { paths }.find(|path| path.is_file())
}

/// An installation under way.
struct Job {
    installation: Installation,
    sender: mpsc::Sender<PullProgress>,
}

impl Job {
    async fn run(self) -> Result<(), Error> {
        let Installation { folder, link, .. } = &self.installation;
        let parent = folder.parent().unwrap_or(folder);
        make_folder(parent)?;
        let lock = Lock::take(folder, || self.tell(self.progress(PullStatus::Waiting))).await?;
        let installed = self.install(parent).await;
        lock.remove();
        installed?;
        unpack::link(folder, link)?;
        let complete = PullProgress {
            percent_complete: 100.0,
            ..self.progress(PullStatus::Complete)
        };
        // This one is waited for: who has not read the others must see it all the same.
        let _ = self.sender.send(complete).await;
        Ok(())
    }

    async fn install(&self, parent: &Path) -> Result<(), Error> {
        let archive = parent.join(&self.installation.asset);
        self.fetch(&archive).await?;
        self.tell(self.progress(PullStatus::Unpacking));
        let (from, folder) = (archive.clone(), self.installation.folder.clone());
        let unpacked = tokio::task::spawn_blocking(move || unpack::unpack(&from, &folder));
        unpacked
            .await
            .map_err(|_| Error::Ended("unpacking an archive"))??;
        discard(&archive);
        Ok(())
    }

    /// Gets the archive and compares its digest.
    async fn fetch(&self, archive: &Path) -> Result<(), Error> {
        let Installation { url, sha256, .. } = &self.installation;
        let transfer = transfer(url)?;
        let listener = |event: Event| self.tell(self.of_event(&event));
        let order = Order {
            remote: transfer.probe(url).await?,
            url: url.clone(),
            target: archive.to_owned(),
            force: false,
            listener: &listener,
        };
        transfer.fetch(&order).await?;
        let found = transfer.sha256(archive, &listener).await?;
        if found != *sha256 {
            discard(archive);
            return Err(Error::ReleaseDigest {
                asset: self.installation.asset.clone(),
                expected: sha256.clone(),
                found,
            });
        }
        Ok(())
    }

    fn of_event(&self, event: &Event) -> PullProgress {
        let (status, completed_bytes) = match event.phase {
            Phase::Waiting => (PullStatus::Waiting, 0),
            Phase::Downloading => (PullStatus::Downloading, event.completed),
            // All has come by then, and progress does not go back.
            Phase::Verifying => (PullStatus::Verifying, event.total.unwrap_or(0)),
        };
        let percent = |total: u64| completed_bytes as f64 / total as f64 * 100.0;
        PullProgress {
            item: Some(self.installation.asset.clone()),
            completed_bytes,
            total_bytes: event.total,
            percent_complete: event.total.filter(|t| *t > 0).map_or(0.0, percent),
            bytes_per_second: event.bytes_per_second,
            ..self.progress(status)
        }
    }

    fn progress(&self, status: PullStatus) -> PullProgress {
        PullProgress {
            model_id: NAME.to_owned(),
            status,
            item: None,
            completed_bytes: self.installation.size.unwrap_or(0),
            total_bytes: self.installation.size,
            percent_complete: 100.0,
            bytes_per_second: 0.0,
        }
    }

    fn tell(&self, progress: PullProgress) {
        let _ = self.sender.try_send(progress); // who does not read gets the next one
    }
}

fn make_folder(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|source| Error::OllamaFolder {
        path: folder.to_owned(),
        source,
    })
}

/// Deletes an archive and what its transfer left beside it.
fn discard(archive: &Path) {
    for path in transfer::leftovers(archive)
        .iter()
        .chain([&archive.to_owned()])
    {
        let _ = std::fs::remove_file(path); // most of them are not there
    }
}
