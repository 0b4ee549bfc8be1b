//! Getting a model.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::Store;
use super::hub::Hub;
use super::installed::Installed;
use super::record::Record;
use super::remains;
use super::repository::RepoPath;
use super::wanted::{Choice, Wanted};
use crate::catalogue::Catalogue;
use crate::name::{HubName, ModelName};
use crate::network;
use crate::pull::{Pull, PullOptions, PullProgress, PullStatus};
use crate::transfer::{Event, Order, Phase, Remote};
use crate::{Error, transfer};

/// Progress that nobody has read yet; what comes beyond that is left out.
const UNREAD: usize = 64;

impl Store {
    /// Starts to get a model, unless it is there.
    pub fn pull(&self, name: &ModelName, options: &PullOptions) -> Result<Pull, Error> {
        let wanted = Wanted::of(name, options, &self.0.default_quantization)?;
        let (sender, receiver) = mpsc::channel(UNREAD);
        let job = Job {
            store: self.clone(),
            wanted,
            force: options.force,
            sender,
        };
        Ok(Pull::of(network::start(job.run())?, receiver))
    }
}

/// A pull under way.
struct Job {
    store: Store,
    wanted: Wanted,
    force: bool,
    sender: mpsc::Sender<PullProgress>,
}

/// A file that is to come.
struct File {
    path: RepoPath,
    remote: Remote,
    target: PathBuf,
}

impl File {
    /// Whether some of it is there, or all.
    fn has_left_something(&self) -> bool {
        let [part, journal, _] = transfer::leftovers(&self.target);
        [&self.target, &part, &journal]
            .iter()
            .any(|path| path.exists())
    }
}

impl Job {
    async fn run(self) -> Result<(), Error> {
        self.tell(self.progress(PullStatus::Resolving));
        let installed = match self.there()? {
            Some(there) if !self.force => there,
            _ => self.get().await?,
        };
        let complete = PullProgress {
            model_id: installed.name,
            completed_bytes: installed.size,
            total_bytes: Some(installed.size),
            percent_complete: 100.0,
            ..self.progress(PullStatus::Complete)
        };
        // This one is waited for: who has not read the others must see it all the same.
        let _ = self.sender.send(complete).await;
        Ok(())
    }

    /// The model, if it is there.
    fn there(&self) -> Result<Option<Installed>, Error> {
        let (file, quantization) = match &self.wanted.choice {
            Choice::File(path) => (Some(path.to_string()), None),
            Choice::Quantization(quantization) => (None, quantization.clone()),
        };
        let name = ModelName::Hub(HubName {
            owner: self.wanted.repository.owner().to_owned(),
            repository: self.wanted.repository.name().to_owned(),
            file,
            quantization,
        });
        match self.store.find(&name) {
            // The pull mends it.
            Err(Error::Record { .. }) => Ok(None),
            found => found,
        }
    }

    async fn get(&self) -> Result<Installed, Error> {
        let directory = self.store.directory().ok_or(Error::NoModelFolder)?;
        let settings = self.store.settings();
        let hub = Hub::new(settings)?;
        let paths = hub
            .files(&self.wanted, &settings.default_quantization)
            .await?;
        let folder = directory.join(self.wanted.repository.folder());
        let mut files = Vec::new();
        for path in paths {
            files.push(File {
                remote: hub.probe(&self.wanted.repository, &path).await?,
                target: path.below(&folder),
                path,
            });
        }
        let mark = set_mark(&files[0].target)?;
        let installed = self.get_all(&hub, &files, directory).await;
        if installed.is_ok() || !files.iter().any(File::has_left_something) {
            let _ = std::fs::remove_file(mark); // beside a whole model, or nothing, it says nothing
        }
        installed
    }

    async fn get_all(
        &self,
        hub: &Hub,
        files: &[File],
        directory: &Path,
    ) -> Result<Installed, Error> {
        let mut got = Vec::new();
        for at in 0..files.len() {
            let remote = self.fetch(hub, files, at).await?;
            got.push((files[at].path.clone(), remote));
        }
        self.record(directory, got)
    }

    async fn fetch(&self, hub: &Hub, files: &[File], at: usize) -> Result<Remote, Error> {
        let file = &files[at];
        make_folder(&file.target)?;
        let size = |file: &File| file.remote.size;
        let before: u64 = files[..at].iter().filter_map(size).sum();
        let total = files.iter().map(size).sum::<Option<u64>>();
        let listener = |event: Event| self.tell(self.of_event(&event, file, before, total));
        let order = Order {
            url: hub.url(&self.wanted.repository, &file.path),
            remote: file.remote.clone(),
            target: file.target.clone(),
            force: self.force,
            listener: &listener,
        };
        hub.0.fetch(&order).await
    }

    /// Notes that the model is there.
    fn record(&self, directory: &Path, files: Vec<(RepoPath, Remote)>) -> Result<Installed, Error> {
        let repository = self.wanted.repository.clone();
        let names = match files.first() {
            Some((path, _)) => Catalogue::bundled()?.names(&repository, path),
            None => Vec::new(),
        };
        let record = Record::new(names, repository, directory, files)?;
        record.write(directory)?;
        let records = self.store.records()?.whole;
        let name = self.store.name(&record, &records);
        Ok(Installed::recorded(name, record, directory))
    }

    fn of_event(
        &self,
        event: &Event,
        file: &File,
        before: u64,
        total: Option<u64>,
    ) -> PullProgress {
        let (status, done) = match event.phase {
            Phase::Waiting => (PullStatus::Waiting, 0),
            Phase::Downloading => (PullStatus::Downloading, event.completed),
            // All has come by then, and progress does not go back.
            Phase::Verifying => (PullStatus::Verifying, event.total.unwrap_or(0)),
        };
        let completed_bytes = before + done;
        let percent = |total: u64| completed_bytes as f64 / total as f64 * 100.0;
        PullProgress {
            item: Some(file.path.to_string()),
            completed_bytes,
            total_bytes: total,
            percent_complete: total
                .filter(|total| *total > 0)
                .map_or(0.0, percent)
                .min(100.0),
            bytes_per_second: event.bytes_per_second,
            ..self.progress(status)
        }
    }

    fn progress(&self, status: PullStatus) -> PullProgress {
        PullProgress {
            model_id: self.wanted.model.clone(),
            status,
            item: None,
            completed_bytes: 0,
            total_bytes: None,
            percent_complete: 0.0,
            bytes_per_second: 0.0,
        }
    }

    fn tell(&self, progress: PullProgress) {
        let _ = self.sender.try_send(progress); // who does not read gets the next one
    }
}

/// Notes that a model is being pulled, beside its first file.
fn set_mark(first: &Path) -> Result<PathBuf, Error> {
    make_folder(first)?;
    let mark = remains::mark(first);
    std::fs::write(&mark, "").map_err(|source| transfer::disk_error(&mark, source))?;
    Ok(mark)
}

fn make_folder(target: &Path) -> Result<(), Error> {
    let folder = target.parent().unwrap_or(target);
    std::fs::create_dir_all(folder).map_err(|source| match transfer::is_full(&source) {
        true => Error::DiskFull {
            path: folder.to_owned(),
        },
        false => Error::StoreFolder {
            path: folder.to_owned(),
            source,
        },
    })
}
