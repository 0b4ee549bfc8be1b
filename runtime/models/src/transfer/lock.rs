//! One transfer of a file at a time, over all processes.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use tokio::sync::oneshot;

use super::part::beside;
use crate::Error;

/// Held while a file is made or removed. The system lets it go when the process ends, however it ends.
pub struct Lock {
    file: File,
    path: PathBuf,
    /// Whether another had it first.
    pub waited: bool,
}

impl Lock {
    /// Takes the lock of a file, after whoever holds it; `waiting` is called if that takes a while.
    pub async fn take(target: &Path, waiting: impl FnOnce()) -> Result<Self, Error> {
        let (mut waiting, mut waited) = (Some(waiting), false);
        loop {
            let (path, mut file) = open(target)?;
            if file.try_lock().is_err() {
                waited = true;
                if let Some(waiting) = waiting.take() {
                    waiting();
                }
                file = wait(file, &path).await?;
            }
            // Who had it may have deleted it, and the next one made a new one.
            if is_at(&file, &path) {
                return Ok(Self { file, path, waited });
            }
        }
    }

    /// Takes the lock of a file if nobody has it.
    pub fn try_take(target: &Path) -> Result<Option<Self>, Error> {
        let (path, file) = open(target)?;
        let free = file.try_lock().is_ok() && is_at(&file, &path);
        Ok(free.then_some(Self {
            file,
            path,
            waited: false,
        }))
    }

    /// Lets it go and leaves nothing behind.
    pub fn remove(self) {
        let _ = std::fs::remove_file(&self.path); // what stays is used again
        drop(self.file);
    }
}

/// Waits on a thread, for the system's lock can only be waited for blocking. Who does not wait any more
/// leaves the thread behind, and it lets the lock go as soon as it has it.
async fn wait(file: File, path: &Path) -> Result<File, Error> {
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new()
        .name("llmspell-lock".to_owned())
        .spawn(move || drop(sender.send(file.lock().map(|()| file))))
        .map_err(Error::Thread)?;
    let locked = receiver
        .await
        .map_err(|_| Error::Ended("waiting for a lock"))?;
    locked.map_err(|source| Error::StoreFile {
        path: path.to_owned(),
        source,
    })
}

fn open(target: &Path) -> Result<(PathBuf, File), Error> {
    let path = beside(target, "lock");
    let mut options = OpenOptions::new();
    // Its content does not matter, and a second one must not empty it under the first.
    let opened = options.create(true).truncate(false).write(true).open(&path);
    match opened {
        Ok(file) => Ok((path, file)),
        Err(source) => Err(Error::StoreFolder {
            path: target.parent().unwrap_or(target).to_owned(),
            source,
        }),
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(ours), Ok(there)) = (file.metadata(), std::fs::metadata(path)) else {
        return false;
    };
    (ours.dev(), ours.ino()) == (there.dev(), there.ino())
}

/// A file that is open keeps its name here.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}
