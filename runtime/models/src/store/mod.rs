//! The folder of models: `OWNER/REPOSITORY/FILE`, and beside each model `FILE.json`, its record.
//!
//! Only what has a record is there: it is written last, when everything has come and was verified.

mod find;
mod hub;
mod hub_cache;
mod installed;
mod pull;
mod quantization;
mod record;
mod remains;
mod remove;
pub(crate) mod repository;
pub(crate) mod shards;
mod walk;
mod wanted;

pub(crate) use {
    hub::Hub, installed::Installed, quantization::split as split_quantization, wanted::how_to_get,
};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;
use crate::settings::StoreSettings;
use hub_cache::HubCache;
use record::Record;

/// What is noted of models.
#[derive(Default)]
struct Records {
    /// Of models of which all files are there.
    whole: Vec<Record>,
    /// Those that cannot be read, and why.
    damaged: Vec<(PathBuf, Error)>,
}

/// The models of this machine. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store(Arc<StoreSettings>);

impl Store {
    pub fn new(settings: StoreSettings) -> Self {
        Self(Arc::new(settings))
    }

    pub fn settings(&self) -> &StoreSettings {
        &self.0
    }

    fn directory(&self) -> Option<&Path> {
        self.0.directory.as_deref()
    }

    fn hub_cache(&self) -> HubCache {
        HubCache::new(self.0.hub_cache.as_deref())
    }

    /// What is noted of models.
    fn records(&self) -> Result<Records, Error> {
        let mut records = Records::default();
        let Some(directory) = self.directory() else {
            return Ok(records);
        };
        let paths = walk::files(directory, Record::is_named);
        let paths = paths.map_err(|source| Error::StoreFolder {
            path: directory.to_owned(),
            source,
        })?;
        for path in paths {
            match Record::read(&path) {
                Ok(record) if record.path(directory) != path => {
                    let reason = "it is about another model".to_owned();
                    let error = Error::Record {
                        path: path.clone(),
                        reason,
                    };
                    records.damaged.push((path, error));
                }
                Ok(record) if record.is_whole(directory) => records.whole.push(record),
                // Its files are gone or cut off; the next pull mends it.
                Ok(_) => {}
                Err(error) => records.damaged.push((path, error)),
            }
        }
        Ok(records)
    }
}
