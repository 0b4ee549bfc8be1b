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
use crate::transfer::part_of;

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
        let mut remains = BTreeSet::new();
        for repository in BTreeSet::from_iter(repositories(name)) {
            let folder = directory.join(repository.folder());
            for trace in &traces {
                let model = relative(trace, &folder).and_then(|path| {
                    let model = RepoPath::parse(model(&path)?)?;
                    means(name, &repository, &model).then_some(model)
                });
                let Some(model) = model else { continue };
                let weights = model.below(&folder);
                let mut files = model.shards();
                if is_alone(&weights)? {
                    files.extend(model.describing().into_iter().map(|(file, _)| file));
                }
                remains.extend(files.iter().map(|file| file.below(&folder)));
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

/// The name of the model's file beside which a file of this name lies. A model's file by itself is nobody's remains:
/// somebody may have put it there.
fn model(name: &str) -> Option<&str> {
    let model = part_of(name).or_else(|| Record::file(name))?;
    Record::is_model(model).then_some(model)
}

/// Whether no other model lies in the folder of one, so that what describes models there is only its own.
fn is_alone(weights: &Path) -> Result<bool, Error> {
    let folder = weights.parent().unwrap_or(weights);
    let at = |source| Error::StoreFolder {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let name = entry.map_err(at)?.file_name();
        let name = name.to_string_lossy();
        let file = model(&name).unwrap_or(&name);
        if Record::is_model(file) && weights.file_name() != Some(file.as_ref()) {
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
