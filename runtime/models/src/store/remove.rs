//! Deleting a model.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use super::Store;
use super::installed::Installed;
use super::record::Record;
use super::remains;
use crate::Error;
use crate::name::ModelName;
use crate::transfer::{Lock, leftovers};

impl Store {
    /// Deletes a model. What another model needs too stays.
    pub fn remove(&self, model: &Installed) -> Result<(), Error> {
        let (Some(record), Some(directory)) = (&model.record, self.directory()) else {
            return Err(Error::NotOurs {
                model: model.name.clone(),
                path: model.path.clone(),
            });
        };
        let records = self.records()?.whole;
        let others = records.iter().filter(|other| *other != record);
        let needed: HashSet<PathBuf> = others.flat_map(|other| other.paths(directory)).collect();
        let mut files = record.paths(directory);
        files.retain(|file| !needed.contains(file));
        delete_all(&model.name, &files, directory)
    }

    /// Deletes what is left of the model that a name means: [`Store::remains`] of it.
    pub fn remove_remains(&self, name: &ModelName, remains: &[PathBuf]) -> Result<(), Error> {
        match self.directory() {
            Some(directory) => delete_all(&name.to_string(), remains, directory),
            None => Ok(()),
        }
    }
}

/// Deletes files of a model with all that lies beside them, records first, so that nothing half-deleted is ever
/// listed, and marks last.
fn delete_all(model: &str, files: &[PathBuf], directory: &Path) -> Result<(), Error> {
    let there = |file: &&PathBuf| file.parent().is_some_and(Path::is_dir);
    let files: Vec<&PathBuf> = files.iter().filter(there).collect();
    let mut locks = Vec::new();
    for file in &files {
        let busy = || Error::BeingPulled {
            model: model.to_owned(),
        };
        locks.push(Lock::try_take(file)?.ok_or_else(busy)?);
    }
    for file in &files {
        let record = Record::beside(file);
        if record.exists() {
            // What an interruption leaves is then known as remains. On a full disk it goes without.
            let _ = std::fs::write(remains::mark(file), "");
        }
        delete(&record)?;
    }
    for file in &files {
        delete(file)?;
        let [part, journal, _] = leftovers(file);
        delete(&part)?;
        delete(&journal)?;
    }
    for file in &files {
        delete(&remains::mark(file))?;
    }
    locks.into_iter().for_each(Lock::remove);
    for file in files {
        remove_empty(file, directory);
    }
    Ok(())
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
