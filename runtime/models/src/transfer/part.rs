//! A file under way: the bytes that have come, under another name than the file's.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::journal::Journal;
use super::lock::Lock;
use super::remote::Remote;
use crate::{Error, folders};

/// The path of what belongs to a file, such as `NAME.part`.
pub fn beside(target: &Path, extension: &str) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    target.with_file_name(name)
}

/// What transfers may leave beside a file.
pub fn leftovers(target: &Path) -> [PathBuf; 3] {
    ["part", "journal", "lock"].map(|extension| beside(target, extension))
}

/// A file under way. Its lock must be held.
pub struct Part {
    pub path: PathBuf,
    /// Whether some of it came with an earlier transfer.
    pub resumed: bool,
    target: PathBuf,
    /// `None` if it cannot be gone on with later.
    journal: Option<Mutex<Journal>>,
    remote: Remote,
}

impl Part {
    /// Goes on with what came of this version, or begins. Fails if the rest would not fit on the disk.
    pub fn open(target: &Path, remote: &Remote, resumable: bool) -> Result<Self, Error> {
        let (path, journal_path) = (beside(target, "part"), beside(target, "journal"));
        let at = |source| disk_error(&path, source);
        let whole = std::fs::metadata(&path).map(|part| part.len()).ok() == remote.size;
        let journal = match (resumable && remote.is_known(), whole) {
            (true, true) => Some(Journal::open(&journal_path, remote).map_err(at)?),
            (true, false) => Some(Journal::begin(&journal_path, remote).map_err(at)?),
            (false, _) => {
                let _ = std::fs::remove_file(&journal_path); // it must not be taken for this part's
                None
            }
        };
        let done = journal.as_ref().map_or(0, |journal| journal.done().bytes());
        check_space(&path, remote.size.unwrap_or(0).saturating_sub(done))?;
        if done == 0 {
            let file = File::create(&path).map_err(at)?;
            file.set_len(remote.size.filter(|_| journal.is_some()).unwrap_or(0))
                .map_err(at)?;
        }
        Ok(Self {
            resumed: done > 0,
            target: target.to_owned(),
            journal: journal.map(Mutex::new),
            remote: remote.clone(),
            path,
        })
    }

    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// How many bytes are there.
    pub fn bytes(&self) -> u64 {
        self.journal().map_or(0, |journal| journal.done().bytes())
    }

    /// What is still to come; `None` if that is not known by ranges.
    pub fn missing(&self) -> Option<Vec<Range<u64>>> {
        let size = self.remote.size?;
        Some(self.journal()?.done().missing(size))
    }

    /// Writes from a place on.
    pub fn writer(&self, at: u64) -> Result<Writer<'_>, Error> {
        let opened = OpenOptions::new().write(true).open(&self.path);
        let placed = opened.and_then(|mut file| file.seek(SeekFrom::Start(at)).map(|_| file));
        let file = placed.map_err(|source| disk_error(&self.path, source))?;
        Ok(Writer {
            part: self,
            file,
            at,
            noted: at,
        })
    }

    /// Gives the file its name and lets its lock go, also when nobody waits for that any more. Everything must
    /// have come, and been verified.
    pub async fn finish(self, lock: Lock) -> Result<(), Error> {
        let named = tokio::task::spawn_blocking(move || {
            rename(&self.path, &self.target).map_err(|source| disk_error(&self.target, source))?;
            let _ = std::fs::remove_file(beside(&self.target, "journal")); // it is about nothing any more
            lock.remove();
            Ok(())
        });
        named.await.map_err(|_| Error::Ended("a download"))?
    }

    /// Throws away what came.
    pub fn discard(self) {
        for path in [&self.path, &beside(&self.target, "journal")] {
            let _ = std::fs::remove_file(path); // what stays is begun anew anyway
        }
    }

    /// Ranges are inserted at once, so poison does not matter.
    fn journal(&self) -> Option<MutexGuard<'_, Journal>> {
        let journal = self.journal.as_ref()?;
        Some(journal.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes to a part, and notes what it wrote when it is dropped at the latest.
pub struct Writer<'a> {
    part: &'a Part,
    file: File,
    at: u64,
    noted: u64,
}

impl Writer<'_> {
    pub fn at(&self) -> u64 {
        self.at
    }

    pub fn write(&mut self, bytes: &[u8], note_every: u64) -> Result<(), Error> {
        let written = self.file.write_all(bytes);
        written.map_err(|source| disk_error(&self.part.path, source))?;
        self.at += bytes.len() as u64;
        match self.at - self.noted >= note_every {
            true => self
                .note()
                .map_err(|source| disk_error(&self.part.path, source)),
            false => Ok(()),
        }
    }

    /// Begins again; gives back how much was written.
    pub fn restart(&mut self) -> Result<u64, Error> {
        let at = |source| disk_error(&self.part.path, source);
        self.file.set_len(0).map_err(at)?;
        self.file.seek(SeekFrom::Start(0)).map_err(at)?;
        self.noted = 0;
        Ok(std::mem::take(&mut self.at))
    }

    fn note(&mut self) -> io::Result<()> {
        if let Some(mut journal) = self.part.journal().filter(|_| self.noted < self.at) {
            journal.note(self.noted..self.at)?;
        }
        self.noted = self.at;
        Ok(())
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        let _ = self.note(); // what is not noted comes once more
    }
}

fn rename(path: &Path, target: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    std::fs::rename(path, target)?;
    folders::sync(target.parent().unwrap_or(target))
}

fn check_space(path: &Path, needed: u64) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    match folders::free_bytes(folder) {
        Some(free) if free < needed => Err(Error::StoreFull {
            path: folder.to_owned(),
            needed: needed.div_ceil(1_000_000),
            free: free / 1_000_000,
        }),
        _ => Ok(()),
    }
}

/// The error for what a disk did not do.
pub fn disk_error(path: &Path, source: io::Error) -> Error {
    match is_full(&source) {
        true => Error::DiskFull {
            path: path.to_owned(),
        },
        false => Error::StoreFile {
            path: path.to_owned(),
            source,
        },
    }
}

/// Whether nothing more can be written.
pub fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}
