//! Deleting a model.

use std::io;
use std::path::Path;

use super::Store;
use super::installed::Installed;
use crate::Error;
use crate::transfer::{Lock, leftovers};

impl Store {
    /// Deletes a model: first its record, so that nothing half-deleted is ever listed.
    pub fn remove(&self, model: &Installed) -> Result<(), Error> {
        let (Some(record), Some(directory)) = (&model.record, self.directory()) else {
            return Err(Error::NotOurs {
                model: model.name.clone(),
                path: model.path.clone(),
            });
        };
        let mut locks = Vec::new();
        for path in record.paths(directory) {
            let busy = || Error::BeingPulled {
                model: model.name.clone(),
            };
            locks.push(Lock::try_take(&path)?.ok_or_else(busy)?);
        }
        delete(&record.path(directory))?;
        for path in record.paths(directory) {
            delete(&path)?;
            let [part, journal, _] = leftovers(&path);
            delete(&part)?;
            delete(&journal)?;
        }
        locks.into_iter().for_each(Lock::remove);
        remove_empty(&model.path, directory);
        Ok(())
    }
}

fn delete(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        deleted => deleted.map_err(|source| Error::StoreFile {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Removes the folders of a file that are empty by now, up to that of all models.
fn remove_empty(path: &Path, directory: &Path) {
    let folders = path.ancestors().skip(1);
    let below = folders.take_while(|folder| folder.starts_with(directory) && *folder != directory);
    for folder in below {
        if std::fs::remove_dir(folder).is_err() {
            return; // it holds another model
        }
    }
}
