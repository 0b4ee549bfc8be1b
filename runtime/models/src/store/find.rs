//! Which model a name means, of those that are there.

use std::path::{Path, PathBuf};

use super::hub_cache::Cached;
use super::installed::{self, Installed};
use super::record::Record;
use super::repository::Repository;
use super::{Records, Store, quantization};
use crate::Error;
use crate::catalogue::Catalogue;
use crate::name::{HubName, ModelName};

impl Store {
    /// All models that are there, sorted by name.
    pub fn list(&self) -> Result<Vec<Installed>, Error> {
        let mut models = Vec::new();
        if let Some(directory) = self.directory() {
            let records = self.records()?.whole;
            for record in &records {
                let name = self.name(record, &records);
                models.push(Installed::recorded(name, record.clone(), directory));
            }
        }
        let cached = self.hub_cache().all();
        models.extend(cached.into_iter().filter_map(Installed::cached));
        models.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(models)
    }

    /// The model that a name means, if it is there.
    pub fn find(&self, name: &ModelName) -> Result<Option<Installed>, Error> {
        let Records {
            whole: records,
            damaged,
        } = self.records()?;
        if let (Some(record), Some(directory)) = (self.recorded(name, &records)?, self.directory())
        {
            let name = self.name(record, &records);
            return Ok(Some(Installed::recorded(name, record.clone(), directory)));
        }
        if let Some(cached) = self.cached(name)? {
            return Ok(Installed::cached(cached));
        }
        match self.damage(name, damaged) {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    /// What is wrong with the record that a name may mean.
    fn damage(&self, name: &ModelName, damaged: Vec<(PathBuf, Error)>) -> Option<Error> {
        let directory = self.directory()?;
        let folders: Vec<PathBuf> = repositories(name)
            .iter()
            .map(|repository| directory.join(repository.folder()))
            .collect();
        let concerned = |path: &Path| folders.iter().any(|folder| path.starts_with(folder));
        let mut damaged = damaged.into_iter();
        damaged
            .find(|(path, _)| concerned(path))
            .map(|(_, error)| error)
    }

    /// The shortest name under which a record is found.
    pub(super) fn name(&self, record: &Record, records: &[Record]) -> String {
        let finds = |name: &String| {
            let parsed = ModelName::parse(name);
            let found = parsed.and_then(|name| self.recorded(&name, records));
            found.is_ok_and(|found| found == Some(record))
        };
        let exact = |name: &String| {
            let quantization = record.quantization.as_ref()?;
            Some(format!("{name}-{}", quantization.to_ascii_lowercase()))
        };
        let names = record.names.iter();
        let mut names = names
            .flat_map(|name| [Some(name.clone()), exact(name)])
            .flatten();
        let by_path = || installed::name(&record.repository, &record.files[0].path);
        names.find(finds).unwrap_or_else(by_path)
    }

    fn recorded<'a>(
        &self,
        name: &ModelName,
        records: &'a [Record],
    ) -> Result<Option<&'a Record>, Error> {
        match name {
            ModelName::Hub(name) => Ok(self.preferred(records.iter().filter(|r| fits(r, name)))),
            ModelName::Local { model, variant, .. } => match variant {
                Some(variant) => Ok(self.variant(&format!("{model}:{variant}"), records)),
                None => self.only(model, records),
            },
            ModelName::Path(_) | ModelName::Remote { .. } => Ok(None),
        }
    }

    /// `mistral:7b`, or with a quantization `mistral:7b-q8_0`.
    fn variant<'a>(&self, name: &str, records: &'a [Record]) -> Option<&'a Record> {
        let named = |name: &str| {
            let name = name.to_owned();
            records
                .iter()
                .filter(move |record| record.names.contains(&name))
        };
        self.preferred(named(name)).or_else(|| {
            let (name, wanted) = quantization::split(name)?;
            self.preferred(named(name).filter(|record| has(record, &wanted)))
        })
    }

    /// `mistral`, if one of its variants is there.
    fn only<'a>(&self, model: &str, records: &'a [Record]) -> Result<Option<&'a Record>, Error> {
        let is_variant = |name: &&String| name.split(':').next() == Some(model);
        let mut names: Vec<&String> = records
            .iter()
            .flat_map(|r| &r.names)
            .filter(is_variant)
            .collect();
        names.sort();
        names.dedup();
        match names[..] {
            [] => Ok(None),
            [name] => Ok(self.preferred(records.iter().filter(|r| r.names.contains(name)))),
            _ => Err(Error::Ambiguous {
                model: model.to_owned(),
                known: names.into_iter().cloned().collect(),
            }),
        }
    }

    /// Of several quantizations the default one, else the one that came last.
    fn preferred<'a>(&self, records: impl Iterator<Item = &'a Record>) -> Option<&'a Record> {
        let default = &self.0.default_quantization;
        records.max_by_key(|record| (has(record, default), record.pulled))
    }

    /// The model in the cache of Hugging Face.
    fn cached(&self, name: &ModelName) -> Result<Option<Cached>, Error> {
        let cache = self.hub_cache();
        match name {
            ModelName::Hub(name) => {
                let models = cache.models(&Repository::from(name)).into_iter();
                let fits = |cached: &Cached| match (&name.file, &name.quantization) {
                    (Some(file), _) => cached
                        .path
                        .shards()
                        .iter()
                        .any(|path| path.as_str() == file),
                    (None, Some(wanted)) => is(cached.path.quantization().as_deref(), wanted),
                    (None, None) => true,
                };
                Ok(self.preferred_cached(models.filter(fits)))
            }
            ModelName::Local { model, variant, .. } => {
                let found = Catalogue::bundled()?.files(model, variant.as_deref());
                let cached = found
                    .into_iter()
                    .filter_map(|(repository, path)| cache.get(repository, path));
                Ok(self.preferred_cached(cached))
            }
            ModelName::Path(_) | ModelName::Remote { .. } => Ok(None),
        }
    }

    fn preferred_cached(&self, cached: impl Iterator<Item = Cached>) -> Option<Cached> {
        let mut cached: Vec<Cached> = cached.collect();
        let default = |c: &Cached| {
            is(
                c.path.quantization().as_deref(),
                &self.0.default_quantization,
            )
        };
        let at = cached.iter().position(default).unwrap_or(0);
        (at < cached.len()).then(|| cached.swap_remove(at))
    }
}

fn fits(record: &Record, name: &HubName) -> bool {
    let file = |file: &String| record.files.iter().any(|known| known.path.as_str() == file);
    record.repository == Repository::from(name)
        && name.file.as_ref().is_none_or(file)
        && name
            .quantization
            .as_ref()
            .is_none_or(|wanted| has(record, wanted))
}

fn has(record: &Record, quantization: &str) -> bool {
    is(record.quantization.as_deref(), quantization)
}

fn is(quantization: Option<&str>, wanted: &str) -> bool {
    quantization.is_some_and(|quantization| quantization.eq_ignore_ascii_case(wanted))
}

/// Where a name's model would lie.
pub(super) fn repositories(name: &ModelName) -> Vec<Repository> {
    match name {
        ModelName::Hub(name) => vec![name.into()],
        ModelName::Local { model, variant, .. } => {
            let catalogue = Catalogue::bundled();
            let files = catalogue.map(|catalogue| catalogue.files(model, variant.as_deref()));
            let files = files.unwrap_or_default().into_iter();
            files.map(|(repository, _)| repository.clone()).collect()
        }
        ModelName::Path(_) | ModelName::Remote { .. } => Vec::new(),
    }
}
