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

/// What lies beside a file of a model that is under way, or was.
const MARKS: [&str; 2] = [".part", ".journal"];

impl Store {
    /// Whether something is left of a model that a name means and that is not whole.
    pub fn has_remains(&self, name: &ModelName) -> Result<bool, Error> {
        Ok(!self.remains(name)?.is_empty())
    }

    /// The files, there or not, of the models that a name means and that are not whole.
    pub(super) fn remains(&self, name: &ModelName) -> Result<Vec<PathBuf>, Error> {
        let Some(directory) = self.directory() else {
            return Ok(Vec::new());
        };
        let mut remains = BTreeSet::new();
        for repository in BTreeSet::from_iter(repositories(name)) {
            let folder = directory.join(repository.folder());
            let marks = walk::files(&folder, |name| marked(name).is_some());
            let marks = marks.map_err(|source| Error::StoreFolder {
                path: folder.clone(),
                source,
            })?;
            for mark in marks {
                let model = relative(&mark, &folder).and_then(|path| {
                    let model = RepoPath::parse(marked(&path)?)?;
                    means(name, &repository, &model).then_some(model)
                });
                let Some(model) = model else { continue };
                remains.extend(model.shards().iter().map(|shard| shard.below(&folder)));
                if let Ok(record) = Record::read(&mark) {
                    remains.extend(record.paths(directory));
                }
            }
        }
        let records = self.records()?.whole;
        let whole: HashSet<PathBuf> = records.iter().flat_map(|r| r.paths(directory)).collect();
        Ok(remains
            .into_iter()
            .filter(|file| !whole.contains(file))
            .collect())
    }
}

/// The name of the file that this one lies beside.
fn marked(name: &str) -> Option<&str> {
    if Record::is_named(name) {
        return Record::file(name);
    }
    let model = MARKS.iter().find_map(|mark| name.strip_suffix(mark))?;
    Record::is_model(model).then_some(model)
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
