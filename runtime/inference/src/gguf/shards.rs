//! Models that are split over files named `NAME-00001-of-0000N.gguf`.
//!
//! Source: `gguf-split` of llama.cpp. Each file is a GGUF of its own with its part of the tensors and says
//! which part it is; the first has the model's metadata.

use std::path::{Path, PathBuf};

use super::file::File;
use crate::{Error, Source};

pub(super) const COUNT: &str = "split.count";
pub(super) const NUMBER: &str = "split.no";
pub(super) const TENSORS: &str = "split.tensors.count";

/// Over how many files the model of this one is spread.
pub(super) fn count(file: &File) -> Result<usize, Error> {
    Ok(file.optional_count(COUNT)?.unwrap_or(1).max(1))
}

/// Opens all of a model's files, of which `source` is one.
pub(super) fn open(source: &Source, count: usize) -> Result<File, Error> {
    let misnamed = || Error::ShardName {
        file: source.name(),
        count,
    };
    let Source::Path(path) = source else {
        return Err(misnamed());
    };
    let stem = stem(path, count).ok_or_else(misnamed)?;
    let mut model = open_shard(path, stem, 0, count)?;
    let tensors = model.optional_count(TENSORS)?;
    for number in 1..count {
        let shard = open_shard(path, stem, number, count)?;
        check_same(&model, &shard)?;
        model.append(shard)?;
    }
    check_complete(&model, tensors)?;
    model.name = source.name();
    Ok(model)
}

fn open_shard(path: &Path, stem: &str, number: usize, count: usize) -> Result<File, Error> {
    let path = path.with_file_name(name(stem, number, count));
    let file = File::open_one(&path.as_path().into()).map_err(|error| match error {
        Error::NotFound { file } => Error::MissingShard {
            file,
            number: number + 1,
            count,
        },
        other => other,
    })?;
    let says = (file.count(NUMBER)?, self::count(&file)?);
    if says != (number, count) {
        let reason = format!(
            "it says it is number {} of {}",
            says.0.saturating_add(1),
            says.1
        );
        return Err(foreign(&file, reason));
    }
    Ok(file)
}

/// Shards need not repeat the model's metadata, but must not contradict it.
fn check_same(model: &File, shard: &File) -> Result<(), Error> {
    for (key, value) in &shard.header.metadata {
        let other = model.header.metadata.get(key);
        if key != NUMBER && other.is_some_and(|other| other != value) {
            let reason = format!("metadata `{key}` differs from the first shard's");
            return Err(foreign(shard, reason));
        }
    }
    Ok(())
}

fn check_complete(model: &File, expected: Option<usize>) -> Result<(), Error> {
    let found = model.header.tensors.len();
    match expected {
        Some(expected) if expected != found => {
            let reason = format!("the shards have {found} tensors together, not {expected}");
            Err(foreign(model, reason))
        }
        _ => Ok(()),
    }
}

fn foreign(file: &File, reason: String) -> Error {
    Error::ForeignShard {
        file: file.name.clone(),
        reason,
    }
}

/// The name of a shard, counted from 0.
fn name(stem: &str, number: usize, count: usize) -> String {
    format!("{stem}-{:05}-of-{count:05}.gguf", number + 1)
}

/// The name without what tells the shards apart.
fn stem(path: &Path, count: usize) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(&format!("-of-{count:05}.gguf"))?;
    let (stem, number) = stem.rsplit_once('-')?;
    let is_number = number.len() == 5 && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(stem)
}

/// The paths of a model's shards beside `path`, which names the model without its shards:
/// `NAME.gguf` becomes `NAME-00001-of-00002.gguf` and so on.
pub fn paths(path: &Path, count: usize) -> Vec<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    (0..count)
        .map(|number| path.with_file_name(name(&stem, number, count)))
        .collect()
}
