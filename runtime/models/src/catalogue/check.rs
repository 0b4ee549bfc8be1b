//! Whether what the catalogue says is true.

use super::{Entry, File};
use crate::settings::StoreSettings;
use crate::store::Hub;
use crate::{Error, network};

impl Entry {
    /// Asks the server whether a file of this model is there. Gives back its size in bytes, if it is told.
    pub async fn probe(&self, file: &File, settings: &StoreSettings) -> Result<Option<u64>, Error> {
        let hub = Hub::new(settings)?;
        let (repository, path) = (self.repository.clone(), file.file.clone());
        let probe = async move { hub.probe(&repository, &path).await };
        Ok(network::run(probe).await?.size)
    }
}
