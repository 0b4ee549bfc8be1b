//! The folder of models: `OWNER/REPOSITORY/FILE`, and beside each model `FILE.json`, its record.
//!
//! Only what has a record is there: it is written last, when everything has come and was verified.

mod settings;

#[cfg(feature = "candle")]
mod find;
#[cfg(feature = "candle")]
mod hub;
#[cfg(feature = "candle")]
mod hub_cache;
#[cfg(feature = "candle")]
mod installed;
#[cfg(feature = "candle")]
mod pull;
#[cfg(feature = "candle")]
mod quantization;
#[cfg(feature = "candle")]
mod record;
#[cfg(feature = "candle")]
mod remove;
#[cfg(feature = "candle")]
pub(crate) mod repository;
#[cfg(feature = "candle")]
pub(crate) mod shards;
#[cfg(feature = "candle")]
mod walk;
#[cfg(feature = "candle")]
mod wanted;

pub use settings::StoreSettings;

#[cfg(feature = "candle")]
pub(crate) use {hub::Hub, installed::Installed, quantization::split as split_quantization};

#[cfg(feature = "candle")]
use std::{path::Path, path::PathBuf, sync::Arc};

#[cfg(feature = "candle")]
use crate::Error;
#[cfg(feature = "candle")]
use {hub_cache::HubCache, record::Record};

/// What is noted of models.
#[cfg(feature = "candle")]
#[derive(Default)]
struct Records {
    /// Of models of which all files are there.
    whole: Vec<Record>,
    /// Those that cannot be read, and why.
    damaged: Vec<(PathBuf, Error)>,
}

/// The models of this machine. Cheap to clone.
#[cfg(feature = "candle")]
#[derive(Clone)]
pub(crate) struct Store(Arc<StoreSettings>);

#[cfg(feature = "candle")]
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
