//! The files behind models' names.

use std::sync::PoisonError;

use llmspell_inference::ModelInfo;

use super::Candle;
use super::key::{Key, not_installed};
use super::thread::on_thread;
use crate::Error;
use crate::backend::Backend;
use crate::catalogue::{Entry, File};
use crate::entry::{AvailableModel, ModelEntry};
use crate::models::BUNDLED;
use crate::name::ModelName;
use crate::store::Installed;

impl Candle {
    /// A model of the catalogue, in the quantization that a pull without one takes.
    pub fn offer(&self, entry: &Entry) -> AvailableModel {
        let wanted = &self.store.settings().default_quantization;
        let file = entry.file(wanted).or(entry.files().next());
        let bytes = |file: &File| Some((file.size_gb? * 1e9) as u64);
        AvailableModel {
            name: entry.name.clone(),
            backend: self.name().to_owned(),
            description: entry.description.clone(),
            size_bytes: file.and_then(bytes),
            parameters: Some(entry.parameters),
            quantizations: entry
                .files()
                .map(|file| file.quantization.clone())
                .collect(),
            recommended: entry.recommended,
        }
    }

    /// What is known of a model.
    pub(super) async fn describe(&self, name: ModelName) -> Result<ModelEntry, Error> {
        if let Some(key) = Key::at_once(&name) {
            let source = key.source();
            let info = on_thread(move || ModelInfo::read(source)).await??;
            return Ok(self.entry(&key, key.name(), info));
        }
        let candle = self.clone();
        let find = move || match candle.store.find(&name)? {
            Some(installed) => candle.installed(installed),
            None => Err(not_installed(&name)),
        };
        on_thread(find).await?
    }

    /// What is known of an installed model.
    fn installed(&self, installed: Installed) -> Result<ModelEntry, Error> {
        let key = Key::file(&installed.path);
        let info = ModelInfo::read(key.source())?;
        let said = installed.quantization;
        let entry = self.entry(&key, installed.name, info);
        Ok(ModelEntry {
            size_bytes: installed.size,
            quantization: said.or(entry.quantization),
            ..entry
        })
    }

    /// The file that a name means; folders are read on another thread.
    pub(super) async fn key(&self, name: &ModelName) -> Result<Key, Error> {
        if let Some(key) = Key::at_once(name) {
            return Ok(key);
        }
        let (name, store) = (name.clone(), self.store.clone());
        on_thread(move || Key::of(&name, &store)).await?
    }

    /// Whether a file's model makes vectors and writes no text; what is wrong with a file comes when it is loaded.
    pub(super) async fn makes_vectors(&self, key: &Key) -> Result<bool, Error> {
        let source = key.source();
        let info = on_thread(move || ModelInfo::read(source)).await?;
        Ok(info.is_ok_and(|info| info.embeds()))
    }

    /// The bundled model and the installed ones.
    pub(super) fn entries(&self) -> Result<Vec<ModelEntry>, Error> {
        let info = ModelInfo::read(Key::Bundled.source())?;
        let mut entries = vec![self.entry(&Key::Bundled, BUNDLED.to_owned(), info)];
        for installed in self.store.list()? {
            let name = installed.name.clone();
            let known = ModelEntry {
                backend: self.name().to_owned(),
                size_bytes: installed.size,
                quantization: installed.quantization.clone(),
                name,
                ..ModelEntry::default()
            };
            // A file that is damaged since is there all the same, to be removed or pulled again.
            entries.push(self.installed(installed).unwrap_or(known));
        }
        Ok(entries)
    }

    /// Looks whether a model is there, whole or in part, that may be deleted.
    pub(crate) async fn removable(&self, name: &ModelName) -> Result<(), Error> {
        let (candle, name) = (self.clone(), name.clone());
        let look = move || match candle.to_delete(&name)? {
            Some(_) => Ok(()),
            None if candle.store.remains(&name)?.is_empty() => Err(not_installed(&name)),
            None => Ok(()),
        };
        on_thread(look).await?
    }

    /// The whole model that is to be deleted. What is in the box, and a file by its path, never is.
    fn to_delete(&self, name: &ModelName) -> Result<Option<Installed>, Error> {
        if Key::at_once(name).is_some() {
            return Err(Error::Cannot {
                model: name.to_string(),
                backend: self.name().to_owned(),
                what: "delete what it has not downloaded",
            });
        }
        match self.store.find(name) {
            Err(Error::Record { .. }) => Ok(None),
            found => found,
        }
    }

    /// Deletes an installed model, unless it is loaded, or what is left of one.
    pub(super) fn delete(&self, name: &ModelName) -> Result<(), Error> {
        let Some(installed) = self.to_delete(name)? else {
            return self.delete_remains(name);
        };
        let key = Key::file(&installed.path);
        if self.cache.is_loaded(&key) {
            return Err(Error::InUse {
                model: installed.name,
            });
        }
        self.store.remove(&installed)?;
        self.forget(&key);
        Ok(())
    }

    /// Another file may come under the name of a deleted one.
    fn forget(&self, key: &Key) {
        self.embedders.forget(key);
        let vocabularies = self.vocabularies.lock();
        let mut vocabularies = vocabularies.unwrap_or_else(PoisonError::into_inner);
        vocabularies.remove(key);
    }

    /// Deletes what is left of a model, unless that is loaded by its path.
    fn delete_remains(&self, name: &ModelName) -> Result<(), Error> {
        let remains = self.store.remains(name)?;
        if remains.is_empty() {
            return Err(not_installed(name));
        }
        let keys: Vec<Key> = remains.iter().map(|file| Key::file(file)).collect();
        if let Some(loaded) = keys.iter().find(|key| self.cache.is_loaded(key)) {
            return Err(Error::InUse {
                model: loaded.name(),
            });
        }
        self.store.remove_remains(name, &remains)?;
        keys.iter().for_each(|key| self.forget(key));
        Ok(())
    }

    fn entry(&self, key: &Key, name: String, info: ModelInfo) -> ModelEntry {
        let capability = match info.embeds() {
            true => "embedding",
            false => "completion",
        };
        ModelEntry {
            name,
            backend: self.name().to_owned(),
            size_bytes: info.size_bytes,
            quantization: Some(info.quantization),
            architecture: Some(info.architecture),
            parameters: Some(info.parameters),
            context_length: Some(info.context_length),
            modified: key.modified(),
            loaded: self.cache.is_loaded(key) || self.embedders.is_loaded(key),
            bundled: *key == Key::Bundled,
            chat_template: Some(info.template != "none"),
            template: Some(info.template.to_owned()),
            vocabulary_size: Some(info.vocabulary_size),
            capabilities: vec![capability.to_owned()],
        }
    }
}
