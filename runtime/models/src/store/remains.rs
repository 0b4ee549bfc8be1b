//! What is left of models that are not whole: by a pull that did not end, or by damage.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::find::repositories;
use super::record::Record;
use super::repository::{RepoPath, Repository};
use super::{Store, walk};
use crate::Error;
use crate::catalogue::Catalogue;
use crate::name::ModelName;

/// What lies beside the first file of a model while it is pulled, and stays if that breaks off.
const MARK: &str = ".pull";

/// Where the mark of a model lies whose first file this is.
pub fn mark(first: &Path) -> PathBuf {
    let mut path = first.to_owned().into_os_string();
    path.push(MARK);
    path.into()
}

impl Store {
    /// The files, there or not, of the models that a name means and that are not whole. What a whole one needs is
    /// none of them.
    pub fn remains(&self, name: &ModelName) -> Result<Vec<PathBuf>, Error> {
        let Some(directory) = self.directory() else {
            return Ok(Vec::new());
        };
        let traces = walk::files(directory, |name| model(name).is_some());
        let traces = traces.map_err(|source| Error::StoreFolder {
            path: directory.to_owned(),
            source,
        })?;
        let mut broken = Vec::new();
        for repository in BTreeSet::from_iter(repositories(name)) {
            let folder = directory.join(repository.folder());
            let models = traces.iter().filter_map(|trace| {
                let path = relative(trace, &folder)?;
                RepoPath::parse(model(&path)?)
            });
            let meant = models.filter(|model| means(name, &repository, model));
            broken.extend(meant.map(|model| (model.below(&folder), model, folder.clone())));
        }
        let mut remains = BTreeSet::new();
        for (first, model, folder) in &broken {
            let mut files = model.shards();
            if is_alone(first, |other| {
                broken.iter().any(|(first, ..)| first == other)
            })? {
                files.extend(model.describing().into_iter().map(|(file, _)| file));
            }
            remains.extend(files.iter().map(|file| file.below(folder)));
        }
        let records = self.records()?.whole;
        let whole: HashSet<PathBuf> = records.iter().flat_map(|r| r.paths(directory)).collect();
        Ok(remains
            .into_iter()
            .filter(|file| !whole.contains(file))
            .collect())
    }
}

/// The name of the model's first file, of the name of a mark or a record. A model's file by itself is nobody's remains:
/// somebody may have put it there.
fn model(name: &str) -> Option<&str> {
    let model = name.strip_suffix(MARK).or_else(|| Record::file(name))?;
    Record::is_model(model).then_some(model)
}

/// Whether no model lies in the folder of one but broken ones, so that what describes models there is only theirs.
fn is_alone(first: &Path, is_broken: impl Fn(&Path) -> bool) -> Result<bool, Error> {
    let folder = first.parent().unwrap_or(first);
    let at = |source| Error::StoreFolder {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let name = entry.map_err(at)?.file_name();
        let name = name.to_string_lossy();
        let file = model(&name).unwrap_or(&name);
        if Record::is_model(file) && !is_broken(&folder.join(file)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn relative(path: &Path, folder: &Path) -> Option<String> {
    let parts = path.strip_prefix(folder).ok()?.iter();
    let parts: Option<Vec<&str>> = parts.map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

fn means(name: &ModelName, repository: &Repository, model: &RepoPath) -> bool {
    match name {
        ModelName::Hub(name) => match (&name.file, &name.quantization) {
            (Some(file), _) => model.shards().iter().any(|shard| shard.as_str() == file),
            (None, Some(wanted)) => model
                .quantization()
                .is_some_and(|found| found.eq_ignore_ascii_case(wanted)),
            (None, None) => true,
        },
        ModelName::Local {
            model: wanted,
            variant,
            ..
        } => {
            let known = Catalogue::bundled().map(|all| all.files(wanted, variant.as_deref()));
            let known = known.unwrap_or_default();
            known
                .iter()
                .any(|(r, file)| *r == repository && file.shards().contains(model))
        }
        ModelName::Path(_) | ModelName::Remote { .. } => false,
    }
}
